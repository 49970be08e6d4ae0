"""A policy's way from a file to the mount: the configuration, a reload, `--policy`."""

import json
import signal
import sqlite3
from contextlib import closing

from tests.policies.test_sdks import FILES, OF_A_MOUNT

from holdall.policies.effective import Effective
from holdall.policies.sync_policy import SyncPolicy


def in_force(machine, context):
    return SyncPolicy.from_dict(machine.mounts()[context]["policy"]).effective()


def test_a_reload_applies_a_changed_policy_live(machine):
    directory = machine.directory("c", a="1")
    mount = f'[[mounts]]\ncontext = "c"\npath = "{directory}"\n'
    quiet = mount + "[mounts.policy.uploadPolicy]\nautoUpload = false\n"
    daemon = machine.daemon(machine.config(quiet))
    machine.until(lambda: machine.mounts()["c"]["pending_files"] == 1)
    assert in_force(machine, "c") == Effective(auto_upload=False)
    machine.config(quiet + "upload_mode = 'Zip'\n")
    daemon.send_signal(signal.SIGHUP)
    machine.until(lambda: "the configuration in force stays" in machine.log)
    assert (
        "holdall.toml, line 6: 'mounts[0].policy.uploadPolicy.upload_mode': "
        "Invalid upload_mode value: Zip. Valid values are: File, Archive"
    ) in machine.log
    assert in_force(machine, "c") == Effective(auto_upload=False)
    machine.config(mount)
    daemon.send_signal(signal.SIGHUP)
    machine.until(lambda: machine.objects("c") == {"a": "1"})
    assert in_force(machine, "c") == Effective()


def test_a_policy_file_is_what_the_sdks_write(machine):
    for sdk, file in FILES.items():
        whole = file["context"]
        (machine.home / "whole.json").write_text(json.dumps(whole))
        (machine.home / "policy.json").write_text(json.dumps(file["policies"]["of a mount"]))
        machine.directory(sdk)
        machine.holdall("up", sdk, "--policy", "policy.json")
        assert in_force(machine, sdk) == OF_A_MOUNT
        machine.holdall("unmount", sdk)
        machine.holdall("up", sdk, "--policy", "whole.json")
        assert in_force(machine, "SdkCtx-1") == OF_A_MOUNT
        machine.holdall("unmount", "SdkCtx-1")


def test_the_command_line_names_the_context_before_the_file_does(machine):
    machine.directory("x")
    (machine.home / "whole.toml").write_text(
        "ContextId = 'in-the-file'\n[Policy.deletePolicy]\nsyncLocalFile = false\n"
    )
    machine.holdall("up", "x", "--policy", "whole.toml", "--context", "named")
    assert in_force(machine, "named") == Effective(sync_local_file=False)


def test_exec_takes_a_policy(machine):
    directory = machine.directory("job", a="1")
    (machine.home / "policy.toml").write_text("upload_policy.auto_upload = false")
    done = machine.run(
        "exec", "--context", "job", "--path", directory, "--policy", "policy.toml", "--", "true"
    )
    assert (done.returncode, json.loads(done.stderr.splitlines()[-1])["left_by_policy"]) == (0, ["a"])
    (machine.home / "policy.toml").write_text("\nupload_policy.auto_upload = 'no'")
    done = machine.run(
        "exec", "--context", "job", "--path", machine.home / "new", "--policy", "policy.toml", "--", "true"
    )
    assert done.returncode == 2
    assert (
        "policy.toml, line 2: 'upload_policy.auto_upload' is a string, it must be true or false"
        in done.stderr
    )
    assert not (machine.home / "new").exists()


def test_a_policy_that_cannot_be_read_any_more_stops_its_own_mount_alone(machine):
    daemon = machine.daemon()
    for name in ("a", "b"):
        machine.holdall("mount", machine.directory(name, x="1"))
        machine.holdall("flush", name)
    machine.end(daemon)
    with closing(sqlite3.connect(machine.state / "daemon.db")) as db, db:
        refused = json.dumps({"bwList": {"whiteLists": [{"path": "x(?i)", "isPathRegex": True}]}})
        db.execute("UPDATE mounts SET policy = ? WHERE context = 'a'", (refused,))
    machine.directory("a", y="2")
    machine.daemon()
    machine.holdall("flush", "b")
    (problem,) = machine.mounts()["a"]["problems"]
    assert problem["code"] == "policy"
    assert "'bwList.whiteLists[0].path' is 'x(?i)', which is no regular expression" in problem["message"]
    assert machine.objects("a") == {"x": "1"}
    machine.holdall("unmount", "a", code=3)
    machine.holdall("up", "a")
    machine.holdall("flush", "a")
    assert machine.objects("a") == {"x": "1", "y": "2"}
