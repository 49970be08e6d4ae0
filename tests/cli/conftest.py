import pytest
from tests.daemon.machine import Machine


@pytest.fixture
def machine():
    found = Machine()
    yield found
    found.close()
