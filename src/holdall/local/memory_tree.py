"""The tree behind MemoryDisk: nodes by path, with inodes, times and modes as a file system has them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from holdall.errors import Moved, Unreadable
from holdall.local.base import Skip
from holdall.local.names import is_in_staged, is_staged, oddity, printable
from holdall.model import Seen, SeenAs, Stamp


@dataclass(slots=True, eq=False)
class Node:
    """`data` of a symlink is its target."""

    what: SeenAs
    inode: int
    mode: int
    mtime_ns: int
    ctime_ns: int
    data: bytes = b""

    @property
    def readable(self) -> bool:
        """Modes are a user's who is not root: what the owner may not read is unreadable."""
        need = {SeenAs.FILE: 0o400, SeenAs.DIR: 0o500}.get(self.what, 0)
        return self.mode & need == need

    def stamp(self) -> Stamp:
        return Stamp(len(self.data), self.mtime_ns, self.ctime_ns, self.inode, self.mode)


class Tree:
    """No checks of what a caller may do here: MemoryDisk's methods have them."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.nodes: dict[str, Node] = {}
        self._clock = clock
        self._last_ns = 0
        self._last_inode = 1

    def tick(self) -> int:
        """The clock, but never the same twice: two changes never look like one."""
        self._last_ns = max(self._clock(), self._last_ns + 1)
        return self._last_ns

    def new(self, path: str, what: SeenAs, mode: int, data: bytes = b"") -> Node:
        self._last_inode += 1
        now = self.tick()
        node = self.nodes[path] = Node(what, self._last_inode, mode, now, now, data)
        self._touch_parent(path, now)
        return node

    def remove(self, path: str) -> None:
        """With everything below."""
        for name in [path, *self.below(path)]:
            del self.nodes[name]
        self._touch_parent(path, self.tick())

    def move(self, source: str, target: str) -> None:
        """With everything below; the target must be free."""
        node = self.nodes[source]
        for name in [source, *self.below(source)]:
            self.nodes[target + name[len(source) :]] = self.nodes.pop(name)
        node.ctime_ns = self.tick()
        self._touch_parent(source, node.ctime_ns)
        self._touch_parent(target, node.ctime_ns)

    def exchange(self, one: str, other: str) -> None:
        """Two files or symlinks."""
        nodes = self.nodes
        nodes[one], nodes[other] = nodes[other], nodes[one]
        nodes[one].ctime_ns = nodes[other].ctime_ns = now = self.tick()
        self._touch_parent(one, now)
        self._touch_parent(other, now)

    def set_data(self, node: Node, data: bytes) -> None:
        node.data = data
        node.mtime_ns = node.ctime_ns = self.tick()

    def below(self, path: str) -> list[str]:
        """The paths below `path` ("" is the root), sorted."""
        prefix = f"{path}/" if path else ""
        return sorted(name for name in self.nodes if name.startswith(prefix))

    def need_parents(self, path: str) -> None:
        """Makes the missing ones; Moved when something else stands there."""
        for parent in parents_of(path):
            node = self.nodes.get(parent)
            if node is None:
                self.new(parent, SeenAs.DIR, 0o755)
            elif node.what is not SeenAs.DIR:
                raise Moved("not a directory any more", path=parent)
            elif not node.readable:
                raise Unreadable("permission denied", path=parent)

    def look(self, path: str) -> Seen:
        for parent in parents_of(path):
            node = self.nodes.get(parent)
            if node is not None and node.what is SeenAs.DIR and not node.readable:
                return Seen(path, SeenAs.UNREADABLE, reason=f"permission denied at {parent}")
        node = self.nodes.get(path)
        if node is None:
            return Seen(path, SeenAs.ABSENT)
        if is_staged(path) and node.what in {SeenAs.FILE, SeenAs.SYMLINK}:
            return Seen(path, SeenAs.LEFTOVER)
        if is_staged(path) or is_in_staged(path):
            return Seen(path, SeenAs.SPECIAL, reason="has the name of a staged file, or is in what has")
        if reason := oddity(path):
            stamp = None if node.what is SeenAs.DIR else node.stamp()
            return Seen(printable(path), SeenAs.ODD_NAME, stamp, reason=reason)
        if node.what is SeenAs.DIR and not node.readable:
            return Seen(path, SeenAs.UNREADABLE, reason="permission denied")
        if node.what is SeenAs.SPECIAL:
            return Seen(path, SeenAs.SPECIAL, reason="a FIFO")
        target = node.data.decode() if node.what is SeenAs.SYMLINK else ""
        return Seen(path, node.what, node.stamp(), target)

    def walk(self, under: str, skip: Skip | None) -> Iterator[Seen]:
        """As a real walk, this sees some of what changes while it is on its way."""
        closed = ""  # the directory, with a slash, that the walk does not enter
        for path in self.below(under):
            if (closed and path.startswith(closed)) or path not in self.nodes:
                continue
            seen = self.look(path)
            is_dir = self.nodes[path].what is SeenAs.DIR
            skipped = skip is not None and skip(path, is_dir)
            if is_dir and (skipped or seen.what is not SeenAs.DIR):
                closed = f"{path}/"
            if not skipped:
                yield seen

    def _touch_parent(self, path: str, now: int) -> None:
        parent = self.nodes.get(path.rpartition("/")[0])
        if parent is not None:
            parent.mtime_ns = parent.ctime_ns = now


def parents_of(path: str) -> Iterator[str]:
    """From the top down."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)
