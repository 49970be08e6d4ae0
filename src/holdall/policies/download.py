"""Whether what is in the store comes down on its own."""

from dataclasses import dataclass, field

from holdall.policies.choices import DownloadStrategy
from holdall.policies.policy import Policy, takes
from holdall.policies.rules import one_of, truth


@dataclass
class DownloadPolicy(Policy):
    """`auto_download`: else by an explicit sync alone, and what was never downloaded is no deletion."""

    auto_download: bool = field(default=True, metadata=takes(truth))
    download_strategy: DownloadStrategy = field(
        default=DownloadStrategy.DOWNLOAD_ASYNC, metadata=takes(one_of(DownloadStrategy, "download_strategy"))
    )
