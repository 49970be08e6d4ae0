"""What a file system holds of names, by trying."""

import os
import unicodedata

import pytest
from tests.local.strict import Rules, case

from holdall.local import target
from holdall.local.target import target_of
from holdall.rules.local_names import POSIX, WINDOWS, Target


class Folder:
    """The calls that a probe makes, on a directory with a system's rules."""

    def __init__(self, rules):
        self.rules = rules
        self.files = {}

    def open(self, name, flags, *_mode, dir_fd=None):
        if dir_fd is None:
            return -1
        if any(char in self.rules.target.forbidden for char in name):
            raise OSError(22, "Invalid argument")
        assert flags & os.O_EXCL
        key = self.rules.compared(name)
        assert key not in self.files
        self.files[key] = self.rules.kept(name.rstrip(self.rules.target.trimmed))
        return -1

    def lstat(self, name, *, dir_fd):
        if self.rules.compared(name) not in self.files:
            raise FileNotFoundError(2, name)

    def unlink(self, name, *, dir_fd):
        del self.files[self.rules.compared(name)]

    def listdir(self, _fd):
        return list(self.files.values())

    def close(self, _fd):
        pass

    def __getattr__(self, name):
        return getattr(os, name)


def decomposed(name):
    return unicodedata.normalize("NFD", name)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(POSIX),
        Rules(WINDOWS, case),
        Rules(Target(folds=True), case),
        Rules(Target(folds=True), decomposed),
        Rules(Target(folds=True, composed=True), case, decomposed),
        Rules(Target(forbidden=':*?"<>|', trimmed=".", reserved=True)),
    ],
    ids=["posix", "windows", "apfs", "apfs that minds case", "hfs+", "some share"],
)
def test_a_directory_is_found_to_be_what_it_is(rules, monkeypatch, tmp_path):
    folder = Folder(rules)
    monkeypatch.setattr(target, "os", folder)
    assert target_of(tmp_path) == rules.target
    assert not folder.files


def test_nothing_is_left_behind(tmp_path):
    assert target_of(tmp_path) is not None
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_made_nothing_is_known(tmp_path):
    assert target_of(tmp_path / "gone") is None
    assert target_of(tmp_path.joinpath("/proc")) is None
