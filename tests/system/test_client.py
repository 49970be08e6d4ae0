"""`holdall.Client` with a real daemon on a real S3 server."""

import json
import os
import urllib.error
import urllib.request

import pytest

from holdall import Client, ContextSync, SyncPolicy, UploadPolicy

POLICY = {
    "uploadPolicy": {
        "autoUpload": True,
        "uploadStrategy": "UploadBeforeResourceRelease",
        "uploadMode": "File",
    },
    "downloadPolicy": {"autoDownload": True, "downloadStrategy": "DownloadAsync"},
    "deletePolicy": {"syncLocalFile": True},
    "extractPolicy": {"extract": True, "deleteSrcFile": True, "extractToCurrentFolder": False},
    "recyclePolicy": {"lifecycle": "Lifecycle_Forever", "paths": [""]},
    "bwList": {"whiteLists": [{"path": "", "excludePaths": []}]},
}
"""As both SDKs print it for a policy of which nothing was said."""


@pytest.fixture
def machine(site):
    found = site.machine()
    found.daemon()
    return found


@pytest.fixture
def client(machine):
    return Client(socket=machine.socket)


def send(url, data=None, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method)) as reply:
        return reply.read()


def put(client, path, data, context="project"):
    url = client.context.get_file_upload_url(context, path)
    assert url.success, url.error_message
    send(url.url, data, "PUT")
    return url.url


def get(client, path, context="project"):
    url = client.context.get_file_download_url(context, path)
    assert url.success, url.error_message
    return send(url.url)


def listed(client, context="project"):
    found = client.context.list_files(context, recursive=True)
    assert found.success, found.error_message
    return [one.file_path for one in found]


def test_files_by_presigned_urls_without_a_mount(site, machine, client):
    client.context.create("project")
    url = put(client, "a b/ü+%41.txt", b"one")
    assert url.startswith(site.server.url)
    assert listed(client) == ["a b/ü+%41.txt"]
    large = os.urandom(12 * 1024 * 1024)
    put(client, "large", large)
    assert get(client, "large") == large
    assert client.context.get_file_download_url("project", "large").url.startswith(site.server.url)
    put(client, "a b/ü+%41.txt", b"two")
    assert get(client, "a b/ü+%41.txt") == b"two"
    machine.holdall("restore", "--context", "project", "--at", "1", "--to", machine.home / "old", "a b")
    assert (machine.home / "old/a b/ü+%41.txt").read_text() == "one"
    with pytest.raises(urllib.error.HTTPError) as refused:
        send(url, b"x", "POST")
    refused.value.close()


def test_what_a_url_overwrites_unseen_was_kept_before(site, machine, client):
    """Of a file that a mount brought, with no mount that has it any more."""
    session = client.create([ContextSync.new("project", str(machine.home / "work"))]).session
    (machine.home / "work" / "f").write_text("one")
    assert session.delete(sync_context=True).success
    (machine.home / "work" / "f").unlink()
    put(client, "f", b"two")
    assert get(client, "f") == b"two"
    machine.holdall("restore", "--context", "project", "--at", "1", "--to", machine.home / "old", "f")
    assert (machine.home / "old" / "f").read_text() == "one"


def test_what_was_put_before_the_daemon_ended_is_taken_in_by_the_next(machine, client):
    client.context.create("project")
    put(client, "a", b"1")
    machine.end(machine._daemons[-1])
    machine.daemon()
    assert listed(client) == ["a"]


def test_a_session_by_the_sdks_own_policy(site, machine, client):
    client.context.create("project")
    put(client, "given", b"1")
    work = machine.home / "work"
    sync = {"ContextId": "project", "Path": str(work), "Policy": json.dumps(POLICY)}
    made = client.create([sync])
    assert made.success, made.error_message
    assert (work / "given").read_text() == "1"
    (work / "made").write_text("2")
    put(client, "later", b"3")
    assert made.session.context.sync().success
    assert (work / "later").read_text() == "3"
    assert get(client, "made") == b"2"
    binding = made.session.context.list_bindings().bindings[0]
    assert json.loads(binding.policy)["uploadPolicy"] == POLICY["uploadPolicy"]
    assert made.session.delete(sync_context=True).success
    assert site.keys("project") == {"given", "made", "later"}


def test_a_file_in_a_pack_comes_down_by_a_url_and_is_replaced_by_one(site, machine, client):
    work = machine.home / "work"
    work.mkdir()
    for n in range(20):
        (work / f"f{n}").write_text(f"packed {n}" * 20)
    policy = SyncPolicy(upload_policy=UploadPolicy(upload_mode="Archive"))
    session = client.create([ContextSync.new("project", str(work), policy)]).session
    assert session.context.sync().success
    assert site.keys("project") == set()
    assert len(listed(client)) == 20
    assert get(client, "f7") == b"packed 7" * 20
    put(client, "f7", b"plain")
    assert len(listed(client)) == 20
    assert get(client, "f7") == b"plain"
    assert session.context.sync().success
    assert (work / "f7").read_text() == "plain"
    assert client.context.delete_file("project", "f3").success
    machine.until(lambda: not (work / "f3").exists())
    assert client.context.clear("project").success
    machine.until(lambda: not list(work.iterdir()))


def test_another_machine_sees_what_a_program_did(site, machine, client):
    other, directory = site.mounted()
    (directory / "a").write_text("1")
    (directory / "b").write_text("2")
    other.holdall("flush", "project")
    assert listed(client) == ["a", "b"]
    assert client.context.delete_file("project", "a").success
    put(client, "c", b"3")
    assert listed(client) == ["b", "c"]
    other.holdall("wait", "project")
    assert {one.name for one in directory.iterdir()} == {"b", "c"}
    assert site.keys("project") == {"b", "c"}


def test_a_deleted_context_takes_its_own_objects_and_stops_who_has_it(site, machine, client):
    other, directory = site.mounted()
    (directory / "a").write_text("1")
    other.holdall("flush", "project")
    for name in ("project2", "project/x"):
        client.context.create(name)
    assert client.context.delete("project").success
    assert [one.id for one in client.context.list().contexts] == ["project/x", "project2"]
    assert site.keys("project", "") == set()
    stopped = other.run("flush", "project")
    assert stopped.returncode != 0
    assert "the context is not in the store any more" in stopped.stdout
    assert (directory / "a").read_text() == "1"
