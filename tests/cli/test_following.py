"""Several mounts asked at once."""

import pytest

from holdall.cli.following import follow
from holdall.errors import Locked


def call(context):
    if context == "bad":
        raise Locked("bad is being released already")
    return {"context": context, "outcome": "complete"}


def test_one_that_fails_keeps_no_other_from_its_receipt():
    found = follow(None, ["a", "bad", "c"], call, quiet=True)
    assert [(one["context"], one["outcome"]) for one in found] == [
        ("a", "complete"),
        ("bad", "failed"),
        ("c", "complete"),
    ]
    assert found[1]["problems"][0]["message"] == "bad is being released already"


def test_of_one_alone_the_error_is_raised():
    with pytest.raises(Locked):
        follow(None, ["bad"], call, quiet=True)
