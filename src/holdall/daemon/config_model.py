"""The shape of holdall.toml. Strict: what is not here is refused, and nothing is converted on the quiet."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from holdall.daemon.settings import WORKERS
from holdall.local.extract.limits import Limits

_ARCHIVES: Final = Limits()


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StoreTable(_Table):
    url: str
    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None


class DaemonTable(_Table):
    release_deadline: str = "90s"


class ApiTable(_Table):
    listen: str | None = None
    hosts: list[str] = Field(default_factory=list)
    admin_token_file: str | None = None


class ExtractTable(_Table):
    """Of archives: see the limits themselves. A name cannot be longer than file systems take, and a decoder needs some memory."""

    bytes: int = Field(default=_ARCHIVES.bytes, ge=1)
    ratio: int = Field(default=_ARCHIVES.ratio, ge=1)
    entries: int = Field(default=_ARCHIVES.entries, ge=1)
    depth: int = Field(default=_ARCHIVES.depth, ge=1)
    name_bytes: int = Field(default=_ARCHIVES.name_bytes, ge=1, le=_ARCHIVES.name_bytes)
    memory_bytes: int = Field(default=_ARCHIVES.memory_bytes, ge=1 << 20)


class LimitsTable(_Table):
    workers: int = Field(default=WORKERS, ge=1, le=512)
    upload_bytes_s: int | None = Field(default=None, ge=1000)
    download_bytes_s: int | None = Field(default=None, ge=1000)
    extract: ExtractTable = ExtractTable()


class MountTable(_Table):
    """`policy`: read by the policies themselves."""

    context: str = Field(min_length=1)
    path: str = Field(min_length=1)
    sync: Literal["auto", "arch", "one"] = "auto"
    ignore: list[str] = Field(default_factory=list)
    policy: Any = None


class File(_Table):
    store: StoreTable | None = None
    api: ApiTable = ApiTable()
    daemon: DaemonTable = DaemonTable()
    limits: LimitsTable = LimitsTable()
    mounts: list[MountTable] = Field(default_factory=list)
