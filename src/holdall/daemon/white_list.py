"""The white list of a mount, as its policy has it."""

import os

from holdall.daemon.spec import Spec
from holdall.rules.whitelist import WhiteList


def white_list(spec: Spec) -> WhiteList:
    """Absolute paths count from the mount, by whatever name it was mounted, or from what its mapping says that it stands for."""
    roots = [str(spec.path), os.path.realpath(spec.path)]
    if spec.policy.mapping:
        roots.append(spec.policy.mapping)
    return WhiteList(spec.policy.white_lists, roots)
