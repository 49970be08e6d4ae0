"""How long what was uploaded is kept in the store."""

from dataclasses import dataclass, field

from holdall.policies.choices import Lifecycle
from holdall.policies.policy import Policy, takes
from holdall.policies.rules import exact_path, listed, one_of


@dataclass
class RecyclePolicy(Policy):
    """`paths`: exact ones, relative to the mount or absolute below it, by whole parts; "" is everything."""

    lifecycle: Lifecycle = field(
        default=Lifecycle.LIFECYCLE_FOREVER, metadata=takes(one_of(Lifecycle, "lifecycle"))
    )
    paths: list[str] = field(
        default_factory=lambda: [""], metadata=takes(listed(exact_path("recycle policy paths")))
    )
