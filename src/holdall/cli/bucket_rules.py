"""A context's lifecycle as rules of its bucket, for a bucket that no daemon visits.

They are about what lies below `files/` and nothing else: a commit, a pack or a checkpoint that went by its age would take the
context with it. A bucket counts from when an object was put, and takes away once a day: a daemon is there first.
"""

from collections.abc import Iterable
from typing import NamedTuple

from blake3 import blake3

from holdall.cli import context
from holdall.errors import ConfigError
from holdall.keys import key_of
from holdall.log.layout import FILES, prefix_of
from holdall.model import Entry, Kind, Recycling
from holdall.store.expiry import Expiry
from holdall.store.open import bucket_rules


class Rules(NamedTuple):
    """bucket  as people name it
    files   paths that no rule is about: what a file's key begins with, other keys begin with as well
    others  rules of others, where these were put beside them; None where they were not
    """

    bucket: str
    rules: tuple[Expiry, ...]
    files: tuple[str, ...]
    others: int | None = None


def of(found: context.Opened, recycling: Recycling, *, apply: bool) -> Rules:
    """`apply`: put them there, in place of this context's earlier ones. ConfigError where the store is no bucket."""
    there = bucket_rules(found.whole)
    if there is None:
        raise ConfigError(
            f"{found.whole.url} is no bucket: there are no rules to export to",
            hint="an embedded store's data expires wherever its context is mounted",
        )
    start = f"{there.prefix}{prefix_of(found.place.context)}{FILES}"
    owned = f"holdall-{_fingerprint(start)}-"
    files = tuple(_files(found, recycling.paths)) if recycling.days is not None else ()
    rules = tuple(_rules(recycling, start, owned, files))
    others = there.replace(owned, rules) if apply else None
    return Rules(found.whole.url, rules, files, others)


def _rules(recycling: Recycling, start: str, owned: str, files: Iterable[str]) -> Iterable[Expiry]:
    for path in recycling.paths if recycling.days is not None else ():
        if path not in files:
            prefix = f"{start}{key_of(path)}/" if path else start
            yield Expiry(owned + _fingerprint(prefix), prefix, recycling.days or 0)


def _files(found: context.Opened, paths: Iterable[str]) -> Iterable[str]:
    wanted = {path for path in paths if path}
    for path, now in found.history.rows(found.history.head()) if wanted else ():
        if path in wanted and isinstance(now, Entry) and now.kind is not Kind.DIR:
            yield path


def _fingerprint(text: str) -> str:
    return blake3(text.encode()).hexdigest(length=6)
