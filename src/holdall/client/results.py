"""What the calls answer with. `success` says whether it was done, `error_message` why it was not; nothing is raised for that."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdall.client.session import Session


@dataclass
class Context:
    """`id` stays, `name` is what people call it. Times are ISO 8601 in UTC.

    last_used_at  of its newest commit; None where there is none, and in lists
    """

    id: str
    name: str
    created_at: str | None = None
    last_used_at: str | None = None


@dataclass
class ContextListParams:
    max_results: int | None = None
    next_token: str | None = None


@dataclass
class ContextFileEntry:
    """`file_path` is relative to the context. `file_type`: file, folder or symlink."""

    file_id: str
    file_name: str
    file_path: str
    file_type: str | None = None
    gmt_create: str | None = None
    gmt_modified: str | None = None
    size: int | None = None
    status: str | None = None


@dataclass
class ContextStatusData:
    """One way of one context.

    status       Scheduled, Running, Success, Failed or Canceled
    start_time, finish_time  of the newest task about it, unix seconds; 0 where there is none, or it is under way
    task_type    upload or download
    task_id      of that task; "" where nobody asked for one
    """

    context_id: str = ""
    path: str = ""
    error_message: str = ""
    status: str = ""
    start_time: int = 0
    finish_time: int = 0
    task_type: str = ""
    task_id: str = ""


@dataclass
class ContextBinding:
    """`policy`: as it is in force, as JSON in the form of the wire."""

    context_id: str = ""
    context_name: str = ""
    path: str = ""
    policy: str = ""
    bind_time: str = ""


@dataclass
class ApiResponse:
    """`request_id` stands in the daemon's log beside what went wrong there."""

    request_id: str = ""
    success: bool = False
    error_message: str = ""

    def __bool__(self) -> bool:
        return self.success


@dataclass
class OperationResult(ApiResponse):
    data: Any = None


@dataclass
class ContextResult(ApiResponse):
    context_id: str = ""
    context: Context | None = None


@dataclass
class ContextListResult(ApiResponse):
    """`total_count`: of all folders of the store that may be contexts."""

    contexts: list[Context] = field(default_factory=list)
    next_token: str | None = None
    max_results: int | None = None
    total_count: int | None = None


@dataclass
class ClearContextResult(ApiResponse):
    """`commit`: what was there is in the commit before it, until the retention ends. None: there was nothing."""

    status: str | None = None
    context_id: str | None = None
    commit: int | None = None


@dataclass
class FileUrlResult(ApiResponse):
    """`expire_time`: unix seconds."""

    url: str = ""
    expire_time: int | None = None


@dataclass
class ContextFileListResult(ApiResponse):
    """`count`: of these entries."""

    entries: list[ContextFileEntry] = field(default_factory=list)
    count: int | None = None
    next_token: str | None = None

    def __iter__(self) -> Iterator[ContextFileEntry]:
        return iter(self.entries)


@dataclass
class SessionResult(ApiResponse):
    session: "Session | None" = None


@dataclass
class DeleteResult(ApiResponse):
    pass


@dataclass
class ContextSyncResult(ApiResponse):
    """`task_id`: of this very sync; `info` tells of it by that."""

    task_id: str = ""


@dataclass
class ContextInfoResult(ApiResponse):
    context_status_data: list[ContextStatusData] = field(default_factory=list)

    def __iter__(self) -> Iterator[ContextStatusData]:
        return iter(self.context_status_data)

    def __len__(self) -> int:
        return len(self.context_status_data)

    def __getitem__(self, index: int) -> ContextStatusData:
        return self.context_status_data[index]


@dataclass
class ContextBindResult(ApiResponse):
    pass


@dataclass
class ContextBindingsResult(ApiResponse):
    bindings: list[ContextBinding] = field(default_factory=list)
