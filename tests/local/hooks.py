"""What each disk does its own way in the contract's tests."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any


class Hooks:
    """The fixtures `disk` and `user` are the other half."""

    def as_user(self, call: Callable[[], Any]) -> Any:
        """As somebody to whom permissions mean something."""
        return call()

    def lose_root(self, disk: Any) -> None:
        raise NotImplementedError

    def full(self, disk: Any) -> AbstractContextManager[None]:
        """A disk with room for less than 64 KiB."""
        raise NotImplementedError

    def open_for_writing(self, disk: Any, path: str) -> AbstractContextManager[None]:
        raise NotImplementedError
