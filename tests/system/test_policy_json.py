"""A user's own policy JSON, handed over as it is: what it says holds on a real store, and goes on to hold."""

import json

import pytest
from tests.policies.test_sdks import FILES

from holdall.api.client import Client


@pytest.mark.parametrize("sdk", FILES)
def test_what_the_json_says_holds(site, sdk):
    machine = site.machine()
    directory = machine.directory("work/src", a="1").parent
    (machine.home / "context.json").write_text(json.dumps(FILES[sdk]["context"]))
    daemon = machine.daemon()
    machine.holdall("mount", directory, "--policy", "context.json")
    machine.until(lambda: machine.mounts()["SdkCtx-1"]["pending_files"] == 1)
    daemon.kill()
    daemon.wait()
    machine.daemon()
    machine.until(lambda: machine.mounts()["SdkCtx-1"]["pending_files"] == 1)
    assert site.keys("SdkCtx-1") == set()
    assert machine.holdall("flush", "SdkCtx-1", "--json")["uploaded_files"] == 1
    (directory / "src/a").unlink()
    assert machine.holdall("sync", "SdkCtx-1", "--json")["deleted_files"] == 0
    assert site.keys("SdkCtx-1") == {"src/a"}
    _, fresh = site.mounted(context="SdkCtx-1")
    machine.until((fresh / "src/a").exists)


def test_a_call_with_the_json_is_answered_with_what_is_in_force(site):
    machine = site.machine()
    machine.daemon()
    body = {"context": "c", "path": str(machine.directory("c"))}
    shown = {}
    for sdk, file in FILES.items():
        sent = next(value for key, value in file["context"].items() if key.lower() == "policy")
        shown[sdk] = Client(machine.socket).post("/api/v1/mounts", body | {"policy": sent})["policy"]
    first, second = shown.values()
    assert first == second
    assert second == json.loads(FILES["wuying-agentbay-sdk"]["context"]["Policy"])
