"""What is not in the store, by a look without it."""

from itertools import count

import pytest

from holdall.daemon.unsent import unsent
from holdall.engine.ledger import Agreed, Ledger
from holdall.local.memory import MemoryDisk
from holdall.model import Entry, Kind, SeenAs


@pytest.fixture
def disk():
    return MemoryDisk(count(1).__next__)


def left(disk, ledger, skip=lambda _path, _is_dir: False, under=""):
    return {one.path: one.reason for one in unsent(disk, ledger, skip, "why", under)}


def agreed(disk):
    ledger = Ledger(":memory:")
    kinds = {SeenAs.FILE: Kind.FILE, SeenAs.DIR: Kind.DIR}
    ledger.agree([Agreed(seen.path, Entry(kinds[seen.what]), seen.stamp) for seen in disk.scan()])
    return ledger


def test_what_cannot_be_read_was_not_deleted(disk):
    for path in ("a/x", "a-b/y", "b"):
        disk.write(path, b"1")
    ledger = agreed(disk)
    disk.chmod("a", 0)
    disk.chmod("a-b", 0)
    disk.delete("b")
    unread = "its directory cannot be read"
    assert left(disk, ledger) == {
        "a": "permission denied",
        "a/x": unread,
        "a-b": "permission denied",
        "a-b/y": unread,
        "b": "deleted here, why",
    }


def test_nor_was_a_directory_that_a_rule_about_directories_excludes(disk):
    disk.write("build/x", b"1")
    ledger = agreed(disk)
    assert left(disk, ledger, lambda path, is_dir: is_dir and path == "build") == {}


@pytest.mark.parametrize(
    ("under", "found"),
    [
        ("a", {"a/new": "why", "a/gone": "deleted here, why"}),
        ("a/new", {"a/new": "why"}),
        ("a/kept", {}),
        ("no", {}),
    ],
)
def test_of_one_path(disk, under, found):
    for path in ("a/kept", "a/gone", "ab"):
        disk.write(path, b"1")
    ledger = agreed(disk)
    disk.delete("a/gone")
    disk.write("a/new", b"1")
    disk.write("ab", b"2")
    assert left(disk, ledger, under=under) == found


def test_of_one_path_below_what_a_rule_excludes(disk):
    disk.write("build/x", b"1")
    assert left(disk, Ledger(":memory:"), lambda path, _is_dir: path == "build", "build/x") == {}


def test_what_cannot_be_named_in_the_store_is_not_there(disk):
    disk.write("a\ufffe", b"1")
    assert "XML" in left(disk, Ledger(":memory:"))["a\\ufffe"]
