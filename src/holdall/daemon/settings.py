"""What a daemon is told to do, whoever told it: plain values, without the machinery that reads configurations."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from holdall.daemon.listening import Listening
from holdall.daemon.spec import Spec
from holdall.local.extract.limits import Limits as ArchiveLimits

RELEASE_DEADLINE_S: Final = 90.0
WORKERS: Final = 32


class StoreSettings(NamedTuple):
    """Where the store is. None of the last three is what the AWS tools would take."""

    url: str
    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None


_OF_ARCHIVES: Final = ArchiveLimits()


class Limits(NamedTuple):
    """Of a process, all its mounts together.

    workers                   transfers at a time
    up_bytes_s, down_bytes_s  of files' bytes, on average; None: as fast as it goes
    archives                  of what is extracted
    """

    workers: int = WORKERS
    up_bytes_s: int | None = None
    down_bytes_s: int | None = None
    archives: ArchiveLimits = _OF_ARCHIVES


_UNLIMITED: Final = Limits()


@dataclass(frozen=True, slots=True)
class Settings:
    """file   that they were read from; None without one
    store  None: not configured
    api    None: the socket alone
    """

    file: Path | None = None
    store: StoreSettings | None = None
    release_deadline_s: float = RELEASE_DEADLINE_S
    limits: Limits = _UNLIMITED
    mounts: tuple[Spec, ...] = ()
    api: Listening | None = None
