"""Which way things go on their own, by sync type and policy. Pure."""

from enum import StrEnum
from typing import Final, NamedTuple, Self

from holdall.policies.effective import Effective
from holdall.rules.reconcile import Verdict


class SyncType(StrEnum):
    AUTO = "auto"
    ARCH = "arch"
    ONE = "one"


class Flags(NamedTuple):
    """The policy's say: UploadPolicy.auto_upload, DownloadPolicy.auto_download, DeletePolicy.sync_local_file."""

    auto_upload: bool = True
    auto_download: bool = True
    sync_local_file: bool = True

    @classmethod
    def of(cls, policy: Effective) -> Self:
        return cls(policy.auto_upload, policy.auto_download, policy.sync_local_file)


class Asked(NamedTuple):
    """Which way somebody wants it now: a flush up, a wait down, a sync both."""

    up: bool = False
    down: bool = False


UNASKED: Final = Asked()
EVERYTHING: Final = Asked(up=True, down=True)


class Directions(NamedTuple):
    """`back`: what was deleted here, and not in the store, comes back with its next edit there."""

    push: bool
    push_delete: bool
    pull: bool
    pull_delete: bool
    back: bool

    def allow(self, verdict: Verdict, *, deleted_here: bool = False) -> bool:
        match verdict:
            case Verdict.PUSH:
                return self.push
            case Verdict.PUSH_DELETE:
                return self.push_delete
            case Verdict.PULL:
                return self.back if deleted_here else self.pull
            case Verdict.PULL_DELETE:
                return self.pull_delete
            case Verdict.CONFLICT:
                return self.push and self.pull
            case Verdict.ASIDE:
                return self.push
            case _:
                return True


def directions(sync: SyncType, flags: Flags, asked: Asked = UNASKED, *, passed: bool = False) -> Directions:
    """An explicit sync, flush or wait moves what the matching flag would have moved, and nothing the other way.

    passed  the one pass of `one` is over
    """
    up = flags.auto_upload or asked.up
    down = flags.auto_download or asked.down
    back = down and flags.sync_local_file
    match sync:
        case SyncType.AUTO:
            return Directions(up, up and flags.sync_local_file, down, down, back)
        case SyncType.ARCH:
            return Directions(up, push_delete=False, pull=down, pull_delete=False, back=back)
        case SyncType.ONE:
            push = asked.up or (flags.auto_upload and not passed)
            return Directions(push, push_delete=False, pull=False, pull_delete=False, back=False)
