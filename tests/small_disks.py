"""Disks that take no more: nobody has to be root for them."""

import resource
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path


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


def run_where_mounting_is_allowed(code, *args):
    """Python in a user namespace of its own, with what it mounts; what it writes to standard output."""
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", code, *map(str, args)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
