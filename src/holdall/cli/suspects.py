"""What a directory holds that its owner may not want to have in the store: likely secrets, large derived directories."""

import os
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from holdall.rules.ignore import RULES_NAME, Ignore, load

_SECRETS: Final = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.kdbx", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519",
    ".netrc", ".npmrc", ".pypirc", ".pgpass", "credentials.json", ".git-credentials",
)  # fmt: skip
_HARMLESS: Final = (".env.example", ".env.sample", ".env.template")
_DERIVED: Final = frozenset({
    "node_modules", ".venv", "venv", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".gradle",
    "target", "build", "dist", ".next", ".cache", ".terraform",
})  # fmt: skip
_DEEP: Final = 4
_TIME_S: Final = 1.0
_LARGE_FILES: Final = 200
_LARGE_BYTES: Final = 20_000_000


class Suspect(NamedTuple):
    """`ignore`: the pattern that leaves it out."""

    path: str
    what: str
    ignore: str


def suspects(root: Path, patterns: list[str]) -> list[Suspect]:
    """What is not ignored already. A look at the upper levels, for a second at most: a hint, not a proof."""
    rules = _rules(root / RULES_NAME)
    ignore = load(patterns, [] if rules is None else [RULES_NAME], lambda _: rules or b"")
    until = time.monotonic() + _TIME_S
    return sorted(_below(root, "", ignore, until))


def _rules(file: Path) -> bytes | None:
    try:
        return file.read_bytes() if file.is_file() else None
    except OSError:
        return None  # the scan reports it


def _below(root: Path, under: str, ignore: Ignore, until: float) -> Iterator[Suspect]:
    try:
        entries = sorted(os.scandir(root / under), key=lambda one: one.name)
    except OSError:
        return  # the scan reports it
    for entry in entries:
        path = f"{under}/{entry.name}" if under else entry.name
        is_dir = entry.is_dir(follow_symlinks=False)
        if time.monotonic() > until or not ignore.takes_part(path, is_dir=is_dir):
            continue
        if is_dir and entry.name in _DERIVED:
            if _is_large(root / path, until):
                yield Suspect(path, "a large directory that can be made again", f"{entry.name}/")
        elif is_dir and path.count("/") < _DEEP and entry.name != ".git":
            yield from _below(root, path, ignore, until)
        elif not is_dir and _is_secret(entry.name):
            yield Suspect(path, "likely a secret", f"/{path}")


def _is_secret(name: str) -> bool:
    return name not in _HARMLESS and any(fnmatchcase(name, pattern) for pattern in _SECRETS)


def _is_large(directory: Path, until: float) -> bool:
    files = size = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            files += 1
            try:
                size += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 (a hundred thousand Paths are slow)
            except OSError:
                continue
            if files >= _LARGE_FILES or size >= _LARGE_BYTES:
                return True
        if time.monotonic() > until:
            return True
    return False
