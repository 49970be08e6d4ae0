"""The contract's hooks over a real directory."""

import resource
import shutil
from contextlib import contextmanager
from pathlib import Path

from tests.local.hands import Hands, as_nobody
from tests.local.hooks import Hooks


class OnARealDisk(Hooks):
    def real(self, disk):
        """The RealDisk at the bottom."""
        return disk

    def as_user(self, call):
        return as_nobody(call)

    def lose_root(self, disk):
        disk.identity()
        root = Path(self.real(disk)._root.path)
        root.rename(root.with_name(f"{root.name}-away"))
        shutil.rmtree(root.with_name(f"{root.name}-away"))

    @contextmanager
    def full(self, disk):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 15, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def open_for_writing(self, disk, path):
        return Hands(Path(self.real(disk)._root.path)).open_for_writing(path)
