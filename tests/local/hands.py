"""A user's hands on a real directory: the same gestures that MemoryDisk has."""

import mmap
import os
import pickle
import shutil
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NOBODY = 65534


class Hands:
    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(data)

    def replace(self, path: str, data: bytes) -> None:
        beside = self.root / f"{path}.tmp"
        beside.write_bytes(data)
        beside.rename(self.root / path)

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        (self.root / path).mkdir(parents=True)
        self.chmod(path, mode)

    def symlink(self, path: str, target: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).symlink_to(target)

    def mkfifo(self, path: str) -> None:
        os.mkfifo(self.root / path)

    def delete(self, path: str) -> None:
        full = self.root / path
        if full.is_dir() and not full.is_symlink():
            shutil.rmtree(full)
        else:
            full.unlink()

    def move(self, source: str, target: str) -> None:
        (self.root / target).parent.mkdir(parents=True, exist_ok=True)
        (self.root / source).rename(self.root / target)

    def chmod(self, path: str, mode: int) -> None:
        (self.root / path).chmod(mode)

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_symlink() and not path.name.startswith(".~holdall-")
        }

    @contextmanager
    def open_for_writing(self, path: str) -> Iterator[None]:
        with (self.root / path).open("r+b"):
            yield

    @contextmanager
    def mapped(self, path: str) -> Iterator[Callable[[bytes], None]]:
        """The file mapped for writing, its pages read already: from then on not every store is news to the kernel."""
        with (self.root / path).open("r+b") as file:
            mapping = mmap.mmap(file.fileno(), 0)
        with mapping:
            mapping[:]

            def store(data: bytes) -> None:
                mapping[: len(data)] = data

            yield store


def as_nobody(call: Callable[[], Any]) -> Any:
    """What `call` says when it is not root who asks: permissions mean nothing to root."""
    if os.geteuid() != 0:
        return call()
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # fork beside threads: the child only looks and leaves
        child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            try:
                answer = (call(), None)
            except Exception as exc:  # noqa: BLE001  it is raised in the parent
                exc.add_note(traceback.format_exc())
                answer = (None, exc)
            os.write(writing, pickle.dumps(answer))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer, raised = pickle.load(pipe)
    os.waitpid(child, 0)
    if raised is not None:
        raise raised
    return answer


def open_files() -> set[str]:
    """The numbers of this process's open files."""
    return {path.name for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
