"""Where the context is from, for a mount on another system."""

from dataclasses import dataclass, field

from holdall.policies.policy import Policy, takes
from holdall.policies.rules import clean_path


@dataclass
class MappingPolicy(Policy):
    """`path`: the one of that system which this mount's path stands for; "" is no mapping."""

    path: str = field(default="", metadata=takes(clean_path))
