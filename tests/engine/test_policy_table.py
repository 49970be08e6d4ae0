"""Every combination of sync type, auto_upload, upload_mode, auto_download and sync_local_file, and what becomes of each change.

What the policies say of uploads, downloads and deletions, and what the sync types allow of it, written out line by line:

    own     by itself
    asked   when it is asked for: what goes up by a flush, what comes down by a wait; before that, and by the other one, nothing
    never   nor by a sync

    first         a file that is here at the first mount goes up
    create, edit  a later one, and its next version
    delete        a deletion here is carried to the store; where not, the store keeps its copy
    new, newer    what appears or is edited elsewhere comes down
    gone          a deletion elsewhere is carried here; where not, the file stays
    back          what was deleted here, and edited elsewhere at that time, comes back
    fresh         a fresh mount gets the store's tree

Whatever the line: what was deleted here does not come back as it was, what was deleted elsewhere is not brought back to the store,
and a fresh mount of the default policy has the tree of the other machine.
"""

import re

import pytest

from holdall.engine.words import Outcome, Until
from holdall.rules.directions import Flags, SyncType
from holdall.rules.packing import Packing

TABLE = """
    sync  without            first   create  edit    delete  new     newer   gone    back    fresh
    auto  -                  own     own     own     own     own     own     own     own     own
    auto  deletions          own     own     own     never   own     own     own     never   own
    auto  down               own     own     own     own     asked   asked   asked   asked   asked
    auto  down deletions     own     own     own     never   asked   asked   asked   never   asked
    auto  up                 asked   asked   asked   asked   own     own     own     own     own
    auto  up deletions       asked   asked   asked   never   own     own     own     never   own
    auto  up down            asked   asked   asked   asked   asked   asked   asked   asked   asked
    auto  up down deletions  asked   asked   asked   never   asked   asked   asked   never   asked

    arch  -                  own     own     own     never   own     own     never   own     own
    arch  deletions          own     own     own     never   own     own     never   never   own
    arch  down               own     own     own     never   asked   asked   never   asked   asked
    arch  down deletions     own     own     own     never   asked   asked   never   never   asked
    arch  up                 asked   asked   asked   never   own     own     never   own     own
    arch  up deletions       asked   asked   asked   never   own     own     never   never   own
    arch  up down            asked   asked   asked   never   asked   asked   never   asked   asked
    arch  up down deletions  asked   asked   asked   never   asked   asked   never   never   asked

    one   -                  own     asked   asked   never   never   never   never   never   never
    one   deletions          own     asked   asked   never   never   never   never   never   never
    one   down               own     asked   asked   never   never   never   never   never   never
    one   down deletions     own     asked   asked   never   never   never   never   never   never
    one   up                 asked   asked   asked   never   never   never   never   never   never
    one   up deletions       asked   asked   asked   never   never   never   never   never   never
    one   up down            asked   asked   asked   never   never   never   never   never   never
    one   up down deletions  asked   asked   asked   never   never   never   never   never   never
"""
WITHOUT = {"up": "auto_upload", "down": "auto_download", "deletions": "sync_local_file"}
UP = ("first", "create", "edit", "delete")
AT_FIRST = ("first", "fresh")
A_WHILE_S = 130
"""Two looks at the head, even of a mount at rest."""


class Walk:
    """A mount of the policy, and one of the default policy elsewhere."""

    def __init__(self, world, sync, flags, packing):
        self.world = world
        self.policy = (sync, flags, packing)
        self.mount = self.mounted("mount")
        self.other = world.machine("other")
        for name in (*(f"keep{number}" for number in range(20)), "edit", "delete", "d/newer", "gone", "back"):
            self.mount.disk.write(name, name.encode())
        assert self.mount.flush(Until.SYNCED).outcome is Outcome.COMPLETE
        self.mount.passed = True
        self.rest()
        assert files(self.other) == files(self.mount)
        assert bool(world.keys("packs/")) is packing.archive

    def mounted(self, name):
        found = self.world.machine(name)
        found.sync, found.flags, found.packing = self.policy
        found.boot()
        return found

    def rest(self):
        self.world.pass_time(A_WHILE_S)

    def change_both_sides(self):
        """While the mount is down, so that neither side is first."""
        self.mount.kill()
        here, there = self.mount.disk, self.other.disk
        here.write("create", b"here")
        here.write("edit", b"here")
        here.delete("delete")
        here.delete("back")
        there.write("d/new", b"there")
        there.write("d/newer", b"there")
        there.delete("gone")
        there.write("back", b"there")
        self.other.flush()
        self.mount.boot()

    def mount_anew(self):
        """Another directory under the same policy, with a file of its own."""
        self.mount.kill()
        self.mount = self.mounted("fresh")
        self.mount.disk.write("mine", b"mine")
        if self.mount.sync is SyncType.ONE:
            self.mount.flush(Until.DURABLE, asked=False)
            self.mount.passed = True
        self.rest()

    def ask(self, until):
        assert self.mount.flush(until).outcome is Outcome.COMPLETE
        self.rest()

    def begun(self):
        here, there = files(self.mount), files(self.other)
        stored = {path: data for path, data in there.items() if path != "mine"}
        came = {path: data for path, data in here.items() if path != "mine"}
        assert came in ({}, stored)
        return {"first": "mine" in there, "fresh": bool(came)}

    def done(self):
        """Which of the changes have come to the other side; and what never may have happened."""
        here, there = files(self.mount), files(self.other)
        assert here.get("delete") is None
        assert there.get("gone") is None
        assert here.get("back") in (None, b"there")
        assert there["back"] == b"there"
        return {
            "create": there.get("create") == b"here",
            "edit": there["edit"] == b"here",
            "delete": "delete" not in there,
            "new": here.get("d/new") == b"there",
            "newer": here["d/newer"] == b"there",
            "gone": "gone" not in here,
            "back": "back" in here,
        }


def files(machine):
    return {seen.path: machine.disk.read(seen.path) for seen in machine.disk.scan() if seen.what == "file"}


def lines():
    """Sync type, flags, and a cell for each change."""
    header, *rows = [re.split(" {2,}", line.strip()) for line in TABLE.splitlines() if line.strip()]
    for sync, without, *cells in rows:
        flags = Flags(**{WITHOUT[word]: False for word in without.split() if word != "-"})
        found = dict(zip(header[2:], cells, strict=True))
        yield pytest.param(SyncType(sync), flags, found, id=f"{sync} without {without}")


def expected(cells, *ways):
    """What has happened once these ways were asked for."""
    return {
        name: cell == "own" or (cell == "asked" and ("up" if name in UP else "down") in ways)
        for name, cell in cells.items()
    }


@pytest.fixture(params=["File", "Archive"])
def packing(request):
    return Packing(archive=request.param == "Archive")


@pytest.mark.parametrize(("sync", "flags", "cells"), list(lines()))
def test_what_becomes_of_each_change(world, packing, sync, flags, cells):
    walk = Walk(world, sync, flags, packing)
    at_first = {name: cells[name] for name in AT_FIRST}
    cells = {name: cell for name, cell in cells.items() if name not in AT_FIRST}
    walk.change_both_sides()
    walk.rest()
    assert walk.done() == expected(cells)
    walk.ask(Until.DURABLE)
    assert walk.done() == expected(cells, "up")
    walk.ask(Until.RESTORED)
    assert walk.done() == expected(cells, "up", "down")
    walk.ask(Until.SYNCED)
    assert walk.done() == expected(cells, "up", "down")
    walk.mount_anew()
    assert walk.begun() == expected(at_first)
    walk.ask(Until.RESTORED)
    assert walk.begun() == expected(at_first, "down")
    walk.ask(Until.DURABLE)
    assert walk.begun() == expected(at_first, "up", "down")
    anybody = world.machine("anybody")
    anybody.flush(Until.RESTORED)
    assert files(anybody) == files(walk.other)


def test_the_table_has_every_combination():
    assert len({(sync, flags) for sync, flags, _ in (one.values for one in lines())}) == 3 * 2**3
