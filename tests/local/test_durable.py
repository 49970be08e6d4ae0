"""A sync that did not happen is no sync."""

import ctypes
import errno
import os

import pytest

from holdall.errors import LocalError
from holdall.local import durable


@pytest.fixture
def syncfs(monkeypatch, root):
    """What the kernel is asked for, and what it answers next."""
    asked, answers = [], []

    def call(fd):
        asked.append(os.fstat(fd).st_ino)
        code = answers.pop() if answers else 0
        ctypes.set_errno(code)
        return -1 if code else 0

    monkeypatch.setattr(durable, "_syncfs", call)
    return asked, answers


def test_the_roots_file_system_is_written_out(disk, root, syncfs):
    asked, _ = syncfs
    disk.sync()
    assert asked == [root.stat().st_ino]


def test_a_disk_that_cannot_write_is_an_error(disk, syncfs):
    _, answers = syncfs
    answers.append(errno.EIO)
    with pytest.raises(LocalError, match="input/output error"):
        disk.sync()


def test_without_a_call_for_one_file_system_all_are_written_out(disk, monkeypatch):
    asked = []
    monkeypatch.setattr(durable, "_syncfs", None)
    monkeypatch.setattr(os, "sync", lambda: asked.append("all"))
    disk.sync()
    assert asked == ["all"]
