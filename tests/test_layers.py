"""Who may import whom (README, "How it is built"). Imports point downwards only, and the two edges never know each other."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "holdall"
WORDS = {"holdall", "holdall.model", "holdall.errors", "holdall.keys"}
EDGES = {
    "holdall.local.base",
    "holdall.store.base",
    "holdall.local.extract",
}  # the last one touches no disk itself

ALLOWED = {
    "model": set(),
    "errors": set(),
    "keys": set(),
    "policies": WORDS,
    "rules": WORDS | {"holdall.policies"},
    "local": WORDS | {"holdall.rules.local_names"},  # what a name on a disk stands for
    "store": WORDS,
    "log": WORDS
    | {"holdall.store.base", "holdall.store.probe"},  # the contract, and whether a store keeps it
    "engine": WORDS | EDGES | {"holdall.policies", "holdall.rules", "holdall.log"},
    "daemon": WORDS
    | {
        "holdall.policies",
        "holdall.rules",
        "holdall.local",
        "holdall.store",
        "holdall.log",
        "holdall.engine",
    },
    "api": WORDS | {"holdall.policies", "holdall.rules", "holdall.log", "holdall.engine", "holdall.daemon"},
    "client": WORDS
    | {
        "holdall.policies",
        "holdall.api.client",
        "holdall.daemon.outcome",
        "holdall.daemon.moments",
        "holdall.daemon.sizes",
    },
    "cli": {"holdall"},
    "__main__": {"holdall.cli"},
}
"""Layer -> modules, and packages with all that is in them; itself is always allowed. The command line may use everything."""


def layer(file):
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(file):
    """Full module names, of imports inside functions and for type checkers too."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                path = SOURCE.parent / whole.replace(".", "/")
                is_module = path.with_suffix(".py").exists() or path.is_dir()
                yield whole if is_module else node.module


def permitted(name, file):
    mine = layer(file)
    if name == f"holdall.{mine}" or name.startswith(f"holdall.{mine}."):
        return True
    for one in ALLOWED[mine]:
        # "holdall" alone (the version) is a word; for the command line it is everything.
        if name == one or (name.startswith(one + ".") and (one != "holdall" or mine == "cli")):
            return True
    return False


FILES = [one for one in sorted(SOURCE.rglob("*.py")) if one != SOURCE / "__init__.py"]


@pytest.mark.parametrize("file", FILES, ids=lambda one: str(one.relative_to(SOURCE)))
def test_imports_point_downwards(file):
    ours = {name for name in imports(file) if name == "holdall" or name.startswith("holdall.")}
    assert sorted(name for name in ours if not permitted(name, file)) == []


def test_every_part_has_a_layer():
    assert {layer(file) for file in FILES} <= ALLOWED.keys()


@pytest.mark.parametrize(
    ("library", "folder"),
    [
        ("boto3", "store/s3"),
        ("botocore", "store/s3"),
        ("obstore", "store/s3"),
        ("urllib3", "store/s3"),
        ("watchdog", "local"),
        ("zstandard", "log"),
        ("anyio", "api"),
        ("fastapi", "api"),
        ("starlette", "api"),
        ("uvicorn", "api"),
    ],
)
def test_one_folder_knows_a_library(library, folder):
    """What it raises is mapped where it is imported. Archives of people have a folder of their own."""
    users = {file for file in FILES if any(name.split(".")[0] == library for name in imports(file))}
    users -= {SOURCE / "cli" / "archive.py", SOURCE / "local" / "extract" / "streams.py"}
    assert users
    assert all(file.is_relative_to(SOURCE / folder) for file in users)


def test_rules_do_no_io():
    outside = {
        "os",
        "io",
        "socket",
        "subprocess",
        "shutil",
        "sqlite3",
        "threading",
        "pathlib",
        "time",
        "random",
    }
    for file in FILES:
        if layer(file) == "rules":
            assert not {name.split(".")[0] for name in imports(file)} & outside, file
