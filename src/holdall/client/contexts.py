"""Contexts and their files, as the SDKs ask for them."""

from typing import Any

from holdall.api.client import Client as Wire
from holdall.client.calls import CONTEXTS, Call, answered, failed, of_context
from holdall.client.results import (
    ClearContextResult,
    Context,
    ContextFileEntry,
    ContextFileListResult,
    ContextListParams,
    ContextListResult,
    ContextResult,
    FileUrlResult,
    OperationResult,
)
from holdall.errors import NotThere

_NO_ID = "context_id is empty"


class ContextService:
    """`context_id` is a context's id, or a Context."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(
        self,
        params: ContextListParams | None = None,
        *,
        max_results: int | None = None,
        next_token: str | None = None,
    ) -> ContextListResult:
        """A page of all contexts of the store, ten where nothing is said, in the order of their ids."""
        most = max_results or (params.max_results if params else None) or 10
        token = next_token or (params.next_token if params else None)

        def ask(call: Call) -> ContextListResult:
            found = call.get(CONTEXTS, max_results=most, next_token=token)
            return ContextListResult(
                success=True,
                contexts=[_context(one) for one in found["contexts"]],
                next_token=found["next_token"],
                max_results=most,
                total_count=found["total_count"],
            )

        return answered(self._wire, ContextListResult, ask)

    def get(
        self, name: str | None = None, create: bool = False, *, context_id: str | None = None
    ) -> ContextResult:
        """By its name or its id. `create`: made where there is none of that name."""
        if not name and not context_id:
            return failed(ContextResult, "name and context_id are both empty")
        if create:
            if context_id:
                return failed(ContextResult, "a new context gets its id: say the name alone")
            return self.create(name or "")

        def ask(call: Call) -> ContextResult:
            found = call.get(CONTEXTS, name=name or None, id=context_id or None)["contexts"]
            if not found:
                raise NotThere(f"there is no context {context_id or name}")
            return _result(found[0])

        return answered(self._wire, ContextResult, ask)

    def create(self, name: str) -> ContextResult:
        """A new context; the one that is called so, where there is one."""
        return answered(self._wire, ContextResult, lambda call: _result(call.post(CONTEXTS, {"name": name})))

    def update(self, context: Context) -> OperationResult:
        """Give it the name that it has here now. The id stays."""

        def ask(call: Call) -> OperationResult:
            return _done(call.patch(of_context(context.id), {"name": context.name}))

        return answered(self._wire, OperationResult, ask)

    def delete(self, context: Context | str) -> OperationResult:
        """With all its files and their history, for good. Refused while it is mounted."""
        context_id = _id(context)
        if not context_id:
            return failed(OperationResult, _NO_ID)
        return answered(self._wire, OperationResult, lambda call: _done(call.delete(of_context(context_id))))

    def clear(self, context_id: Context | str) -> ClearContextResult:
        """Delete every file, in one commit. The context stays, and with it what was there, until the retention ends."""
        context_id = _id(context_id)
        if not context_id:
            return failed(ClearContextResult, _NO_ID)

        def ask(call: Call) -> ClearContextResult:
            found = call.post(of_context(context_id, "clear"))
            return ClearContextResult(
                success=True, status="available", context_id=context_id, commit=found["commit"]
            )

        return answered(self._wire, ClearContextResult, ask)

    # -- files

    def list_files(
        self,
        context_id: Context | str,
        parent_folder_path: str | None = None,
        *,
        max_results: int = 50,
        next_token: str | None = None,
        recursive: bool = False,
    ) -> ContextFileListResult:
        """A page of what is in a folder, folders included; `recursive`: of all files below it."""
        context_id = _id(context_id)
        if not context_id:
            return failed(ContextFileListResult, _NO_ID)

        def ask(call: Call) -> ContextFileListResult:
            found = call.get(
                of_context(context_id, "files"),
                parent_folder_path=parent_folder_path or None,
                max_results=max_results,
                next_token=next_token,
                recursive="true" if recursive else None,
            )
            entries = [_entry(one) for one in found["entries"]]
            return ContextFileListResult(
                success=True, entries=entries, count=len(entries), next_token=found["next_token"]
            )

        return answered(self._wire, ContextFileListResult, ask)

    def get_file_upload_url(self, context_id: Context | str, file_path: str) -> FileUrlResult:
        """Where anybody may PUT the whole file, for an hour."""
        return self._url("upload-url", context_id, file_path)

    def get_file_download_url(self, context_id: Context | str, file_path: str) -> FileUrlResult:
        """Where anybody may GET the file, for an hour."""
        return self._url("download-url", context_id, file_path)

    def delete_file(self, context_id: Context | str, file_path: str) -> OperationResult:
        """A file, a symlink or an empty folder. Earlier versions stay until the retention ends."""
        context_id = _id(context_id)
        if not context_id:
            return failed(OperationResult, _NO_ID)
        body = {"path": file_path}
        return answered(
            self._wire,
            OperationResult,
            lambda call: _done(call.post(of_context(context_id, "delete-file"), body)),
        )

    def _url(self, verb: str, context_id: Context | str, file_path: str) -> FileUrlResult:
        context_id = _id(context_id)
        if not context_id:
            return failed(FileUrlResult, _NO_ID)

        def ask(call: Call) -> FileUrlResult:
            found = call.post(of_context(context_id, verb), {"path": file_path})
            return FileUrlResult(success=True, url=found["url"], expire_time=found["expire_time"])

        return answered(self._wire, FileUrlResult, ask)


def _id(context: Context | str) -> str:
    return context.id if isinstance(context, Context) else context


def _context(row: dict[str, Any]) -> Context:
    return Context(row["id"], row["name"], row["created_at"], row["last_used_at"])


def _result(row: dict[str, Any]) -> ContextResult:
    found = _context(row)
    return ContextResult(success=True, context_id=found.id, context=found)


def _done(data: dict[str, Any]) -> OperationResult:
    return OperationResult(success=True, data=data)


def _entry(row: dict[str, Any]) -> ContextFileEntry:
    return ContextFileEntry(
        file_id=row["path"],
        file_name=row["name"],
        file_path=row["path"],
        file_type=row["kind"],
        gmt_create=row["uploaded_at"],
        gmt_modified=row["mtime"],
        size=row["size"],
        status="available",
    )
