"""Permissions as they are, also where there are none."""

import os
import stat

import pytest
from tests.engine.by_clock import World

from holdall.local.disk import RealDisk
from holdall.store.base import Capabilities


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody else can read what has no permissions")
def test_a_file_that_only_root_may_read_stays_so(tmp_path):
    world = World(Capabilities())
    one, two = (world.machine(name) for name in ("one", "two"))
    for machine in one, two:
        root = tmp_path / machine.name
        root.mkdir()
        machine.disk = RealDisk(root)
        machine.boot()
    secret = tmp_path / "one" / "shadow"
    secret.write_bytes(b"secret")
    secret.chmod(0)
    one.flush()
    two.flush()
    world.pass_time(60)
    assert stat.S_IMODE((tmp_path / "two" / "shadow").stat().st_mode) == 0
