"""Servers for the whole session (with xdist: of each worker), started when a test first asks for one."""

import signal

import pytest
from tests import servers

# A shell ignores it for what it runs in the background, and so would every process that is started here.
signal.signal(signal.SIGINT, signal.default_int_handler)


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
