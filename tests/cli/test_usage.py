"""Usage errors, for a script: one JSON document on stdout, as of every error."""

import json

import pytest
from tests.cli.desk import Desk


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("up --json", "the following arguments are required: PATH"),
        ("flush --bogus --json", "unrecognized arguments: --bogus"),
        ("stauts --json", "there is no command stauts"),
        ("ls --context= --json", "argument --context: the name is empty; without --context it is the directory's"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_on_stdout(tmp_path, monkeypatch, said, message):
    found = Desk(tmp_path, monkeypatch).run(*said.split())
    error = json.loads(found.out)["error"]
    assert (found.code, error["code"], error["message"]) == (2, "usage", message)
    assert found.err.startswith(f"holdall: {message}\n  ")


def test_a_store_on_the_command_line_has_the_endpoint_of_the_environment(tmp_path, monkeypatch):
    desk = Desk(tmp_path, monkeypatch)
    monkeypatch.delenv("HOLDALL_STORE__URL")
    monkeypatch.setenv("HOLDALL_STORE__ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    found = desk.run("ls", "--store", "s3://bucket/x", "--context", "c")
    assert found.code == 1
    assert "http://127.0.0.1:9" in found.err
