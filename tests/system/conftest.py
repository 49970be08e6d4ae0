"""Machines whose store is a real S3 server."""

import secrets

import pytest
from tests.system.site import Site


@pytest.fixture
def site(seaweedfs):
    """A bucket of its own, and as many machines as a test asks for."""
    found = Site(seaweedfs, f"test-{secrets.token_hex(4)}")
    yield found
    found.close()
