"""Disks that take no more: nobody has to be root for them."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest


@contextmanager
def small_disk(room_bytes):
    """An empty directory of a real file system; where one cannot be mounted, a process that may write no larger file."""
    with tempfile.TemporaryDirectory(prefix="holdall-small-") as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={room_bytes}", "tmpfs", name]
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        if not mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, hard))
        try:
            yield Path(name)
        finally:
            if mounted:
                subprocess.run(["umount", "-l", name], check=True)
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Image(NamedTuple):
    """A file that holds a file system, mounted at `root`: a copy of the file is what a power cut would leave."""

    file: Path
    root: Path


@contextmanager
def ext4_image():
    """An empty ext4. Skips where there is none to be had: it takes root, and a kernel with loop devices."""
    with tempfile.TemporaryDirectory(prefix="holdall-image-") as name:
        file = Path(name) / "disk"
        file.touch()
        os.truncate(file, 64 << 20)
        mkfs = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if mkfs is None:
            pytest.skip("needs mkfs.ext4")
        subprocess.run([mkfs, "-q", "-F", "-E", "root_owner", file], check=True)
        with mounted(file) as root:
            if root is None:
                pytest.skip("needs to mount a loop device")
            (root / "lost+found").rmdir()
            yield Image(file, root)


@contextmanager
def mounted(image):
    """The root of the file system in a file, None where it cannot be mounted. Its journal is replayed where it was cut off."""
    with tempfile.TemporaryDirectory(prefix="holdall-image-") as name:
        mount = ["mount", "-o", "loop", image, name]
        done = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        try:
            yield Path(name) if done else None
        finally:
            if done:
                subprocess.run(["umount", name], check=True)


def run_where_mounting_is_allowed(code, *args):
    """Python in a user namespace of its own, with what it mounts; what it writes to standard output."""
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", code, *map(str, args)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
