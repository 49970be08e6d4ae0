"""What a watch said, to be waited for."""

import threading
from pathlib import Path


class Heard:
    def __init__(self) -> None:
        self.touched: list[tuple[str, bool]] = []
        self.lost: list[tuple[str, str]] = []
        self.closed: set[str] = set()
        self._news = threading.Condition()

    def touch(self, path: str, closed: bool) -> None:
        with self._news:
            self.touched.append((path, closed))
            if closed:
                self.closed.add(path)
            self._news.notify_all()

    def lose(self, reason: str, under: str) -> None:
        with self._news:
            self.lost.append((reason, under))
            self._news.notify_all()

    def wait(self, said) -> None:
        with self._news:
            assert self._news.wait_for(said, timeout=30), (self.touched[-20:], self.lost[-20:])

    def finished(self, *paths: str) -> None:
        self.wait(lambda: self.closed.issuperset(paths))

    def all_lost(self, *said: tuple[str, str]) -> None:
        self.wait(lambda: set(said) <= set(self.lost))

    def paths(self) -> set[str]:
        return {path for path, _ in self.touched}

    def covers(self, path: str) -> bool:
        """Whether somebody who looks where they are told finds the path."""
        return path in self.paths() or any(
            not under or path.startswith(f"{under}/") for _, under in self.lost
        )


def settle(root: Path, heard: Heard) -> None:
    """All events before this have been told when it returns."""
    mark = f"mark{len(heard.touched)}"
    (root / mark).write_bytes(b"")
    heard.finished(mark)
