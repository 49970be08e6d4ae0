"""Whether a local deletion is one in the store."""

from dataclasses import dataclass, field

from holdall.policies.policy import Policy, takes
from holdall.policies.rules import truth


@dataclass
class DeletePolicy(Policy):
    """`sync_local_file`: else the store keeps its copy, which does not come back in this mount."""

    sync_local_file: bool = field(default=True, metadata=takes(truth))
