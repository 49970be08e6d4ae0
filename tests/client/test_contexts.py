"""`client.context`: contexts and their files, with the words and arguments of the SDKs."""

import pytest

from holdall import Client, Context, ContextListParams


def test_get_by_name_and_by_id(client):
    assert not client.context.get("notes").success
    made = client.context.get("notes", create=True)
    assert (made.success, made.context_id, made.error_message) == (True, "notes", "")
    assert isinstance(made.context, Context)
    assert client.context.get("notes").context == made.context
    assert client.context.get(context_id="notes").context == made.context
    assert client.context.create("notes").context == made.context


def test_get_says_what_is_wrong(client):
    missing = client.context.get("nix")
    assert (missing.success, missing.context, missing.context_id) == (False, None, "")
    assert missing.error_message == "there is no context nix"
    assert "both empty" in client.context.get("").error_message
    assert "say the name alone" in client.context.get("a", create=True, context_id="b").error_message
    assert "control character" in client.context.create("a\0b").error_message


def test_list_in_pages(client):
    for n in range(5):
        client.context.create(f"c{n}")
    found, token = [], None
    while True:
        page = client.context.list(ContextListParams(max_results=2, next_token=token))
        assert page.success
        assert len(page.contexts) <= page.max_results == 2
        found += [one.name for one in page.contexts]
        token = page.next_token
        if token is None:
            break
    assert found == ["c0", "c1", "c2", "c3", "c4"]
    assert [one.id for one in client.context.list(max_results=1, next_token="c3").contexts] == ["c4"]


def test_update_gives_another_name(client):
    context = client.context.create("notes").context
    context.name = "papers"
    assert client.context.update(context).success
    assert client.context.get("papers").context_id == "notes"
    assert not client.context.get("notes").success


def test_delete_and_clear(desk, client):
    notes = desk.named("notes", a="1", **{"d/b": "2"})
    cleared = client.context.clear(notes)
    assert (cleared.success, cleared.status, cleared.context_id) == (True, "available", "notes")
    assert cleared.commit > 0
    assert client.context.list_files(notes).entries == []
    assert client.context.clear(notes).commit is None
    context = client.context.get("notes").context
    assert context.last_used_at is not None
    assert client.context.delete(context).success
    gone = client.context.delete(context)
    assert (gone.success, gone.error_message) == (False, "there is no context notes")


def test_files(desk, client):
    notes = desk.named("notes")
    desk.put(notes, "/a/one.txt", "one")
    desk.put(notes, "two.txt", "two!")
    top = client.context.list_files(notes, "/")
    assert (top.success, top.count, top.next_token) == (True, 2, None)
    folder, file = top.entries
    assert (folder.file_name, folder.file_path, folder.file_type) == ("a", "a", "folder")
    assert (file.file_name, file.file_path, file.file_type, file.size) == ("two.txt", "two.txt", "file", 4)
    assert file.gmt_create.endswith("Z")
    assert [one.file_path for one in client.context.list_files(notes, "/a/")] == ["a/one.txt"]
    assert desk.read(notes, folder.file_path + "/one.txt") == "one"
    url = client.context.get_file_download_url(notes, "two.txt")
    assert url.expire_time > 1_700_000_000
    assert client.context.delete_file(notes, "/a/one.txt").success
    assert (
        client.context.delete_file(notes, "a/one.txt").error_message
        == "a/one.txt: there is no such file in the context"
    )
    assert [one.file_path for one in client.context.list_files(notes, recursive=True)] == ["two.txt"]


def test_files_in_pages(desk, client):
    notes = desk.named("notes", **{f"f{n}": "" for n in range(7)})
    found, token = [], None
    while True:
        page = client.context.list_files(notes, max_results=3, next_token=token)
        found += [one.file_path for one in page.entries]
        token = page.next_token
        if token is None:
            break
    assert found == [f"f{n}" for n in range(7)]
    assert "next_token" in client.context.list_files(notes, next_token="x").error_message


@pytest.mark.parametrize("name", ["delete", "clear", "list_files"])
def test_no_id_is_told(client, name):
    assert getattr(client.context, name)("").error_message == "context_id is empty"
    for other in ("delete_file", "get_file_upload_url", "get_file_download_url"):
        assert getattr(client.context, other)("", "x").error_message == "context_id is empty"


def test_every_answer_has_an_id_of_its_own(client):
    answers = [client.context.get("nix"), client.context.list(), client.context.create("a")]
    assert len({one.request_id for one in answers}) == 3
    assert all(answers[1:])
    assert not answers[0]


def test_no_daemon_is_told_and_not_raised(desk):
    nobody = Client(socket=desk.home / "nix.sock")
    assert "went away" in nobody.context.list().error_message
    assert "is no address of a daemon" in Client("localhost:1").context.list().error_message
