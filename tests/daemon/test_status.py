"""What `status` says of a mount's problems."""

from pathlib import Path

import pytest

from holdall.daemon.spec import Spec
from holdall.daemon.status import View, document, one_line, parked
from holdall.engine.findings import Left, left_by
from holdall.engine.view import State
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


SEEN = View(
    state=State.RUNNING,
    durable=False,
    pending_files=2,
    pending_bytes=3000,
    moving_bytes=1000,
    commit=4,
    problems=(),
    left=(),
    refused=(),
    special=(),
    damaged=(),
    held=0,
    withheld=0,
    unmatched=(),
    paused=False,
    only_here=0,
    doubt="",
)


def told(silent_s=0.0, sent_bytes=0, **seen):
    return document(
        Spec("g", Path("/g")),
        SEEN._replace(**seen),
        watch="",
        bytes_s=100.0,
        sent_bytes=sent_bytes,
        durable_at=None,
        embedded=None,
        single_writer=False,
        silent_s=silent_s,
    )


def test_the_time_to_go_is_that_of_what_moves():
    assert told()["eta_s"] == 10.0
    assert told(moving_bytes=0)["eta_s"] is None
    assert told(sent_bytes=400)["eta_s"] == 6.0
    assert told(sent_bytes=10**9)["sent_bytes"] == 1000  # sent again, after a lost connection


def test_a_store_that_keeps_silent_is_named_after_ten_seconds():
    assert told(9.9)["problems"] == []
    found = told(12.3)
    assert [(one["code"], one["message"]) for one in found["problems"]] == [
        ("silent", "the store has not answered for 12 s")
    ]
    assert "holdall doctor" in found["problems"][0]["fix"]
    assert found["eta_s"] is None


def test_its_own_word_says_more_than_its_silence():
    found = told(60.0, problems=(Unavailable("no answer"),))
    assert [one["code"] for one in found["problems"]] == ["unavailable"]


def test_what_the_policy_keeps_here_is_named_with_the_command_that_sends_it():
    (found,) = told(withheld=2)["problems"]
    assert (found["code"], found["message"]) == ("by-policy", "2 changes kept here by the policy")
    assert "`holdall flush g`" in found["fix"]


def test_an_entry_of_the_white_list_that_matches_nothing_is_told():
    (found,) = told(unmatched=((1, "scr"),))["problems"]
    assert (found["code"], "'scr'" in found["message"]) == ("white-list", True)
    assert "bwList.whiteLists[1].path" in found["fix"]


def test_one_deletion_is_one():
    (one,) = told(held=1)["problems"]
    (twelve,) = told(held=12)["problems"]
    assert one["message"].startswith("1 deletion held back")
    assert twelve["message"].startswith("12 deletions held back")


def test_a_line_for_systemd_says_durable_or_what_is_not():
    assert one_line(told()) == "g: syncing, 2 files not in the store"
    assert one_line(told(pending_files=0)) == "g: syncing, not known to be durable"
    assert one_line(told(durable=True, state=State.IDLE)) == "g: synced, durable"


def test_what_can_be_done_about_a_path_is_what_its_error_said():
    """Nothing is guessed from the sentence."""
    held = LocalError("the name is a file elsewhere", path="a", hint="move away what is left in it")
    found = told(left=(("a", left_by(held)), ("b", Left("it changes under its name"))))
    assert [(one["path"], one["fix"]) for one in found["problems"]] == [
        ("a", "move away what is left in it"),
        ("b", None),
    ]


def test_what_has_expired_is_only_here():
    (row,) = told(only_here=2)["problems"]
    assert row["code"] == "expired"
    assert row["message"] == "2 files past the context's lifecycle: only here, and in the store no more"


def test_clocks_that_keep_anything_from_expiring():
    (row,) = told(doubt="the store's clock is 9 days behind this machine's: nothing expires")["problems"]
    assert (row["code"], row["message"]) == (
        "clock",
        "the store's clock is 9 days behind this machine's: nothing expires",
    )
