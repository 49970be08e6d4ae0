import pytest
from tests.client.desk import Desk


@pytest.fixture(scope="module")
def shared():
    found = Desk()
    yield found
    found.close()


@pytest.fixture
def desk(shared):
    yield shared
    shared.clean()


@pytest.fixture
def client(desk):
    return desk.client
