import tempfile
from itertools import count
from pathlib import Path

from hypothesis import given, strategies as st
from tests.local.asking import seen
from tests.local.hands import Hands

from holdall.errors import Moved
from holdall.keys import STAGED_PREFIX
from holdall.local.disk import RealDisk
from holdall.local.memory import MemoryDisk
from holdall.model import SeenAs

paths = st.sampled_from(["a", "b", "a/b", "a/c", "b/a/c", "c"])
steps = st.one_of(
    st.tuples(
        st.sampled_from(["publish", "take", "take away", "open", "set_meta", "make_dir", "remove_dir"]), paths
    ),
    st.tuples(st.just("rename"), paths, paths),
    st.tuples(st.sampled_from(["write", "symlink", "mkdir", "delete"]), paths),
)


def shown(disk) -> list[tuple[str, str, bytes]]:
    """What anybody would see, staged names left out."""
    found = []
    for one in disk.scan():
        data = b""
        if one.what is SeenAs.FILE:
            reader = disk.open(one.path)
            data = reader.read(0, 1000)
            reader.close()
        name = one.path.partition(STAGED_PREFIX)
        found.append((name[0] + name[1], str(one.what), data, one.target))
    return sorted(found)


def publish(disk, path, number) -> str:
    new = disk.stage(path)
    new.write(0, str(number).encode())
    new.finish(mode=0o644, mtime_ns=number)
    return "exchanged" if disk.publish(new.name, path, seen(disk, path)) else "put"


DISKS = {
    "publish": publish,
    "take": lambda disk, path, _: bool(disk.take(path, seen(disk, path))),
    "take away": lambda disk, path, _: disk.drop(disk.take(path, seen(disk, path))),
    "open": lambda disk, path, _: disk.open(path).close(),
    "set_meta": lambda disk, path, number: (
        disk.set_meta(path, seen(disk, path), mode=0o700, mtime_ns=number).what
    ),
    "make_dir": lambda disk, path, _: disk.make_dir(path, 0o755),
    "remove_dir": lambda disk, path, _: disk.remove_dir(path),
}
USERS = {
    "write": lambda user, path, number: user.write(path, str(number).encode()),
    "symlink": lambda user, path, _: user.symlink(path, "x"),
    "mkdir": lambda user, path, _: user.mkdir(path),
}


def act(disk, user, number, step, path, *more):
    """Does one step of anybody's; how it went."""
    there = seen(disk, path).what is not SeenAs.ABSENT
    if step == "delete" and there:
        user.delete(path)
    if step in USERS and not there and parents_are_free(disk, path):
        USERS[step](user, path, number)
    try:
        if step == "rename":
            disk.rename(path, *more)
        if step in DISKS:
            return DISKS[step](disk, path, number)
    except Moved:
        return "moved"
    return "done"


def parents_are_free(disk, path) -> bool:
    return all(
        one.what in {SeenAs.ABSENT, SeenAs.DIR}
        for one in disk.look(map(str, Path(path).parents))
        if one.path != "."
    )


@given(st.lists(steps, max_size=12))
def test_the_memory_disk_does_what_a_real_one_does(history):
    memory = MemoryDisk(count(1).__next__)
    with tempfile.TemporaryDirectory() as root:
        real, user = RealDisk(Path(root)), Hands(Path(root))
        for number, step in enumerate(history):
            assert act(real, user, number, *step) == act(memory, memory, number, *step), step
            assert shown(real) == shown(memory), step
