"""Conditions kept by looking first, for a store that ignores them.

Best effort: between the look and the write another machine may write, and nothing tells. So it is for whoever writes alone
(log/lease.py), against what other tools do and what came late.
"""

from collections.abc import Callable, Mapping, Sequence

from holdall.errors import ConditionFailed, NotThere, Unavailable
from holdall.store.base import ABSENT, Before, CopyRange, Part, Store, Written
from holdall.store.passing import Passing

Permit = Callable[[], bool]
"""Whether the store's conditions have to be looked after; raises where nothing may be written now."""


class Looking(Passing):
    """While `permit` says no, the store's own conditions are all there is, and every call passes as it is."""

    def __init__(self, store: Store, permit: Permit) -> None:
        super().__init__(store)
        self._permit = permit

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        self._look(key, when)
        return self.inner.put(key, data, meta=meta, when=when)

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        if not self._permit():
            return self.inner.upload(key, parts, meta=meta, when=when, before=before)
        for part in parts:
            if isinstance(part, CopyRange):
                self._expect(part.key, part.etag)
        self._look(key, when)
        written = self.inner.upload(
            key, [self._permitted(part) for part in parts], meta=meta, when=when, before=before
        )
        # rclone answers a completion with another ETag than it shows from then on.
        found = self.inner.head(key)
        if found is None:
            raise Unavailable(f"{self.url} does not show what was put there", path=key)
        return written._replace(etag=found.etag)

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        if self._permit() and etag is not None:
            self._expect(source, etag)
        self._look(target, when)
        return self.inner.copy(source, target, etag=etag, meta=meta, when=when)

    def delete(self, key: str, *, when: str | None = None) -> None:
        self._look(key, when)
        self.inner.delete(key, when=when)

    def _look(self, key: str, when: str | None) -> None:
        if self._permit() and when is not None:
            found = self.inner.head(key)
            if (ABSENT if found is None else found.etag) != when:
                raise ConditionFailed(f"the object in {self.url} is not what the write asked for", path=key)
            self._permit()  # the look took its time

    def _expect(self, key: str, etag: str) -> None:
        found = self.inner.head(key)
        if found is None:
            raise NotThere(f"no object in {self.url}", path=key)
        if found.etag != etag:
            raise ConditionFailed(f"the object in {self.url} is another version", path=key)

    def _permitted(self, part: Part) -> Part:
        if isinstance(part, CopyRange):
            return part

        def read() -> bytes:
            self._permit()
            return part()

        return read
