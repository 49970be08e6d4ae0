"""Whether the user's own archives are unpacked where they arrive."""

from dataclasses import dataclass, field

from holdall.policies.policy import Policy, takes
from holdall.policies.rules import truth


@dataclass
class ExtractPolicy(Policy):
    """delete_src_file         the archive goes from the local disk then, and from nowhere else
    extract_current_folder  `a/pack.zip` into `a`; else into `a/pack`
    """

    extract: bool = field(default=True, metadata=takes(truth))
    delete_src_file: bool = field(default=True, metadata=takes(truth))
    extract_current_folder: bool = field(default=False, metadata=takes(truth, wire="extractToCurrentFolder"))
