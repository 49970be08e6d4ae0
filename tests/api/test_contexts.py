"""The contexts of a store over HTTP, without a mount and with one."""

import os
import shutil
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest
from tests.daemon.machine import Machine

from holdall.api.client import Client, of_mount
from holdall.errors import BadFormat, ConfigError, HoldallError, InUse, NoMount, NotThere

CONTEXTS = "/api/v1/contexts"


@pytest.fixture(scope="module")
def shared():
    """One daemon for all of these."""
    found = Machine()
    found.daemon()
    yield found
    found.close()


@pytest.fixture
def machine(shared):
    """With nothing in its store, and nothing mounted."""
    yield shared
    client = Client(shared.socket)
    for one in client.mounts():
        client.post(of_mount(one["context"], "unmount"), {"discard": True}, waits=True)
    for one in client.get(f"{CONTEXTS}?max_results=1000")["contexts"]:
        client.call("DELETE", of(one["id"]))
    for folder in [*shared.home.glob("[!.]*/"), shared.store / "other"]:
        if folder.name != "run":
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def client(machine):
    return Client(machine.socket)


@pytest.fixture
def notes(client):
    client.post(CONTEXTS, {"name": "notes"})
    return client


def of(context, verb=""):
    return f"{CONTEXTS}/{quote(context, safe='')}{f'/{verb}' if verb else ''}"


def send(url, data, method="PUT"):
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method)) as reply:
        return reply.read()


def put(client, path, data, context="notes"):
    return send(client.post(of(context, "upload-url"), {"path": path})["url"], data)


def read(client, path, context="notes"):
    return send(client.post(of(context, "download-url"), {"path": path})["url"], None, "GET")


def shown(client, parent="", context="notes", **query):
    asked = "&".join(
        f"{key}={quote(str(one))}" for key, one in {"parent_folder_path": parent, **query}.items()
    )
    found = client.get(f"{of(context, 'files')}?{asked}")
    return [one["path"] for one in found["entries"]], found["next_token"]


# -- contexts


def test_a_context_is_made_once(client):
    made = client.post(CONTEXTS, {"name": "notes"})
    assert client.post(CONTEXTS, {"name": "notes"}) == made
    assert (made["id"], made["name"], made["mounted"]) == ("notes", "notes", False)
    assert client.get(of("notes")) == made


def test_contexts_come_in_pages(client):
    names = ["a", "a/b", "a b", "b", "é", "."]
    for name in names:
        client.post(CONTEXTS, {"name": name})
    found, token = [], ""
    while token is not None:
        page = client.get(f"{CONTEXTS}?max_results=2{token and '&next_token=' + quote(token)}")
        assert len(page["contexts"]) <= 2
        found += [one["id"] for one in page["contexts"]]
        token = page["next_token"]
    assert found == sorted(names)


def test_what_lies_beside_the_contexts_is_none(machine, client):
    (machine.store / "other").mkdir()
    (machine.store / "other" / "file").write_text("x")
    client.post(CONTEXTS, {"name": "notes"})
    assert [one["id"] for one in client.get(CONTEXTS)["contexts"]] == ["notes"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "is empty"), ("a\0b", "control character"), ("a\nb", "control character"), ("x" * 300, "too long"), ("/" * 60, "too long")],
)  # fmt: skip
def test_what_no_context_can_be_called(client, name, said):
    with pytest.raises(ConfigError, match=said):
        client.post(CONTEXTS, {"name": name})
    assert client.get(CONTEXTS)["contexts"] == []


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "files", "x/files", "%2F", "a b?c#d"])
def test_an_odd_name_is_one_context_and_reaches_no_other(machine, notes, name):
    notes.post(CONTEXTS, {"name": name})
    assert put(notes, "f", b"1", context=name)
    assert read(notes, "f", context=name) == b"1"
    assert notes.get(f"{CONTEXTS}?id={quote(name, safe='')}")["contexts"][0]["id"] == name
    notes.call("DELETE", of(name))
    assert {one.name for one in machine.store.iterdir()} == {".holdall-store", "notes"}


def test_a_new_name_leaves_the_id(notes):
    notes.call("PATCH", of("notes"), {"name": "papers"})
    assert notes.get(f"{CONTEXTS}?name=papers")["contexts"][0]["id"] == "notes"
    assert notes.get(f"{CONTEXTS}?name=notes")["contexts"] == []
    again = notes.post(CONTEXTS, {"name": "notes"})
    assert again["id"].startswith("notes-")
    with pytest.raises(InUse, match="another context is called papers: notes"):
        notes.call("PATCH", of(again["id"]), {"name": "papers"})
    with pytest.raises(NotThere, match="there is no context nix"):
        notes.call("PATCH", of("nix"), {"name": "x"})


def test_a_rename_keeps_what_this_holdall_does_not_know(machine, notes):
    file = machine.store / "notes" / "context.json"
    file.write_text(file.read_text().replace('{"format"', '{"later": [1], "format"'))
    notes.call("PATCH", of("notes"), {"name": "papers"})
    assert '"later":[1]' in file.read_text()


def test_a_deleted_context_takes_nothing_else_with_it(machine, notes):
    for name in ("note", "notes2", "notes/x"):
        notes.post(CONTEXTS, {"name": name})
    put(notes, "f", b"1")
    notes.call("DELETE", of("notes"))
    assert [one["id"] for one in notes.get(CONTEXTS)["contexts"]] == ["note", "notes/x", "notes2"]
    assert not (machine.store / "notes").exists()
    with pytest.raises(NotThere, match="there is no context notes"):
        shown(notes)
    notes.post(CONTEXTS, {"name": "notes"})
    assert shown(notes) == ([], None)


def test_a_mounted_context_is_not_deleted(machine, notes):
    notes.post("/api/v1/mounts", {"context": "notes", "path": str(machine.directory("n", a="1"))})
    with pytest.raises(InUse, match="notes is mounted here"):
        notes.call("DELETE", of("notes"))
    notes.post(of_mount("notes", "release"), {}, waits=True)
    notes.call("DELETE", of("notes"))
    assert (machine.home / "n" / "a").read_text() == "1"
    notes.post("/api/v1/mounts", {"context": "notes", "path": str(machine.home / "n")})
    notes.post(of_mount("notes", "flush"), {}, waits=True)
    assert machine.objects("notes") == {"a": "1"}


def test_a_context_that_a_job_has_is_not_deleted(machine, notes):
    started, ended = machine.directory("signs") / "started", machine.home / "signs" / "ended"
    waits = f"touch {started}; while [ ! -e {ended} ]; do sleep 0.05; done"
    job = machine.begin("exec", "--context", "notes", "--path", machine.home / "n", "--", "sh", "-c", waits)
    machine.until(started.exists)
    with pytest.raises(InUse, match="another process of this machine has notes"):
        notes.call("DELETE", of("notes"))
    ended.touch()
    assert job.wait(30) == 0
    notes.call("DELETE", of("notes"))


def test_what_a_program_deletes_takes_nothing_from_the_next_receipt(machine, notes):
    directory = machine.directory("n", a="1", b="2")
    notes.post("/api/v1/mounts", {"context": "notes", "path": str(directory)})
    machine.until(lambda: notes.get(of_mount("notes"))["durable"])
    notes.post(of("notes", "delete-file"), {"path": "a"})
    machine.until(lambda: not (directory / "a").exists())
    assert notes.post(of_mount("notes", "flush"), {}, waits=True)["uploaded_files"] == 2


def test_a_deletion_that_was_cut_off_is_seen_and_goes_on(machine, notes):
    put(notes, "f", b"1")
    file = machine.store / "notes" / "context.json"
    file.write_text('{"deleting": true, "format": 1}')
    with pytest.raises(BadFormat, match="the context is being deleted"):
        notes.get(of("notes"))
    with pytest.raises(BadFormat, match="the context is being deleted"):
        notes.post(CONTEXTS, {"name": "notes"})
    notes.call("DELETE", of("notes"))
    assert not (machine.store / "notes").exists()


# -- files


def test_nothing_is_kept_of_tasks_of_what_is_not_mounted(notes):
    with pytest.raises(NoMount):
        notes.post(of_mount("nix", "flush"), {"task_id": "t"}, waits=True)
    with pytest.raises(NotThere, match="there is no task t"):
        notes.get("/api/v1/transfers?context=nix&task_id=t")


def test_files_go_up_and_come_down_by_urls(machine, notes):
    large = os.urandom(20 * 1024 * 1024)
    put(notes, "a/one.txt", b"one")
    put(notes, "/a/empty", b"")
    put(notes, "large", large)
    assert read(notes, "a/one.txt") == b"one"
    assert read(notes, "a/empty") == b""
    assert read(notes, "large") == large
    assert (machine.store / "notes/files/a/one.txt").read_text() == "one"
    assert shown(notes) == (["a", "large"], None)


def test_an_overwritten_file_stays_in_the_history(machine, notes):
    put(notes, "f", b"one")
    put(notes, "f", b"two")
    assert read(notes, "f") == b"two"
    machine.holdall("restore", "--context", "notes", "--at", "1", "--to", machine.home / "old", "f")
    assert (machine.home / "old" / "f").read_text() == "one"


def test_a_url_is_for_one_thing(notes):
    url = notes.post(of("notes", "upload-url"), {"path": "f"})["url"]
    send(url, b"1")
    address, _, token = url.rpartition("/")
    for method, its, code in [
        ("GET", token, 403), ("PUT", token[:-1] + ("A" if token[-1] != "A" else "B"), 403), ("PUT", "x.y", 403), ("DELETE", token, 405),
    ]:  # fmt: skip
        with pytest.raises(urllib.error.HTTPError) as refused:
            send(f"{address}/{its}", b"2", method)
        assert refused.value.code == code
        refused.value.close()
    assert read(notes, "f") == b"1"


@pytest.mark.parametrize(
    "path", ["", "/", "../x", "a/../b", "a//b", "./a", "a\0", "x" * 900, ".~holdall-x", "a/"]
)
def test_what_no_file_can_be_called(notes, path):
    for verb in ("upload-url", "download-url", "delete-file"):
        with pytest.raises(ConfigError):
            notes.post(of("notes", verb), {"path": path})


def test_a_file_goes_nowhere_that_no_tree_has(notes):
    put(notes, "a/b", b"1")
    for path, said in (("a", "a folder or a symlink"), ("a/b/c", "a/b is a file")):
        with pytest.raises(InUse, match=said):
            notes.post(of("notes", "upload-url"), {"path": path})


def test_files_come_in_pages(notes):
    paths = ["a-b", "a/1", "a/2", "a/d/3", "a0", "b", "c/x", "d e/ü"]
    for path in paths:
        put(notes, path, b"")

    def pages(parent, **query):
        found, token = [], ""
        while token is not None:
            part, token = shown(
                notes, parent, max_results=1, **query, **({"next_token": token} if token else {})
            )
            assert len(part) <= 1
            found += part
        return found

    assert pages("") == ["a-b", "a", "a0", "b", "c", "d e"]
    assert pages("a/") == ["a/1", "a/2", "a/d"]
    assert pages("", recursive="true") == sorted(paths)
    _, token = shown(notes, "", max_results=2)
    put(notes, "a-a", b"")
    assert shown(notes, "", next_token=token)[0] == ["a0", "b", "c", "d e"]
    for parent, bad in (("a", token), ("", "x"), ("", token[:-3]), ("", "é")):
        with pytest.raises(ConfigError, match="next_token is not one of this listing"):
            shown(notes, parent, next_token=bad)
    with pytest.raises(NotThere, match="no such folder"):
        shown(notes, "nix")


def test_a_folder_that_is_an_entry_is_shown_once(machine, notes):
    directory = machine.directory("n")
    for name in ("a", "a/d", "b"):
        (directory / name).mkdir()
    for name in ("a/1", "a-b", "a/d/2"):
        (directory / name).write_text("")
    notes.post("/api/v1/mounts", {"context": "notes", "path": str(directory)})
    notes.post(of_mount("notes", "flush"), {}, waits=True)
    assert shown(notes) == (["a", "a-b", "b"], None)
    assert shown(notes, str(directory / "a")) == (["a/1", "a/d"], None)


def test_a_file_deleted_here_goes_from_the_mount_too(machine, notes):
    put(notes, "a", b"1")
    put(notes, "b", b"2")
    directory = machine.directory("n")
    notes.post("/api/v1/mounts", {"context": "notes", "path": str(directory)})
    notes.post(of_mount("notes", "wait"), {}, waits=True)
    assert notes.post(of("notes", "delete-file"), {"path": "a"})["path"] == "a"
    machine.until(lambda: not (directory / "a").exists())
    assert machine.objects("notes") == {"b": "2"}
    with pytest.raises(NotThere, match="no such file"):
        notes.post(of("notes", "delete-file"), {"path": "a"})
    with pytest.raises(NotThere, match="no such file"):
        read(notes, "a")


def test_a_cleared_context_can_be_had_back(machine, notes):
    directory = machine.directory("n", a="1", b="2")
    (directory / "d").mkdir()
    (directory / "d" / "c").write_text("3")
    notes.post("/api/v1/mounts", {"context": "notes", "path": str(directory)})
    notes.post(of_mount("notes", "flush"), {}, waits=True)
    done = notes.post(of("notes", "clear"))
    assert done["deleted_files"] == 3
    machine.until(lambda: not list(directory.iterdir()))
    assert machine.objects("notes") == {}
    machine.holdall("restore", "--at", done["before"], "--to", machine.home / "old", ".", cwd=directory)
    assert (machine.home / "old/d/c").read_text() == "3"
    assert notes.post(of("notes", "clear"))["commit"] is None


def test_an_edit_that_is_not_up_yet_outlives_a_clear(machine, notes):
    put(notes, "a", b"1")
    directory = machine.directory("n")
    notes.post("/api/v1/mounts", {"context": "notes", "path": str(directory)})
    notes.post(of_mount("notes", "wait"), {}, waits=True)
    notes.post(of_mount("notes", "pause"))
    (directory / "a").write_text("edited")
    notes.post(of("notes", "clear"))
    notes.post(of_mount("notes", "resume"))
    notes.post(of_mount("notes", "flush"), {}, waits=True)
    assert machine.objects("notes") == {"a": "edited"}


def test_what_is_remembered_is_the_users_alone(machine, notes):
    put(notes, "f", b"1")
    assert (machine.state / "contexts").stat().st_mode & 0o077 == 0


def test_no_answer_names_a_place_of_this_machine(machine, notes):
    put(notes, "f", b"1")
    machine.store.rename(machine.home / "away")
    for path in (CONTEXTS, of("notes"), of("notes", "files")):
        with pytest.raises(HoldallError) as refused:
            notes.get(path)
        assert str(machine.home) not in f"{refused.value} {refused.value.hint}"
    (machine.home / "away").rename(machine.store)
    assert read(notes, "f") == b"1"


def test_a_damaged_object_is_never_whole(machine, notes):
    put(notes, "f", b"right")
    file = machine.store / "notes/files/f"
    info = file.stat()
    with file.open("r+b") as handle:
        handle.write(b"wrong")
    os.utime(file, ns=(info.st_atime_ns, info.st_mtime_ns))
    with pytest.raises((urllib.error.URLError, OSError, Exception)):
        read(notes, "f")
