"""What `status` says of a mount's problems."""

from pathlib import Path

import pytest

from holdall.daemon.spec import Spec
from holdall.daemon.status import parked
from holdall.errors import LocalError, Unavailable


def shown(error):
    (found,) = parked(Spec("g", Path("/g")), error)["problems"]
    return found


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("g/files/stop1", "stop1"),
        ("g/g/files/stop1", "stop1"),
        ("a/prefix/g/files/sub/a%0Ab", "sub/a\nb"),
        ("g/files/g/files/x", "g/files/x"),
        ("files/x", "files/x"),
        ("g/log/0000000000000012", "g/log/0000000000000012"),
    ],
)
def test_a_key_of_the_store_is_shown_as_the_file_that_it_is(key, path):
    assert shown(Unavailable("no answer", path=key))["path"] == path


def test_a_path_of_the_disk_is_shown_as_it_is():
    assert shown(LocalError("no room", path="g/files/x"))["path"] == "g/files/x"


def test_that_it_is_tried_again_is_said_once():
    assert shown(Unavailable("x", hint="it is tried again"))["fix"] == "it is tried again by itself"
    assert (
        shown(Unavailable("x", hint="is the server up?"))["fix"]
        == "is the server up?; it is tried again by itself"
    )
