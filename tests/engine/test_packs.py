"""Files that travel together: filled into packs, found again, laid out, packed anew."""

import io
import random
import tarfile

import pytest
import zstandard

from holdall.engine.events import Approve
from holdall.engine.pace import Pace
from holdall.engine.words import Outcome, Until
from holdall.log import layout
from holdall.log.packs import Packs
from holdall.model import Packed, Plain
from holdall.rules.packing import Packing

ARCHIVE = Packing(archive=True)
FILES = {f"d/{number}": f"contents of {number}".encode() for number in range(30)}


@pytest.fixture
def machine(world):
    found = world.machine("one")
    found.packing = ARCHIVE
    return found


def write(machine, files):
    for path, data in files.items():
        machine.disk.write(path, data)


def complete(machine, **how):
    receipt = machine.flush(**how)
    assert receipt.outcome is Outcome.COMPLETE, receipt
    return receipt


def restored(world, name="stranger"):
    """What a machine that comes anew finds in the store."""
    stranger = world.machine(name)
    assert stranger.flush(Until.RESTORED).outcome is Outcome.COMPLETE
    stranger.kill()
    return dict(stranger.disk.files())


def packs(world):
    return world.keys(layout.PACKS)


def members(world):
    found = {}
    for key in packs(world):
        plain = zstandard.ZstdDecompressor().stream_reader(
            io.BytesIO(world.store.get(layout.PACKS + key)), read_across_frames=True
        )
        with tarfile.open(fileobj=io.BytesIO(plain.read())) as tar:
            found.update({one.name: tar.extractfile(one).read() for one in tar})
    return found


def test_many_files_are_one_object(world, machine):
    write(machine, FILES)
    receipt = complete(machine)
    assert receipt.uploaded_files == len(FILES)
    assert len(packs(world)) == 1
    assert members(world) == FILES
    assert world.keys() == set()
    assert restored(world) == FILES
