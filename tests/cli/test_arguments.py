"""What a command line may say, before anything is done."""

import pytest
from tests.cli.desk import Desk

from holdall.cli.arguments import Misuse, Parser, common, mount_options


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return Desk(tmp_path, monkeypatch)


@pytest.fixture
def up():
    """`holdall up`, one command of several."""
    parser = Parser(prog="holdall")
    sub = parser.add_subparsers().add_parser("up")
    mount_options(sub)
    common(sub, "holdall up p")
    return lambda *said: parser.parse_args(["up", *said])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ([""], "argument PATH: the path is empty; . is where you are"),
        ([], "the following arguments are required: PATH"),
        (["p", "--context="], "argument --context: the name is empty; without --context it is the directory's"),
        (["p", "--context=a\nb"], r"argument --context: the name is 'a\nb', which holds a control character"),
        (["p", "--context=a\x1b[2J"], r"argument --context: the name is 'a\x1b[2J', which holds a control character"),
        (["p", "--context=a\u202eb"], r"argument --context: the name is 'a\u202eb', which holds a control character"),
        (["p", "--context=a\udcff"], r"argument --context: the name is 'a\udcff', which is not UTF-8"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_an_error_like_others(up, said, message):
    with pytest.raises(Misuse) as found:
        up(*said)
    assert found.value.message == message
    assert (found.value.code, found.value.hint.split()[:3]) == ("usage", ["usage:", "holdall", "up"])


def test_other_names_are_fine(up):
    assert up("p", "--context", "my notes/ü %41").context == "my notes/ü %41"


@pytest.mark.parametrize("number", ["-3", "0", "x", "1.5", "²"])
def test_so_many_is_a_number_from_one_on(desk, number):
    desk.write(a="1")
    desk.save()
    found = desk.run("history", "-n", number)
    assert found.code == 2
    assert f"'{number}' is no whole number from 1 on" in found.err
