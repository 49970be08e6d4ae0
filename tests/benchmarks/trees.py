"""What is carried: many small files, or one large one. Random, so that nobody gains by compressing."""

import filecmp
import random
from pathlib import Path

SMALL_BYTES = 4096
_CHUNK_BYTES = 1 << 20


def small_files(root: Path, count: int, *, size_bytes: int = SMALL_BYTES, directories: int = 100) -> Path:
    dice = random.Random(count)
    for number in range(min(directories, count)):
        (root / f"d{number:03}").mkdir(parents=True)
    for number in range(count):
        (root / f"d{number % directories:03}" / f"f{number:06}.bin").write_bytes(dice.randbytes(size_bytes))
    return root


def large_file(root: Path, mib: int) -> Path:
    root.mkdir(parents=True)
    dice = random.Random(mib)
    with (root / "large.bin").open("wb") as file:
        for _ in range(mib):
            file.write(dice.randbytes(_CHUNK_BYTES))
    return root


def check_equal(one: Path, other: Path) -> None:
    mine, theirs = _files(one), _files(other)
    assert mine == theirs, f"{one} and {other} differ in {sorted(mine ^ theirs)[:5]}"
    _, different, failed = filecmp.cmpfiles(one, other, mine, shallow=False)
    assert not different + failed, f"{one} and {other} differ in {(different + failed)[:5]}"


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
