"""Which changes go up, when, and in what form."""

from dataclasses import dataclass, field
from typing import Any

from holdall.policies.choices import UploadMode, UploadStrategy
from holdall.policies.policy import Policy, takes
from holdall.policies.rules import exact_path, listed, one_of, truth


@dataclass
class UploadPolicy(Policy):
    """auto_upload            changes go up on their own; else by an explicit sync alone
    archive_exclude_paths  prefixes by whole parts, relative to the mount, of what is a plain object in Archive mode too
    """

    auto_upload: bool = field(default=True, metadata=takes(truth))
    upload_strategy: UploadStrategy = field(
        default=UploadStrategy.UPLOAD_BEFORE_RESOURCE_RELEASE,
        metadata=takes(one_of(UploadStrategy, "upload_strategy")),
    )
    upload_mode: UploadMode = field(
        default=UploadMode.FILE, metadata=takes(one_of(UploadMode, "upload_mode"))
    )
    archive_exclude_paths: list[str] = field(
        default_factory=list, metadata=takes(listed(exact_path("archive_exclude_paths")))
    )

    def to_dict(self) -> dict[str, Any]:
        """The excluded paths only with Archive, of which they speak."""
        found = super().to_dict()
        if self.upload_mode is not UploadMode.ARCHIVE or not self.archive_exclude_paths:
            del found["archiveExcludePaths"]
        return found
