"""What base.py promises, as tests over any Disk. A subclass gives the fixtures `disk` and `user`, and the hooks."""

from tests.local.contract_looking import LookingContract
from tests.local.contract_moving import MovingContract
from tests.local.contract_reading import ReadingContract
from tests.local.contract_tree import TreeContract


class DiskContract(LookingContract, ReadingContract, MovingContract, TreeContract):
    """All of it."""
