"""Servers for the whole session (with xdist: of each worker), started when a test first asks for one."""

import pytest
from tests import servers


@pytest.fixture(scope="session")
def seaweedfs():
    with servers.seaweedfs() as server:
        yield server


@pytest.fixture(scope="session")
def moto():
    with servers.moto() as server:
        yield server


@pytest.fixture(scope="session")
def rclone():
    with servers.rclone() as server:
        yield server
