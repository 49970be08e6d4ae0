"""The white list of a mount, as its policy has it."""

import os

from holdall.daemon.policy_paths import in_mount
from holdall.daemon.spec import Spec
from holdall.daemon.standing import PLAIN, Standing
from holdall.policies.effective import White
from holdall.rules.whitelist import WhiteList


def white_list(spec: Spec, standing: Standing = PLAIN) -> WhiteList:
    """Asked about paths of the context. ConfigError where one of its own lies outside of the mount.

    Absolute paths count from the mount, by whatever name it was mounted, or from what its mapping says that it stands for.
    """
    roots = [str(spec.path), os.path.realpath(spec.path), *([standing.mapping] if standing.mapping else [])]
    listed = [_relative(one, spec) for one in spec.policy.white_lists]
    return WhiteList(listed, roots, standing.in_mount if standing.mapping else None)


def _relative(one: White, spec: Spec) -> White:
    """Regular expressions stay what they are."""
    path = one.path if one.is_path_regex else in_mount(one.path, spec)
    excluded = (
        one.exclude_paths if one.is_exclude_regex else [in_mount(path, spec) for path in one.exclude_paths]
    )
    return one._replace(path=path, exclude_paths=tuple(excluded))
