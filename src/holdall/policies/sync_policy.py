"""All policies of a mount."""

from dataclasses import dataclass, field
from typing import Self

from holdall.policies.choices import UploadMode
from holdall.policies.delete import DeletePolicy
from holdall.policies.download import DownloadPolicy
from holdall.policies.effective import Effective, Extract, Recycle, White
from holdall.policies.extract import ExtractPolicy
from holdall.policies.mapping import MappingPolicy
from holdall.policies.policy import Policy, Takes, takes
from holdall.policies.recycle import RecyclePolicy
from holdall.policies.rules import instance, optional
from holdall.policies.upload import UploadPolicy
from holdall.policies.white_list import BWList, WhiteList


def _part(kind: type[Policy]) -> dict[str, Takes]:
    return takes(optional(instance(kind)), inner=kind)


@dataclass
class SyncPolicy(Policy):
    """What is None has its class's defaults where it is used, but for two: no archives are extracted, and nothing is mapped."""

    upload_policy: UploadPolicy | None = field(default=None, metadata=_part(UploadPolicy))
    download_policy: DownloadPolicy | None = field(default=None, metadata=_part(DownloadPolicy))
    delete_policy: DeletePolicy | None = field(default=None, metadata=_part(DeletePolicy))
    extract_policy: ExtractPolicy | None = field(default=None, metadata=_part(ExtractPolicy))
    recycle_policy: RecyclePolicy | None = field(default=None, metadata=_part(RecyclePolicy))
    bw_list: BWList | None = field(default=None, metadata=_part(BWList))
    mapping_policy: MappingPolicy | None = field(default=None, metadata=_part(MappingPolicy))

    def effective(self) -> Effective:
        """What it comes to now; later changes of this object do not reach it."""
        upload = self.upload_policy or UploadPolicy()
        packed = upload.upload_mode is UploadMode.ARCHIVE
        return Effective(
            auto_upload=upload.auto_upload,
            upload_mode=upload.upload_mode,
            archive_exclude_paths=tuple(upload.archive_exclude_paths) if packed else (),
            auto_download=(self.download_policy or DownloadPolicy()).auto_download,
            sync_local_file=(self.delete_policy or DeletePolicy()).sync_local_file,
            extract=_extract(self.extract_policy),
            recycle=_recycle(self.recycle_policy),
            white_lists=_white_lists(self.bw_list),
            mapping=self.mapping_policy.path or None if self.mapping_policy else None,
        )

    @classmethod
    def of(cls, effective: Effective) -> Self:
        """One that comes to this, with all its defaults said."""
        extract, recycle = effective.extract, effective.recycle
        return cls(
            upload_policy=UploadPolicy(
                auto_upload=effective.auto_upload,
                upload_mode=effective.upload_mode,
                archive_exclude_paths=list(effective.archive_exclude_paths),
            ),
            download_policy=DownloadPolicy(effective.auto_download),
            delete_policy=DeletePolicy(effective.sync_local_file),
            extract_policy=ExtractPolicy(extract is not None, *(extract or Extract())),
            recycle_policy=None if recycle is None else RecyclePolicy(recycle.lifecycle, list(recycle.paths)),
            bw_list=BWList(
                [
                    WhiteList(one.path, list(one.exclude_paths), one.is_path_regex, one.is_exclude_regex)
                    for one in effective.white_lists
                ]
            ),
            mapping_policy=None if effective.mapping is None else MappingPolicy(effective.mapping),
        )


def _extract(policy: ExtractPolicy | None) -> Extract | None:
    if policy is None or not policy.extract:
        return None
    return Extract(policy.delete_src_file, policy.extract_current_folder)


def _recycle(policy: RecyclePolicy | None) -> Recycle | None:
    return None if policy is None else Recycle(policy.lifecycle, tuple(policy.paths))


def _white_lists(policy: BWList | None) -> tuple[White, ...]:
    found = tuple(
        White(one.path, tuple(one.exclude_paths), one.is_path_regex, one.is_exclude_regex)
        for one in (policy.white_lists if policy else ())
    )
    return () if found == (White(),) else found
