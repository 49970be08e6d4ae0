"""What a mount's policy says of its context's lifecycle."""

from holdall.daemon.policy_paths import in_mount
from holdall.daemon.spec import Spec
from holdall.daemon.standing import PLAIN, Standing
from holdall.model import Recycling


def recycling(spec: Spec, standing: Standing = PLAIN) -> Recycling | None:
    """None where it says nothing: then the context's own stays. ConfigError where a path lies outside of the mount."""
    said = spec.policy.recycle
    if said is None:
        return None
    found = (standing.in_context(in_mount(path, spec)) for path in said.paths)
    return Recycling(said.lifecycle.days, tuple(one for one in found if one is not None))
