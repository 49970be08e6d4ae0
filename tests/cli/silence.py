"""A store that falls silent."""

from holdall.errors import Unavailable
from holdall.store.directory import DirectoryStore


def silence(monkeypatch):
    """From now on the store answers nothing."""

    def no_answer(*_args, **_how):
        raise Unavailable("no answer")

    for request in ("get", "download", "head", "list"):
        monkeypatch.setattr(DirectoryStore, request, no_answer)
