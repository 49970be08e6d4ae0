"""What can go wrong, as a tree.

HoldallError                 message, path (what it happened to), hint (what to do)
├── ConfigError              the command line or the configuration is wrong
│   ├── NoMount              no mount of that name
│   └── BadPolicy            a policy holds what it cannot hold; for those who make one, a ValueError
├── Forbidden                whoever asks has not shown that it may
├── InUse                    it would be in the way of something that is there
├── Locked                   another process or machine holds this
│   └── BusyElsewhere        another machine holds the lease on this context; it is to be had later
├── Paused                   a person holds this mount
├── Abandoned                what was waited for will not come: the mount went, or nobody waits any more
├── NoDaemon                 no daemon answers
├── StoreError
│   ├── NotThere             no such object
│   │   └── Missing          the log names bytes that the store does not have, or has otherwise
│   ├── ConditionFailed      the object is not what the request was conditional on
│   ├── Unavailable          no answer, or "later": the request may have happened all the same
│   ├── Denied               the store does not accept these credentials for this
│   ├── Refused              the store does not take this one key, or its metadata or size: it is about the path
│   ├── NoBucket             no such bucket, or not in this region
│   ├── Unconditional        the store ignores the conditions that keep machines from overwriting each other
│   ├── Lapsed               the lease on the context ran out: it is taken, and the head read, before anything is written
│   ├── StoreFull            no room (embedded store, quota)
│   └── BadFormat            what is in the store is damaged, or newer than this holdall
└── LocalError
    ├── RootLost             the mount's root is missing, was emptied or is another directory
    ├── Moved                the file is not what it was when the step was planned
    ├── Unreadable           exists and cannot be read
    ├── BadState             what is remembered of this mount is damaged
    ├── BadArchive           a user's archive is not extracted: it is hostile, damaged, or of a kind that is not known
    └── DiskFull             no room on the local disk

A problem with one path is data (an outcome with a reason); an exception ends the step that raised it.
`permanent` says whether trying again without a person's help is pointless.
"""

from typing import ClassVar


class HoldallError(Exception):
    permanent: ClassVar[bool] = False
    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.message}"


class ConfigError(HoldallError):
    permanent = True
    code = "config"


class NoMount(ConfigError):
    code = "no-mount"


class BadPolicy(ConfigError, ValueError):
    code = "policy"


class Forbidden(HoldallError):
    permanent = True
    code = "forbidden"


class InUse(HoldallError):
    permanent = True
    code = "in-use"


class Locked(HoldallError):
    permanent = True
    code = "locked"


class BusyElsewhere(Locked):
    permanent = False
    code = "busy-elsewhere"


class Paused(HoldallError):
    permanent = True
    code = "paused"


class Abandoned(HoldallError):
    code = "abandoned"


class NoDaemon(HoldallError):
    code = "no-daemon"


class StoreError(HoldallError):
    code = "store"


class NotThere(StoreError):
    permanent = True
    code = "missing"


class Missing(NotThere):
    pass


class ConditionFailed(StoreError):
    permanent = True
    code = "condition"


class Unavailable(StoreError):
    code = "unavailable"


class Denied(StoreError):
    permanent = True
    code = "denied"


class Refused(StoreError):
    permanent = True
    code = "refused"


class NoBucket(StoreError):
    permanent = True
    code = "no-bucket"


class Unconditional(StoreError):
    permanent = True
    code = "no-conditions"


class Lapsed(StoreError):
    code = "lapsed"


class StoreFull(StoreError):
    code = "store-full"


class BadFormat(StoreError):
    permanent = True
    code = "format"


class LocalError(HoldallError):
    code = "local"


class RootLost(LocalError):
    permanent = True
    code = "root"


class Moved(LocalError):
    code = "changing"


class Unreadable(LocalError):
    code = "unreadable"


class BadState(LocalError):
    permanent = True
    code = "state"


class BadArchive(LocalError):
    """`member`: the name in the archive that it is about, as it stands there; "" for the archive as a whole."""

    permanent = True
    code = "extract"

    def __init__(
        self, message: str, *, member: str = "", path: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(f"{shown(member)}: {message}" if member else message, path=path, hint=hint)
        self.member = member
        self.reason = message


def shown(name: str, most: int = 120) -> str:
    """A name that somebody else chose, on one line and not longer than this."""
    text = repr(name)[1:-1]
    return text if len(text) <= most else f"{text[:most]}…"


class DiskFull(LocalError):
    code = "disk-full"
