"""Durations, sizes, places, lines of a TOML file, exit codes."""

import os
from pathlib import Path

import pytest

from holdall.daemon import outcome, places
from holdall.daemon.durations import seconds
from holdall.daemon.inside import inside
from holdall.daemon.opening import same_store
from holdall.daemon.receipts import discarded, document
from holdall.daemon.sizes import files, human
from holdall.daemon.toml_lines import key_lines, line_of
from holdall.engine.words import LeftPath, Outcome, Receipt
from holdall.errors import ConfigError, Unavailable


@pytest.mark.parametrize(
    ("text", "found"),
    [("90s", 90), ("2m", 120), ("1h30m", 5400), ("500ms", 0.5), ("1.5m", 90), (" 25s ", 25)],
)
def test_durations(text, found):
    assert seconds(text) == found


@pytest.mark.parametrize("text", ["", "90", "s", "9 s", "-1s", "1w", "1s2"])
def test_no_durations(text):
    with pytest.raises(ConfigError, match="is no duration"):
        seconds(text)


def test_sizes():
    assert [human(size) for size in (0, 999, 1000, 3_449_000, 999_960, 5e9, 7e12)] == [
        "0 B", "999 B", "1.0 kB", "3.4 MB", "1.0 MB", "5.0 GB", "7.0 TB",
    ]  # fmt: skip
    assert [files(count) for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_places():
    home = {"HOME": "/h"}
    assert str(places.state_dir(home)) == "/h/.local/state/holdall"
    assert str(places.state_dir(home | {"STATE_DIRECTORY": "/var/lib/holdall:/x"})) == "/var/lib/holdall"
    assert str(places.embedded_store(home)) == "/h/.local/share/holdall/store"
    assert str(places.listening_socket(home)) == "/h/.local/state/holdall/holdall.sock"
    session = home | {"XDG_RUNTIME_DIR": "/run/user/1"}
    assert str(places.listening_socket(session)) == "/run/user/1/holdall/holdall.sock"
    assert (
        str(places.listening_socket(session | {"RUNTIME_DIRECTORY": "/run/holdall"}))
        == "/run/holdall/holdall.sock"
    )
    assert [str(one) for one in places.known_sockets(session | {"HOLDALL_SOCKET": "/s"})] == [
        "/s", "/run/user/1/holdall/holdall.sock", "/h/.local/state/holdall/holdall.sock", "/run/holdall/holdall.sock",
    ]  # fmt: skip


def test_a_socket_path_of_108_bytes_is_refused():
    fits = {"HOME": "/h", "RUNTIME_DIRECTORY": "/" + "d" * (107 - len("//holdall.sock"))}
    assert len(os.fsencode(places.listening_socket(fits))) == 107
    with pytest.raises(ConfigError, match="has 108 bytes"):
        places.listening_socket(fits | {"RUNTIME_DIRECTORY": fits["RUNTIME_DIRECTORY"] + "d"})


def test_a_client_looks_past_a_place_that_no_socket_can_have():
    long = {"STATE_DIRECTORY": "/" + "d" * 100}
    found = places.known_sockets(long | {"HOLDALL_SOCKET": "/s"})
    assert [str(one) for one in found] == ["/s", "/run/holdall/holdall.sock"]
    with pytest.raises(ConfigError, match="a socket's may have 107") as refused:
        places.known_sockets(long)
    assert "HOLDALL_SOCKET" in refused.value.hint


def test_without_a_home_the_rest_of_the_environment_does(monkeypatch):
    """Of a user that no passwd entry is about, as containers make them."""

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.home", no_home)
    state = {"STATE_DIRECTORY": "/var/lib/holdall"}
    assert places.config_file({"HOLDALL_CONFIG": "/c"}) == Path("/c")
    assert places.config_file({}) in {None, Path("/etc/holdall/holdall.toml")}
    assert str(places.listening_socket(state)) == "/var/lib/holdall/holdall.sock"
    assert places.known_sockets({}) == [Path("/run/holdall/holdall.sock")]
    assert places.known_sockets({"HOLDALL_SOCKET": "/s"})[0] == Path("/s")
    for needs, named in (
        (places.state_dir, "STATE_DIRECTORY"),
        (places.listening_socket, "STATE_DIRECTORY"),
        (places.embedded_store, "XDG_DATA_HOME"),
    ):
        with pytest.raises(ConfigError, match="there is no home directory") as found:
            needs({})
        assert found.value.hint == f"HOME or {named} names one"


def test_the_state_is_its_owners_alone(tmp_path):
    state = tmp_path / "s"
    state.mkdir(mode=0o755)
    assert places.made_state_dir({"STATE_DIRECTORY": str(state)}) == state
    assert state.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be used: Not a directory"):
        places.made_state_dir({"STATE_DIRECTORY": str(tmp_path / "file" / "s")})


def test_lines_of_keys():
    lines = key_lines(
        """\
# [not.a.table]
top = 1
[store] # a comment
url = "s3://b"   # x = 1
"odd key" = '''
inside = 1
[nothing]
'''
after = [
  "x = 1", # ]
  '[[mounts]]',
]
[[mounts]]
path = "a"
[mounts.policy]
upload_policy.auto_upload = true
[[mounts]]
path = "b"
policy = { x = 1 }
"""
    )
    assert lines == {
        ("top",): 2, ("store",): 3, ("store", "url"): 4, ("store", "odd key"): 5, ("store", "after"): 9,
        ("mounts",): 13, ("mounts", 0): 13, ("mounts", 0, "path"): 14, ("mounts", 0, "policy"): 15,
        ("mounts", 0, "policy", "upload_policy"): 16, ("mounts", 0, "policy", "upload_policy", "auto_upload"): 16,
        ("mounts", 1): 17, ("mounts", 1, "path"): 18, ("mounts", 1, "policy"): 19,
    }  # fmt: skip
    assert line_of(("mounts", 1, "policy", "x", "y"), lines) == 19
    assert line_of(("none",), lines) is None


@pytest.mark.parametrize(
    ("receipt", "code"),
    [
        (Receipt(Outcome.COMPLETE, 3), outcome.DONE),
        (Receipt(Outcome.COMPLETE, 3, left_by_policy=("a",)), outcome.DONE),
        (Receipt(Outcome.PARTIAL, 3, left=(LeftPath("a", "why"),)), outcome.PARTIAL),
        (Receipt(Outcome.PARTIAL, 3, held=4), outcome.GUARDED),
        (Receipt(Outcome.PARTIAL, 3, held=4, left=(LeftPath("a", "why"),)), outcome.PARTIAL),
        (Receipt(Outcome.PARTIAL, 3, left=(LeftPath("a", "why"),), overdue=True), outcome.OVERDUE),
        (Receipt(Outcome.FAILED, -1), outcome.FAILED),
        (Receipt(Outcome.FAILED, -1, overdue=True), outcome.OVERDUE),
    ],
)
def test_exit_codes(receipt, code):
    assert outcome.exit_code(document("c", receipt, None)) == code


def test_what_was_given_up_is_no_failure():
    left = (LeftPath("a", "discarded", 5),)
    found = discarded("c", Receipt(Outcome.PARTIAL, 3, left=left))
    assert (found["outcome"], found["left_bytes"], found["discarded"]) == ("partial", 5, True)
    assert outcome.exit_code(found) == outcome.DONE


def test_the_worst_of_several():
    assert outcome.worst([]) == 0
    assert outcome.worst([0, 4, 3]) == 3
    assert outcome.worst([0, 4, 6, 3]) == 6
    assert outcome.worst([6, 1]) == 1


def test_the_receipt_document():
    receipt = Receipt(
        Outcome.PARTIAL,
        7,
        2,
        20,
        0,
        0,
        1,
        (LeftPath("a", "changing", 5), LeftPath("b", "unreadable", 2)),
        ("p",),
        0,
        True,
        10.0,
        12.5,
    )
    found = document("c", receipt, 25.0, [Unavailable("no answer", hint="wait")])
    assert {key: found[key] for key in list(found)[:12]} == {
        "context": "c", "outcome": "partial", "commit": 7, "uploaded_files": 2, "uploaded_bytes": 20, "deleted_files": 1,
        "left": [{"path": "a", "reason": "changing"}, {"path": "b", "reason": "unreadable"}],
        "left_files": 2, "left_bytes": 7, "left_by_policy": ["p"], "duration_s": 2.5, "deadline_s": 25.0,
    }  # fmt: skip
    assert found["problems"] == [
        {"code": "unavailable", "message": "no answer", "path": None, "hint": "wait"}
    ]
    assert outcome.sentence(found) == (
        "partial, 2 files 20 B went up, deleted 1, left 2 files 7 B, 1 stay here by the policy, commit 7, 2.5 s"
    )


def test_a_path_in_a_mount(tmp_path):
    assert inside(tmp_path, "a/b") == "a/b"
    assert inside(tmp_path, f"{tmp_path}/a/../b") == "b"
    assert inside(tmp_path, str(tmp_path)) is None
    for outside in ("..", "/etc", f"{tmp_path}x"):
        with pytest.raises(ConfigError, match="is not inside"):
            inside(tmp_path, outside)


def test_the_same_store():
    assert same_store("s3://b/p/", "s3://b/p")
    assert same_store("file:///a%20b", "file:///a b/")
    assert not same_store("s3://b/p", "s3://b/q")
