"""What a policy comes to: plain values that never change, for those who act on it."""

from typing import NamedTuple

from holdall.policies.choices import Lifecycle, UploadMode


class Extract(NamedTuple):
    """How the user's archives are unpacked."""

    delete_src_file: bool = True
    extract_current_folder: bool = False


class Recycle(NamedTuple):
    """`paths`: as they were written; "" is everything."""

    lifecycle: Lifecycle = Lifecycle.LIFECYCLE_FOREVER
    paths: tuple[str, ...] = ("",)


class White(NamedTuple):
    """An entry of the white list, as it was written."""

    path: str = ""
    exclude_paths: tuple[str, ...] = ()
    is_path_regex: bool = False
    is_exclude_regex: bool = False


class Effective(NamedTuple):
    """Two policies that mean the same have one and the same.

    archive_exclude_paths  () in File mode
    extract                None: archives stay as they are
    recycle                None: nothing was said, so what the context has stays
    white_lists            (): everything takes part
    mapping                None: this mount's path is meant
    """

    auto_upload: bool = True
    upload_mode: UploadMode = UploadMode.FILE
    archive_exclude_paths: tuple[str, ...] = ()
    auto_download: bool = True
    sync_local_file: bool = True
    extract: Extract | None = None
    recycle: Recycle | None = None
    white_lists: tuple[White, ...] = ()
    mapping: str | None = None
