"""A context, the directory that it is mounted at, and the policy of that mount."""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, NamedTuple, Self

from holdall.policies.fault import Place, unfit
from holdall.policies.policy import Policy, takes
from holdall.policies.rules import clean_path, instance, optional, text
from holdall.policies.sync_policy import SyncPolicy


class Wanted(NamedTuple):
    """A mount that can be made. `path` is absolute."""

    context_id: str
    path: str
    policy: SyncPolicy


def _name(value: Any, place: Place) -> str:
    name = text(value, place)
    if not name:
        raise unfit(place, "is empty")
    return name


@dataclass
class ContextSync(Policy):
    """`path`: on this machine. What is None has to be said before it is used."""

    context_id: str | None = field(default=None, metadata=takes(optional(_name), wire="ContextId"))
    path: str | None = field(default=None, metadata=takes(optional(clean_path), wire="Path"))
    policy: SyncPolicy | None = field(
        default=None, metadata=takes(optional(instance(SyncPolicy)), wire="Policy", inner=SyncPolicy)
    )

    @classmethod
    def new(cls, context_id: str, path: str, policy: SyncPolicy | None = None) -> Self:
        return cls(context_id, path, policy)

    def with_policy(self, policy: SyncPolicy) -> Self:
        """The same object, under this policy."""
        self.policy = policy
        return self

    def wanted(self) -> Wanted:
        """For use. BadPolicy where the context or the path is missing, or the path is relative."""
        if self.context_id is None:
            raise unfit(("context_id",), "is missing")
        if self.path is None:
            raise unfit(("path",), "is missing")
        if not PurePath(self.path).is_absolute():
            raise unfit(("path",), f"is {self.path!r}, it must be an absolute path")
        return Wanted(self.context_id, self.path, self.policy or SyncPolicy())
