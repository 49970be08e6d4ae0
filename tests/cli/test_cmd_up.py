"""`holdall up`: the store that it names, and the daemons that come after a reboot."""

import os
import signal

import pytest

FILE = '[daemon]\nrelease_deadline = "30s"\n'


@pytest.fixture
def user(machine):
    """One with a directory `notes`, and a configuration file that names no store."""
    machine.directory("notes", a="1")
    machine.env["HOLDALL_CONFIG"] = str(machine.config(FILE))
    return machine


def reboot(machine):
    """Nothing is left of the shell that `up` was typed in."""
    pid = machine.background()
    os.kill(pid, signal.SIGTERM)
    machine.until(lambda: not machine.background())
    return machine.daemon()


@pytest.mark.parametrize("by", ["option", "environment"])
@pytest.mark.parametrize("file", ["", FILE])
def test_a_store_that_no_file_names_is_remembered(user, by, file):
    user.config(file)
    url = f"file://{user.home}/store"
    named = ["--store", url] if by == "option" else []
    said = user.holdall("up", "notes", *named, **({} if named else {"HOLDALL_STORE__URL": url}))
    assert "this makes it so:\n  " in said
    user.holdall("flush")
    for command in ("ls", "verify", "history a"):
        user.holdall(*command.split(), cwd=user.home / "notes")
    reboot(user)
    assert user.mounts()["notes"]["durable"]
    assert not user.store.exists()


def test_also_for_a_mount_of_that_file(user):
    user.config(f'{FILE}[[mounts]]\ncontext = "notes"\npath = "{user.home}/notes"\n')
    user.holdall("up", "notes", "--store", f"file://{user.home}/store")
    user.holdall("flush")
    reboot(user)
    user.holdall("flush")
    assert not user.store.exists()


def test_a_store_other_than_the_files_has_to_stand_there_to_last(user):
    user.config(f'{FILE}[store]\nurl = "file://{user.home}/one"\n')
    url = f"file://{user.home}/another"
    said = user.holdall("up", "notes", "--store", url)
    assert f"takes its store from {user.home}/holdall.toml" in said
    assert f'  [store] url = "{url}"\n' in said
    assert "@reboot" not in said
    user.config(f'{FILE}[store]\nurl = "{url}"\n')
    assert "this makes it so:\n  " in user.holdall("up", "notes")
    reboot(user)
    assert user.mounts()["notes"]["status"] != "error"


def test_a_file_that_names_a_part_of_a_store_has_to_name_all_of_it(user):
    user.config(f'{FILE}[store]\nregion = "x"\n')
    said = user.holdall("up", "notes", "--store", f"file://{user.home}/store")
    assert "@reboot" not in said
    assert f'  [store] url = "file://{user.home}/store"\n' in said
