"""The shape of holdall.toml. Strict: what is not here is refused, and nothing is converted on the quiet."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from holdall.daemon.settings import WORKERS
from holdall.rules.directions import Flags


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Policy(_Table):
    """Both spellings, as the policies' own classes take them."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        loc_by_alias=False,
    )


class UploadTable(_Policy):
    auto_upload: bool = True
    upload_mode: Literal["File"] = "File"

    @field_validator("upload_mode", mode="before")
    @classmethod
    def _no_archive(cls, value: object) -> object:
        if value == "Archive":
            raise PydanticCustomError("not_yet", "'Archive' is not there yet, it must be 'File'")
        return value


class DownloadTable(_Policy):
    auto_download: bool = True


class DeleteTable(_Policy):
    sync_local_file: bool = True


class PolicyTable(_Policy):
    upload_policy: UploadTable | None = None
    download_policy: DownloadTable | None = None
    delete_policy: DeleteTable | None = None

    def flags(self) -> Flags:
        return Flags(
            auto_upload=(self.upload_policy or UploadTable()).auto_upload,
            auto_download=(self.download_policy or DownloadTable()).auto_download,
            sync_local_file=(self.delete_policy or DeleteTable()).sync_local_file,
        )


class StoreTable(_Table):
    url: str
    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None


class DaemonTable(_Table):
    release_deadline: str = "90s"


class LimitsTable(_Table):
    workers: int = Field(default=WORKERS, ge=1, le=512)
    upload_bytes_s: int | None = Field(default=None, ge=1000)
    download_bytes_s: int | None = Field(default=None, ge=1000)


class MountTable(_Table):
    context: str = Field(min_length=1)
    path: str = Field(min_length=1)
    sync: Literal["auto", "arch", "one"] = "auto"
    ignore: list[str] = Field(default_factory=list)
    policy: PolicyTable = PolicyTable()


class File(_Table):
    store: StoreTable | None = None
    daemon: DaemonTable = DaemonTable()
    limits: LimitsTable = LimitsTable()
    mounts: list[MountTable] = Field(default_factory=list)
