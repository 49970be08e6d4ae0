"""A disk in memory: the contract of base.py for the simulator, and what users do to files."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from blake3 import blake3

from holdall.errors import DiskFull, Moved, RootLost, Unreadable
from holdall.keys import STAGED_PREFIX
from holdall.local.base import PART_PREFIX, Finished, Skip
from holdall.local.compare import unmoved
from holdall.local.memory_tree import Node, Tree
from holdall.local.names import is_staged
from holdall.model import Seen, SeenAs, Stamp


class MemoryReader:
    def __init__(self, disk: "MemoryDisk", path: str, node: Node) -> None:
        self._disk, self._path, self._node = disk, path, node
        self._stamp = node.stamp()

    @property
    def stamp(self) -> Stamp:
        return self._stamp

    def read(self, offset: int, length: int) -> bytes:
        return self._node.data[offset : offset + length]

    def vouch(self) -> Stamp | None:
        return None if self._path in self._disk.busy else self._stamp

    def moved(self) -> bool:
        return self._disk.tree.nodes.get(self._path) is not self._node or self._node.stamp() != self._stamp

    def close(self) -> None:
        pass


class MemoryStaged:
    def __init__(self, disk: "MemoryDisk", name: str, node: Node) -> None:
        self._disk, self._name, self._node = disk, name, node

    @property
    def name(self) -> str:
        return self._name

    def write(self, offset: int, data: bytes) -> None:
        old = self._node.data.ljust(offset, b"\0")
        self._disk.fill(self._node, old[:offset] + data + old[offset + len(data) :])

    def finish(self, *, mode: int, mtime_ns: int) -> Finished:
        self._node.mode, self._node.mtime_ns = mode & 0o777, mtime_ns
        self._node.ctime_ns = self._disk.tree.tick()
        done = self._name.replace(PART_PREFIX, STAGED_PREFIX)
        if self._disk.tree.nodes.get(self._name) is not self._node:
            raise Moved("the staged file is gone", path=self._name)
        self._disk.tree.move(self._name, done)
        self._name = done
        return Finished(blake3(self._node.data).hexdigest(), self._node.mode, self._node.mtime_ns)

    def seal(self, *, mode: int, mtime_ns: int) -> Finished:
        self._node.mode, self._node.mtime_ns = mode & 0o777, mtime_ns
        self._node.ctime_ns = self._disk.tree.tick()
        return Finished("", self._node.mode, self._node.mtime_ns)

    def discard(self) -> None:
        self._disk.drop(self._name)


class MemoryDisk:
    """One directory tree.

    clock     nanoseconds; the same reading twice still gives two different times
    on_event  told each path that a user operation touched, as a watch would be: a renamed directory is two touches
    root      device and inode, None while the root is missing
    capacity  bytes that fit, None for no limit
    busy      paths that some process has open for writing: they are not displaced, and no reader vouches for them

    Modes count as for a user who is not root. Nothing is cleaned up at a crash: drop every reference but this object's.
    """

    def __init__(self, clock: Callable[[], int], on_event: Callable[[str], None] | None = None) -> None:
        self.tree = Tree(clock)
        self.on_event = on_event
        self.root: tuple[int, int] | None = (1, 1)
        self.capacity: int | None = None
        self.busy: set[str] = set()
        self._tokens = 0

    within = ""

    # -- what users do

    def read(self, path: str) -> bytes:
        return self.tree.nodes[path].data

    def write(self, path: str, data: bytes) -> None:
        """In place, as a plain `open(path, "w")` does."""
        node = self.tree.nodes.get(path)
        if node is not None and node.what is SeenAs.FILE:
            self.fill(node, data)
        else:
            self.tree.need_parents(path)
            self.fill(self.tree.new(path, SeenAs.FILE, 0o644), data)
        self._tell(path)

    def replace(self, path: str, data: bytes) -> None:
        """A new file renamed over the old one, as editors save."""
        if path in self.tree.nodes:
            self.tree.remove(path)
        self.write(path, data)

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        self.tree.need_parents(path)
        self.tree.new(path, SeenAs.DIR, mode)
        self._tell(path)

    def symlink(self, path: str, target: str) -> None:
        self.tree.need_parents(path)
        self.tree.new(path, SeenAs.SYMLINK, 0o777, target.encode())
        self._tell(path)

    def mkfifo(self, path: str) -> None:
        self.tree.need_parents(path)
        self.tree.new(path, SeenAs.SPECIAL, 0o644)
        self._tell(path)

    def delete(self, path: str) -> None:
        """A directory with everything below."""
        self.tree.remove(path)
        self._tell(path)

    def move(self, source: str, target: str) -> None:
        """As `mv` does: what is at the target is replaced. (`rename` is the contract's, and refuses.)"""
        if target in self.tree.nodes:
            self.tree.remove(target)
        self.tree.need_parents(target)
        self.tree.move(source, target)
        self._tell(source)
        self._tell(target)

    def chmod(self, path: str, mode: int) -> None:
        node = self.tree.nodes[path]
        node.mode, node.ctime_ns = mode, self.tree.tick()
        self._tell(path)

    @contextmanager
    def mapped(self, path: str) -> Iterator[Callable[[bytes], None]]:
        """A process that has the file mapped for writing. What it stores moves no time, as on a tmpfs, and is told at the end."""
        node = self.tree.nodes[path]
        self.busy.add(path)

        def store(data: bytes) -> None:
            node.data = data

        try:
            yield store
        finally:
            self.busy.discard(path)
            self._tell(path)

    def files(self) -> dict[str, bytes]:
        """What a user would call the content: every file's bytes, staged files left out."""
        nodes = self.tree.nodes.items()
        return {path: node.data for path, node in nodes if node.what is SeenAs.FILE and not is_staged(path)}

    def _tell(self, path: str) -> None:
        if self.on_event is not None:
            self.on_event(path)

    # -- the contract

    def identity(self) -> tuple[int, int]:
        if self.root is None:
            raise RootLost("the directory is missing")
        return self.root

    def trust_root(self) -> None:
        """Nothing to do: whoever asks for the identity compares it."""

    def scan(self, under: str = "", skip: Skip | None = None) -> Iterator[Seen]:
        self.identity()
        if under:
            seen = self.tree.look(under)
            if seen.what is SeenAs.UNREADABLE:
                yield seen
            if seen.what is not SeenAs.DIR:
                return
        yield from self.tree.walk(under, skip)

    def look(self, paths: Iterable[str]) -> Iterator[Seen]:
        self.identity()
        for path in paths:
            yield self.tree.look(path)

    def names(self, folder: str) -> list[str]:
        self.identity()
        if folder and self.tree.look(folder).what is SeenAs.UNREADABLE:
            raise Unreadable("permission denied", path=folder)
        depth = folder.count("/") + 1 if folder else 0
        return [path.rpartition("/")[2] for path in self.tree.below(folder) if path.count("/") == depth]

    def top_of(self, path: str) -> str:  # noqa: ARG002  all is one file system
        return ""

    def at_work(self) -> AbstractContextManager[None]:
        return nullcontext()

    def is_claimed(self, staged: str) -> bool:  # noqa: ARG002  one process has it
        return False

    def open(self, path: str) -> MemoryReader:
        self.identity()
        if self.tree.look(path).what is SeenAs.UNREADABLE:
            raise Unreadable("permission denied", path=path)
        node = self.tree.nodes.get(path)
        if node is None or node.what is not SeenAs.FILE:
            raise Moved("not a file any more", path=path)
        if not node.readable:
            raise Unreadable("permission denied", path=path)
        return MemoryReader(self, path, node)

    def stage(self, path: str) -> MemoryStaged:
        self.identity()
        self.tree.need_parents(path)
        name = self._beside(path).replace(STAGED_PREFIX, PART_PREFIX)
        return MemoryStaged(self, name, self.tree.new(name, SeenAs.FILE, 0o600))

    def stage_link(self, path: str, target: str) -> str:
        self.identity()
        self.tree.need_parents(path)
        name = self._beside(path)
        self.tree.new(name, SeenAs.SYMLINK, 0o777, target.encode())
        return name

    def publish(self, staged: str, path: str, expected: Seen) -> str | None:
        self.identity()
        if staged not in self.tree.nodes:
            raise Moved("the staged file is gone", path=staged)
        if expected.what is SeenAs.ABSENT:
            self._free(path)
            self.tree.move(staged, path)
            return None
        self._need(path, expected)
        self.tree.exchange(staged, path)
        return staged

    def take(self, path: str, expected: Seen) -> str:
        self.identity()
        self._need(path, expected)
        name = self._beside(path)
        self.tree.move(path, name)
        return name

    def keep(self, staged: str, path: str) -> None:
        self.rename(staged, path)

    def drop(self, staged: str) -> None:
        self.identity()
        if staged in self.tree.nodes:
            self.tree.remove(staged)

    def staged_digest(self, staged: str) -> str | None:
        self.identity()
        node = self.tree.nodes.get(staged)
        return None if node is None else blake3(node.data).hexdigest()

    def staged_target(self, staged: str) -> str | None:
        self.identity()
        node = self.tree.nodes.get(staged)
        return node.data.decode() if node is not None and node.what is SeenAs.SYMLINK else None

    def set_meta(self, path: str, expected: Seen, *, mode: int, mtime_ns: int | None) -> Seen:
        self.identity()
        now = self.tree.look(path)
        if path in self.busy:
            raise Moved("open for writing", path=path)
        if now.what not in {SeenAs.FILE, SeenAs.DIR} or not unmoved(expected, now):
            raise Moved("changed since it was looked at", path=path)
        node = self.tree.nodes[path]
        node.mode = mode & 0o777
        node.mtime_ns = node.mtime_ns if mtime_ns is None else mtime_ns
        node.ctime_ns = self.tree.tick()
        return Seen(path, node.what, node.stamp())

    def make_dir(self, path: str, mode: int) -> None:
        self.identity()
        self.tree.need_parents(path)
        node = self.tree.nodes.get(path)
        if node is None:
            self.tree.new(path, SeenAs.DIR, mode & 0o777)
        elif node.what is not SeenAs.DIR:
            raise Moved("something else is there", path=path)

    def remove_dir(self, path: str) -> bool:
        self.identity()
        node = self.tree.nodes.get(path)
        if node is None:
            return True
        if node.what is not SeenAs.DIR:
            raise Moved("not a directory any more", path=path)
        if self.tree.below(path):
            return False
        self.tree.remove(path)
        return True

    def rename(self, source: str, target: str) -> None:
        self.identity()
        if source not in self.tree.nodes:
            raise Moved("is gone", path=source)
        if target.startswith(f"{source}/"):
            raise Moved("lies below what is to be moved there", path=target)
        self.tree.need_parents(target)
        self._free(target)
        self.tree.move(source, target)

    def sync(self) -> None:
        self.identity()

    def fill(self, node: Node, data: bytes) -> None:
        """Sets a node's bytes, where there is room."""
        if self.capacity is not None:
            used = sum(len(other.data) for other in self.tree.nodes.values() if other is not node)
            if used + len(data) > self.capacity:
                raise DiskFull("no room on the disk")
        self.tree.set_data(node, data)

    def _beside(self, path: str) -> str:
        self._tokens += 1
        parent, slash, _ = path.rpartition("/")
        return f"{parent}{slash}{STAGED_PREFIX}{self._tokens:08}"

    def _free(self, path: str) -> None:
        if path in self.tree.nodes:
            raise Moved("something is there by now", path=path)

    def _need(self, path: str, expected: Seen) -> None:
        if path in self.busy:
            raise Moved("open for writing", path=path)
        if expected.what not in {SeenAs.FILE, SeenAs.SYMLINK} or not unmoved(expected, self.tree.look(path)):
            raise Moved("changed since it was looked at", path=path)
