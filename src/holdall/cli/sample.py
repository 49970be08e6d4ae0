"""A small project for the tour: made, worked on, compared."""

import filecmp
from pathlib import Path
from typing import Final

_MODULES: Final = 120
_BLOB_BYTES: Final = 3_000_000


def make(root: Path) -> tuple[int, int]:
    """Files, and their bytes."""
    (root / "src" / "pkg").mkdir(parents=True)
    for number in range(_MODULES):
        (root / "src" / "pkg" / f"module_{number:03}.py").write_text(
            f"def answer():\n    return {number}\n" * 20
        )
    (root / "notes.md").write_text("# Monday\n\nAll of it is new.\n")
    (root / "data.bin").write_bytes(bytes(range(256)) * (_BLOB_BYTES // 256))
    (root / "run.sh").write_text("#!/bin/sh\nexec python3 -m pkg\n")
    (root / "run.sh").chmod(0o755)
    (root / "current").symlink_to("src/pkg")
    (root / "empty").mkdir()
    (root / "naïve names, with commas & 100%.txt").write_text("kept as they are\n")
    files = [one for one in root.rglob("*") if one.is_file() and not one.is_symlink()]
    return len(files), sum(one.stat().st_size for one in files)


def change(root: Path) -> None:
    package = root / "src" / "pkg"
    with (root / "notes.md").open("a") as notes:
        notes.write("\n# Tuesday\n\nModules 0 to 9 went, a test came.\n")
    for number in range(10):
        (package / f"module_{number:03}.py").unlink()
    (package / "module_010.py").rename(package / "first.py")
    (package / "test_first.py").write_text("from pkg.first import answer\n\nassert answer() == 10\n")
    with (root / "data.bin").open("r+b") as blob:
        blob.seek(1_000_000)
        blob.write(b"a few bytes in the middle")


def alike(one: Path, other: Path) -> list[str]:
    """Paths that differ, in bytes, kind, mode, time or target; empty when the trees are the same."""
    found = {path.relative_to(root) for root in (one, other) for path in root.rglob("*")}
    return sorted(str(path) for path in found if not _same(one / path, other / path))


def _same(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    if not (one.exists() and other.exists()) or one.stat().st_mode != other.stat().st_mode:
        return False
    if one.is_dir():
        return True
    return one.stat().st_mtime_ns == other.stat().st_mtime_ns and filecmp.cmp(one, other, shallow=False)
