"""Which part of the tree takes part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from holdall.policies.policy import Policy, takes
from holdall.policies.rules import exact_path, instance, listed, pattern, text, truth


@dataclass
class WhiteList(Policy):
    """A path with all below it, minus what is excluded.

    path           relative to the mount, or absolute below it; "" is everything
    exclude_paths  relative to `path`, or to the mount where they begin with it
    is_…_regex     regular expressions in place of paths: they match a relative path from its start
    """

    path: str = field(default="", metadata=takes(text))
    exclude_paths: list[str] = field(default_factory=list, metadata=takes(listed(text)))
    is_path_regex: bool = field(default=False, metadata=takes(truth))
    is_exclude_regex: bool = field(default=False, metadata=takes(truth))

    def _agree(self, values: Mapping[str, Any]) -> None:
        path = pattern if values["is_path_regex"] else exact_path("path")
        path(values["path"], ("path",))
        excluded = pattern if values["is_exclude_regex"] else exact_path("exclude_paths")
        listed(excluded)(values["exclude_paths"], ("exclude_paths",))


@dataclass
class BWList(Policy):
    """The union of its entries takes part; without any, everything does."""

    white_lists: list[WhiteList] = field(
        default_factory=list, metadata=takes(listed(instance(WhiteList)), inner=WhiteList, many=True)
    )
