"""An archive that came down is extracted, beside Debian's unzip: from the file on the disk to its members in their places and
noted; and how soon a damaged checksum is found, beside `gzip -t`.

Ours is timed in a process of its own (`python -m tests.benchmarks.extract ARCHIVE`), without the way through the store.
"""

import gzip
import json
import os
import resource
import subprocess
import sys
import sysconfig
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from blake3 import blake3
from tests.benchmarks import turns
from tests.benchmarks.figures import HOLDALL, Line, median
from tests.benchmarks.ground import Ground

from holdall.engine.hands import Hands, Workbench
from holdall.engine.ledger import Ledger
from holdall.engine.words import Agreed, Step, Unpacked
from holdall.local.base import look_at, read_digest
from holdall.local.disk import RealDisk
from holdall.log.codec import Change, Commit
from holdall.log.commits import ContextInfo
from holdall.model import Entry, Kind
from holdall.policies.effective import Extract
from holdall.rules.directions import Flags, SyncType, directions
from holdall.rules.reconcile import Verdict
from holdall.store.memory import MemoryStore

_ZIP_BYTES = 200 << 20
_UNZIP, _GZIP = "unzip", "gzip -t"


def measure(ground: Ground) -> Iterator[Line]:
    with ground.directory() as path:
        path.mkdir()
        archive = path / "packages.zip"
        members = _zip(archive)
        ours, theirs, memory = [], [], []
        for _ in range(ground.runs):
            found = _apart(archive, path / "ours")
            assert found["placed"] >= members, found
            ours.append(found["took_s"])
            memory.append(found["mib"])
            theirs.append(_unzip(archive, path / "theirs"))
            turns.told(f"extract: {ours[-1]:.2f} s, unzip {theirs[-1]:.2f} s, {memory[-1]:.0f} MiB")
        what = f"a zip of {_ZIP_BYTES >> 20} MB with {members:,} files, extracted"
        yield Line(f"{what}, s", {HOLDALL: median(ours), _UNZIP: median(theirs)})
        yield Line(f"{what}: memory over idle, MiB", {HOLDALL: median(memory)})
        damaged = path / "damaged.tar.gz"
        _damaged(archive, damaged)
        ours, theirs = [], []
        for _ in range(ground.runs):
            found = _apart(damaged, path / "ours")
            assert "checksum differs" in found["refused"], found
            ours.append(found["took_s"])
            theirs.append(_gzip(damaged))
        yield Line(
            "a checksum at the end of a .tar.gz differs: refused after, s",
            {HOLDALL: median(ours), _GZIP: median(theirs)},
        )


# -- what is extracted


def _zip(archive: Path) -> int:
    """Of the installed packages and Python's own library, as often as it takes; the number of files."""
    folders = [Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib"))]
    count = 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        while True:
            for folder in folders:
                for path in sorted(folder.rglob("*")):
                    if path.is_symlink() or not path.is_file():
                        continue
                    packed.write(path, f"{count // 50_000}/{path.relative_to(folder.parent)}")
                    count += 1
                    if archive.stat().st_size >= _ZIP_BYTES:
                        return count


def _damaged(source: Path, target: Path) -> None:
    """The same files as a .tar.gz whose last checksum differs."""
    with (
        zipfile.ZipFile(source) as archive,
        gzip.open(target, "wb", 6) as out,
        tarfile.open(fileobj=out, mode="w|") as packed,
    ):
        for one in archive.infolist():
            info = tarfile.TarInfo(one.filename)
            info.size = one.file_size
            with archive.open(one) as file:
                packed.addfile(info, file)
    with target.open("r+b") as file:
        file.seek(-8, os.SEEK_END)
        byte = file.read(1)[0]
        file.seek(-8, os.SEEK_END)
        file.write(bytes([byte ^ 1]))


# -- theirs


def _unzip(archive: Path, target: Path) -> float:
    command = ["unzip", "-q", str(archive), "-d", str(target)]
    os.sync()
    began = time.perf_counter()
    subprocess.run(command, check=True)
    took_s = time.perf_counter() - began
    subprocess.run(["rm", "-rf", str(target)], check=True)
    return took_s


def _gzip(archive: Path) -> float:
    began = time.perf_counter()
    done = subprocess.run(["gzip", "-t", str(archive)], check=False, capture_output=True)
    assert done.returncode != 0
    return time.perf_counter() - began


# -- ours


def _apart(archive: Path, root: Path) -> dict[str, float]:
    """Seconds, MiB over what the process had before, and what became of it."""
    root.mkdir()
    here = root / archive.name
    here.hardlink_to(archive)
    os.sync()
    command = [sys.executable, "-m", "tests.benchmarks.extract", str(here)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    subprocess.run(["rm", "-rf", str(root)], check=True)
    return json.loads(done.stdout)


def _extract(archive: Path) -> dict[str, float | str]:
    disk = RealDisk(archive.parent)
    ledger = Ledger(archive.parent / ".~holdall-ledger.db")
    hands = Hands(
        Workbench(
            disk=disk,
            ledger=ledger,
            store=MemoryStore(),
            allowed=lambda asked: directions(SyncType.AUTO, Flags(), asked),
            clock=time.time,
            origin=ContextInfo("1", "bench", str(archive.parent), "posix"),
            extraction=Extract(delete_src_file=False),
        )
    )
    step = _step(disk, ledger, archive.name)
    before = _mib()
    began = time.perf_counter()
    found = hands.extracting.extract(step)
    if found.unpacked is None:
        refused = ledger.archives.known()[archive.name].reason
        return {"took_s": time.perf_counter() - began, "mib": _mib() - before, "refused": refused}
    published = hands.publishing.publish(Unpacked(step, found.unpacked.members))
    took_s = time.perf_counter() - began
    assert published.failed is None
    assert not published.moved
    return {"took_s": took_s, "mib": _mib() - before, "placed": len(ledger.archives.members(archive.name))}


def _step(disk: RealDisk, ledger: Ledger, name: str) -> Step:
    """As a survey finds an archive that came down."""
    seen = look_at(disk, name)
    assert seen.stamp is not None
    reader = disk.open(name)
    digest = read_digest(reader)
    reader.close()
    size, mtime_ns, _, _, mode = seen.stamp
    uid = blake3(name.encode()).hexdigest(length=8)
    entry = Entry(Kind.FILE, size, mtime_ns, mode, digest, uid, 1)
    ledger.apply(Commit("1", 1, 0, "another machine", (Change(name, entry),)))
    ledger.agree([Agreed(name, entry, seen.stamp)], due=[(name, 1)])
    return Step(name, Verdict.EXTRACT, 1, seen, entry, entry, entry)


def _mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(_extract(Path(sys.argv[1]))))
