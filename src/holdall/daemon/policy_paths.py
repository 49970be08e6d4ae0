"""What the paths mean that a mount's policy names."""

import os

from holdall.daemon.spec import Spec
from holdall.errors import ConfigError
from holdall.rules.mapping import policy_path


def in_mount(said: str, spec: Spec) -> str:
    """Relative to the mount; "" is all of it. ConfigError for a path of another system that lies outside.

    An absolute one may name the mount by any of its names, or be below what its mapping says that it stands for.
    """
    names = [str(spec.path), os.path.realpath(spec.path)]
    if spec.policy.mapping:
        names.append(spec.policy.mapping)
    try:
        return policy_path(said, *names)
    except ValueError as exc:
        raise ConfigError(
            f"a path of the policy {exc}", hint=f"name it as it is below {spec.path}, or below the mapping"
        ) from exc
