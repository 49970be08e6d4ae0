"""Names for what loses its place."""

from collections.abc import Callable

from holdall.local.base import Disk, look_at
from holdall.model import SeenAs
from holdall.rules.conflict import copy_name


def name_aside(
    disk: Disk, path: str, at_s: float, host: str, is_known: Callable[[str], bool] = lambda _: False
) -> str:
    """A conflict copy's name that is free on the disk and not known, and that what is at the path can be moved to."""

    def taken(name: str) -> bool:
        return look_at(disk, name).what is not SeenAs.ABSENT or is_known(name)

    return copy_name(path, at_s, host, taken, disk.top_of(path))
