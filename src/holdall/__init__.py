"""holdall keeps working directories safe in S3-compatible storage."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

__version__ = "0.1.0"

if TYPE_CHECKING:
    from holdall.client.client import Client
    from holdall.client.results import (
        Context,
        ContextBinding,
        ContextFileEntry,
        ContextListParams,
        ContextStatusData,
    )
    from holdall.client.session import Session
    from holdall.errors import BadPolicy
    from holdall.policies.choices import DownloadStrategy, Lifecycle, UploadMode, UploadStrategy
    from holdall.policies.context_sync import ContextSync
    from holdall.policies.delete import DeletePolicy
    from holdall.policies.download import DownloadPolicy
    from holdall.policies.extract import ExtractPolicy
    from holdall.policies.mapping import MappingPolicy
    from holdall.policies.recycle import RecyclePolicy
    from holdall.policies.sync_policy import SyncPolicy
    from holdall.policies.upload import UploadPolicy
    from holdall.policies.white_list import BWList, WhiteList

__all__ = [
    "BWList",
    "BadPolicy",
    "Client",
    "Context",
    "ContextBinding",
    "ContextFileEntry",
    "ContextListParams",
    "ContextStatusData",
    "ContextSync",
    "DeletePolicy",
    "DownloadPolicy",
    "DownloadStrategy",
    "ExtractPolicy",
    "Lifecycle",
    "MappingPolicy",
    "RecyclePolicy",
    "Session",
    "SyncPolicy",
    "UploadMode",
    "UploadPolicy",
    "UploadStrategy",
    "WhiteList",
    "__version__",
]

_PLACES: Final = {
    "client.client": ("Client",),
    "client.results": (
        "Context",
        "ContextBinding",
        "ContextFileEntry",
        "ContextListParams",
        "ContextStatusData",
    ),
    "client.session": ("Session",),
    "errors": ("BadPolicy",),
    "policies.choices": ("DownloadStrategy", "Lifecycle", "UploadMode", "UploadStrategy"),
    "policies.context_sync": ("ContextSync",),
    "policies.delete": ("DeletePolicy",),
    "policies.download": ("DownloadPolicy",),
    "policies.extract": ("ExtractPolicy",),
    "policies.mapping": ("MappingPolicy",),
    "policies.recycle": ("RecyclePolicy",),
    "policies.sync_policy": ("SyncPolicy",),
    "policies.upload": ("UploadPolicy",),
    "policies.white_list": ("BWList", "WhiteList"),
}
"""Loaded when they are asked for: a command does not pay for what it does not use."""


def __getattr__(name: str) -> Any:
    for place, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"holdall.{place}"), name)
    raise AttributeError(f"module 'holdall' has no attribute {name!r}", name=name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
