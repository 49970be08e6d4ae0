"""How far a rename reaches."""

import os
import sys

from holdall.local.descent import DIRECTORY, NO_DIRECTORY, open_below


def top_of(root_fd: int, path: str) -> str:
    """The highest directory below an open root from which down to `path` all is one file system, mounted once; "" for the root.

    Directories that are not there yet are where the nearest one above them is.
    """
    top, mount = "", _mount_of(root_fd)
    parts = path.split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        folder = "/".join(parts[:depth])
        try:
            fd = open_below(root_fd, folder, DIRECTORY)
        except OSError as exc:
            if exc.errno in NO_DIRECTORY:
                break
            raise
        try:
            found = _mount_of(fd)
        finally:
            os.close(fd)
        if found != mount:
            top, mount = folder, found
    return top


def _mount_of(fd: int) -> tuple[int, str]:
    """The device, and Linux's number of the mount: one file system may be mounted twice, and one mount have many devices."""
    device = os.fstat(fd).st_dev
    if sys.platform != "linux":
        return device, ""
    with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as lines:  # noqa: PTH123  no path of a user's
        return device, next((line for line in lines if line.startswith("mnt_id:")), "")
