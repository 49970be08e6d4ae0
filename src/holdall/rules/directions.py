"""Which way things go on their own, by sync type and policy. Pure."""

from enum import StrEnum
from typing import NamedTuple, Self

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


class Directions(NamedTuple):
    push: bool
    push_delete: bool
    pull: bool
    pull_delete: bool

    def allow(self, verdict: Verdict) -> bool:
        match verdict:
            case Verdict.PUSH:
                return self.push
            case Verdict.PUSH_DELETE:
                return self.push_delete
            case Verdict.PULL:
                return self.pull
            case Verdict.PULL_DELETE:
                return self.pull_delete
            case Verdict.CONFLICT:
                return self.push and self.pull
            case Verdict.ASIDE:
                return self.push
            case _:
                return True


def directions(sync: SyncType, flags: Flags, *, asked: bool = False) -> Directions:
    """`asked`: by an explicit sync or flush, which moves what the matching flag would have moved."""
    up = flags.auto_upload or asked
    down = flags.auto_download or asked
    match sync:
        case SyncType.AUTO:
            return Directions(up, up and flags.sync_local_file, down, down)
        case SyncType.ARCH:
            return Directions(up, push_delete=False, pull=down, pull_delete=False)
        case SyncType.ONE:
            return Directions(push=True, push_delete=False, pull=False, pull_delete=False)
