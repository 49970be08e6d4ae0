"""Whether a path is still what was planned on."""

from holdall.model import Seen, SeenAs


def unmoved(expected: Seen, now: Seen) -> bool:
    """Before a step. An unmoved stamp means unmoved bytes; a directory's times tell of its children, so they do not count."""
    if expected.what is not now.what or expected.target != now.target:
        return False
    if expected.what is SeenAs.DIR and expected.stamp and now.stamp:
        return (expected.stamp.inode, expected.stamp.mode) == (now.stamp.inode, now.stamp.mode)
    return expected.stamp == now.stamp


def same_file(expected: Seen, displaced: Seen) -> bool:
    """After a file or symlink was moved aside: all but ctime, which the move itself sets."""
    before, after = expected.stamp, displaced.stamp
    return (
        expected.what is displaced.what
        and expected.target == displaced.target
        and before is not None
        and after is not None
        and before._replace(ctime_ns=0) == after._replace(ctime_ns=0)
    )
