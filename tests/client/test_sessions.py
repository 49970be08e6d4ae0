"""Sessions: contexts at directories, waited for and ended by what the daemon says of them."""

import json
import threading

import pytest

from holdall import (
    BadPolicy,
    ContextStatusData,
    ContextSync,
    DownloadPolicy,
    SyncPolicy,
    UploadPolicy,
)


def work(desk, *, context="notes", name="work", policy=None):
    return ContextSync.new(context, str(desk.home / name), policy)


def begin(desk, *syncs, **options):
    made = desk.client.create(syncs or [work(desk)], **options)
    assert made.success, made.error_message
    return made.session


def rows(session, **asked):
    found = session.context.info(**asked)
    assert found.success, found.error_message
    return {(one.context_id, one.task_type): one for one in found}


def test_a_session_from_first_to_last(desk, client):
    desk.named("notes", old="1")
    session = begin(desk)
    assert (desk.home / "work" / "old").read_text() == "1"
    (desk.home / "work" / "new").write_text("2")
    done = session.context.sync()
    assert (done.success, done.error_message) == (True, "")
    assert desk.read("notes", "new") == "2"
    assert session.delete(sync_context=True).success
    assert desk.mounts() == {}
    assert (desk.home / "work" / "new").read_text() == "2"


def test_the_next_session_has_what_the_last_one_left(desk):
    session = begin(desk)
    (desk.home / "work" / "a").write_text("1")
    assert session.delete().success
    desk.remove("work")
    begin(desk)
    assert (desk.home / "work" / "a").read_text() == "1"
    assert desk.read("notes", "a") == "1"


def test_several_contexts(desk):
    session = begin(desk, work(desk, context="a", name="a"), work(desk, context="b", name="b"))
    for name in ("a", "b"):
        (desk.home / name / "f").write_text(name)
    assert session.context.sync(context_id="a").success
    assert desk.read("a", "f") == "a"
    assert session.context.sync(path=str(desk.home / "b"), mode="upload").success
    assert desk.read("b", "f") == "b"
    bindings = session.context.list_bindings().bindings
    assert [(one.context_id, one.context_name, one.path) for one in bindings] == [
        ("a", "a", str(desk.home / "a")),
        ("b", "b", str(desk.home / "b")),
    ]
    assert SyncPolicy.from_dict(bindings[0].policy).effective().auto_upload


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"context_id": "b"}, "b is not bound to this session; bound are: notes at"),
        ({"path": "/nix"}, "/nix is not bound"),
        ({"mode": "both"}, "mode is 'both', it must be 'upload' or 'download'"),
    ],
)
def test_what_cannot_be_synced_is_told(desk, asked, said):
    found = begin(desk).context.sync(**asked)
    assert not found.success
    assert said in found.error_message


def test_a_policy_as_the_wire_has_it(desk):
    policy = json.dumps({"uploadPolicy": {"autoUpload": False}})
    session = begin(desk, {"ContextId": "notes", "Path": str(desk.home / "work"), "Policy": policy})
    (desk.home / "work" / "a").write_text("1")
    desk.until(lambda: rows(session)["notes", "upload"].status == "Scheduled")
    assert "kept here by the policy" in rows(session)["notes", "upload"].error_message
    assert desk.client.context.list_files("notes").entries == []
    assert session.context.sync().success
    assert rows(session)["notes", "upload"].status == "Success"
    assert desk.read("notes", "a") == "1"


def test_a_policy_that_downloads_nothing_is_not_waited_for(desk):
    desk.named("notes", a="1")
    session = begin(desk, work(desk, policy=SyncPolicy(download_policy=DownloadPolicy(auto_download=False))))
    assert list((desk.home / "work").iterdir()) == []
    desk.until(lambda: rows(session)["notes", "download"].status == "Scheduled")
    assert session.context.sync(mode="download").success
    assert (desk.home / "work" / "a").read_text() == "1"


def test_what_cannot_be_mounted_leaves_nothing_mounted(desk):
    (desk.home / "file").write_text("")
    made = desk.client.create([work(desk), work(desk, context="b", name="file")])
    assert (made.success, made.session) == (False, None)
    assert "file is no directory" in made.error_message
    assert desk.mounts() == {}
    with pytest.raises(BadPolicy):
        UploadPolicy(upload_mode="x")
    for sync, said in [
        (ContextSync("a", "x"), "absolute"),
        (ContextSync(None, "/x"), "missing"),
        ({"x": 1}, "unknown"),
    ]:
        assert said in desk.client.create([sync]).error_message
    (desk.home / "file").unlink()


def test_a_directory_that_is_lost_under_a_mount_is_not_made_anew(desk):
    """An empty one in its place would say that everything in it was deleted."""
    session = begin(desk)
    (desk.home / "work" / "a").write_text("1")
    assert session.context.sync().success
    desk.remove("work")
    for context in ("notes", "other"):
        desk.client.create([work(desk, context=context)], timeout_s=1)
        assert not (desk.home / "work").exists()
    assert desk.read("notes", "a") == "1"
    (desk.home / "work").mkdir()


def test_what_was_mounted_before_stays(desk):
    directory = desk.directory("work", a="1")
    desk.holdall("mount", directory, "--context", "notes")
    session = begin(desk)
    assert session.delete(sync_context=True).success
    assert list(desk.mounts()) == ["notes"]
    assert not session.context.sync("notes").success


def test_info_tells_of_each_way(desk):
    session = begin(desk)
    (desk.home / "work" / "a").write_text("1")
    first = session.context.sync()
    second = session.context.sync(mode="upload")
    assert {key: one.status for key, one in rows(session).items()} == {
        ("notes", "upload"): "Success", ("notes", "download"): "Success",
    }  # fmt: skip
    up = rows(session, task_type="upload")
    assert list(up) == [("notes", "upload")]
    found = up["notes", "upload"]
    assert isinstance(found, ContextStatusData)
    assert (found.path, found.task_id, found.error_message) == (str(desk.home / "work"), second.task_id, "")
    assert 0 < found.start_time <= found.finish_time
    assert list(rows(session, task_id=first.task_id)) == [("notes", "upload"), ("notes", "download")]
    assert list(rows(session, task_id=second.task_id)) == [("notes", "upload")]
    assert "there is no task x" in session.context.info(task_id="x").error_message


def test_a_sync_answers_for_itself(desk):
    """One that fails, then one that does not: the second says so, and the first is not forgotten."""
    session = begin(desk)
    desk.store.rename(desk.home / "away")
    desk.store.write_text("")
    (desk.home / "work" / "a").write_text("1")
    failed = session.context.sync(timeout_s=1)
    assert not failed.success
    assert failed.error_message
    assert rows(session)["notes", "upload"].status in {"Failed", "Running"}
    deleted = session.delete(sync_context=True, timeout_s=0.5)
    assert not deleted.success
    assert deleted.error_message.startswith("the session goes on, for not all is in the store: notes: ")
    assert list(desk.mounts()) == ["notes"]
    desk.store.unlink()
    (desk.home / "away").rename(desk.store)
    assert session.context.sync().success
    assert rows(session)["notes", "upload"].status == "Success"
    assert rows(session, task_id=failed.task_id)["notes", "upload"].status == "Failed"
    assert rows(session, task_id=failed.task_id)["notes", "upload"].error_message in failed.error_message
    assert session.delete(sync_context=True).success
    assert desk.read("notes", "a") == "1"


def test_what_the_policy_leaves_behind_is_told(desk):
    session = begin(desk, work(desk, policy=SyncPolicy(upload_policy=UploadPolicy(auto_upload=False))))
    (desk.home / "work" / "a").write_text("1")
    done = session.delete()
    assert done.success
    assert done.error_message == f"notes: by the policy, 1 change in {desk.home / 'work'} went nowhere"
    assert desk.client.context.list_files("notes").entries == []
    assert (desk.home / "work" / "a").read_text() == "1"


def test_a_release_that_came_to_nothing_is_told_and_keeps_the_files(desk):
    session = begin(desk)
    desk.store.rename(desk.home / "away")
    desk.store.write_text("")
    (desk.home / "work" / "a").write_text("1")
    done = session.delete(timeout_s=1)
    desk.store.unlink()
    (desk.home / "away").rename(desk.store)
    assert not done.success
    assert "released, and not all of it is in the store" in done.error_message
    assert f"it is in {desk.home / 'work'} still" in done.error_message
    assert (desk.home / "work" / "a").read_text() == "1"
    assert begin(desk).context.sync()
    assert desk.read("notes", "a") == "1"


def test_many_syncs_at_once_each_have_their_answer(desk):
    session = begin(desk)
    answers = []

    def one(n):
        (desk.home / "work" / f"f{n}").write_text(str(n))
        answers.append(session.context.sync(mode="upload"))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers)
    assert len({one.task_id for one in answers}) == 8
    assert desk.client.context.list_files("notes").count == 8


def test_a_file_that_came_by_a_url_is_there_after_a_sync(desk):
    session = begin(desk)
    desk.put("notes", "a/b", "1")
    assert session.context.sync(mode="download").success
    assert (desk.home / "work/a/b").read_text() == "1"
    listed = desk.client.context.list_files("notes", str(desk.home / "work" / "a"))
    assert [one.file_path for one in listed] == ["a/b"]


def test_a_paused_mount_is_told(desk):
    session = begin(desk)
    desk.holdall("pause", "notes")
    found = rows(session)["notes", "upload"]
    assert (found.status, found.error_message) == ("Scheduled", "the mount is paused")
    done = session.context.sync()
    assert (done.success, done.error_message) == (
        False, "notes: notes is paused; `holdall resume notes` goes on with it",
    )  # fmt: skip
    desk.holdall("resume", "notes")
