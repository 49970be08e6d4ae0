"""A version's bytes in the store, case by case: placed, kept before they are overwritten, brought back, and never someone else's taken."""

import pytest
from blake3 import blake3

from holdall.errors import ConditionFailed, NotThere, Unavailable
from holdall.log import layout
from holdall.log.objects import Body, Foreign, Label, Mended, Objects, Placed
from holdall.model import NO_MODE, Entry, Kind, Plain, Tombstone
from holdall.store.base import Capabilities
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing

PATH = "d/p"
KEY = layout.file_key(PATH)
A, B, C = b"bytes A", b"bytes B", b"bytes C"


def body(data):
    return Body(len(data), blake3(data).hexdigest(), 0o644, 1_700_000_000_000_000_000, data)


def nobody(_uid):
    return False


@pytest.fixture
def store():
    return MemoryStore(clock=lambda: 1_700_000_000.0)


@pytest.fixture
def objects(store):
    return Objects(store)


def placed(objects, data, uid, head=None, known=nobody, **how):
    """As an upload does it: the entry that its commit will name."""
    done = objects.place(PATH, body(data), uid, head, known, **how)
    assert isinstance(done, Placed)
    return Entry(
        Kind.FILE, len(data), body(data).mtime_ns, 0o644, body(data).digest, done.uid, 1, 0, done.where
    )


def tombstone(entry, **how):
    return Tombstone(2, entry.digest, ((entry.uid, entry.where.etag),), **how)


def trash(store, uid):
    return store.get(layout.trash_key(uid, PATH))


class TestPlace:
    def test_at_a_free_key(self, objects, store):
        entry = placed(objects, A, "u1")
        assert store.get(KEY) == A
        assert entry.uid == "u1"
        assert entry.where == Plain(PATH, store.head(KEY).etag)

    def test_over_what_the_head_names_once_that_is_kept(self, objects, store):
        head = placed(objects, A, "u1")
        placed(objects, B, "u2", head)
        assert store.get(KEY) == B
        assert trash(store, "u1") == A

    def test_our_own_write_that_was_answered_late_is_success(self, objects, store):
        placed(objects, A, "u1")
        again = objects.place(PATH, body(A), "u1", None, nobody)
        assert again == Placed(Plain(PATH, store.head(KEY).etag), "u1", 0)

    def test_the_same_bytes_by_another_upload_are_success_and_keep_its_uid(self, objects):
        placed(objects, A, "u1")
        assert objects.place(PATH, body(A), "u2", None, nobody).uid == "u1"

    def test_an_upload_that_nobody_knows_is_left(self, objects, store):
        placed(objects, A, "u1")
        found = objects.place(PATH, body(B), "u2", None, nobody)
        assert isinstance(found, Foreign)
        assert found.label.uid == "u1"
        assert store.get(KEY) == A

    def test_another_tools_file_is_left_also_where_the_head_has_something_else(self, objects, store):
        head = placed(objects, A, "u1")
        store.put(KEY, C)
        found = objects.place(PATH, body(B), "u2", head, lambda _: True)
        assert isinstance(found, Foreign)
        assert found.label.uid == ""
        assert store.get(KEY) == C

    def test_identical_bytes_without_a_label_are_another_tools(self, objects, store):
        store.put(KEY, A)
        assert isinstance(objects.place(PATH, body(A), "u1", None, nobody), Foreign)

    def test_an_upload_that_is_known_to_be_void_is_kept_and_overwritten(self, objects, store):
        placed(objects, A, "u1")
        placed(objects, B, "u2", known={"u1"}.__contains__)
        assert store.get(KEY) == B
        assert trash(store, "u1") == A

    def test_what_the_head_names_may_be_gone(self, objects, store):
        head = placed(objects, A, "u1")
        store.delete(KEY)
        placed(objects, B, "u2", head)
        assert store.get(KEY) == B

    def test_over_what_a_tombstone_is_about(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))
        placed(objects, B, "u2", gone)
        assert store.get(KEY) == B
        assert trash(store, "u1") == A

    def test_the_same_bytes_as_before_their_deletion_are_still_there(self, objects):
        gone = tombstone(placed(objects, A, "u1"))
        assert objects.place(PATH, body(A), "u2", gone, nobody).uid == "u1"

    def test_identical_bytes_that_another_tool_put_after_a_deletion_are_left(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))
        store.put(KEY, A)
        assert isinstance(objects.place(PATH, body(B), "u2", gone, nobody), Foreign)

    def test_after_a_swept_tombstone_the_key_is_free(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"), swept=True)
        store.delete(KEY)
        placed(objects, B, "u2", gone)
        assert store.get(KEY) == B

    def test_a_copy_inside_the_store_sends_nothing(self, objects, store):
        source = store.put(layout.file_key("other"), A)
        done = objects.place(PATH, body(A), "u1", None, nobody, like=Plain("other", source.etag))
        assert done.sent == 0
        assert store.get(KEY) == A
        assert objects.standing(PATH).label.uid == "u1"

    def test_a_copy_whose_source_moved_is_sent(self, objects, store):
        store.put(layout.file_key("other"), B)
        done = objects.place(PATH, body(A), "u1", None, nobody, like=Plain("other", "an older etag"))
        assert done.sent == len(A)
        assert store.get(KEY) == A

    def test_a_copy_takes_nobodys_place_either(self, objects, store):
        source = store.put(layout.file_key("other"), A)
        store.put(KEY, C)
        done = objects.place(PATH, body(A), "u1", None, nobody, like=Plain("other", source.etag))
        assert isinstance(done, Foreign)
        assert store.get(KEY) == C

    def test_a_key_that_never_holds_still_is_tried_again_later(self, store):
        class Restless(Passing):
            def put(self, key, data, *, meta=None, when=None):
                raise ConditionFailed("moved again")

        with pytest.raises(Unavailable):
            Objects(Restless(store)).place(PATH, body(A), "u1", None, nobody)

    def test_large_bytes_go_in_parts(self, objects, store):
        whole = body(A + B)._replace(data=None, parts=(lambda: A, lambda: B))
        assert isinstance(objects.place(PATH, whole, "u1", None, nobody), Placed)
        assert store.get(KEY) == A + B

    @pytest.mark.parametrize("replaces", [False, True])
    def test_what_came_while_large_bytes_were_on_their_way_stays(self, objects, store, replaces):
        """Also where the store takes no condition when an upload in parts is completed."""
        store.capabilities = Capabilities(complete_when=False)
        head = placed(objects, A, "u1") if replaces else None

        def last():
            store.put(KEY, C)
            return B

        large = body(B + B)._replace(data=None, parts=(lambda: B, last))
        assert isinstance(objects.place(PATH, large, "u2", head, nobody), Foreign)
        assert store.get(KEY) == C

    def test_nothing_is_overwritten_that_could_not_be_kept(self, objects, store):
        """Between the look and the copy the object is another one: the copy fails, and so the overwrite is not tried."""
        head = placed(objects, A, "u1")

        class Raced(Passing):
            def copy(self, source, target, **how):
                store.put(KEY, C)
                return self.inner.copy(source, target, **how)

        assert isinstance(Objects(Raced(store)).place(PATH, body(B), "u2", head, nobody), Foreign)
        assert store.get(KEY) == C


class TestFetch:
    def test_from_its_key(self, objects):
        assert objects.fetch(PATH, placed(objects, A, "u1")) == A

    def test_from_the_trash_once_it_was_overwritten(self, objects):
        head = placed(objects, A, "u1")
        placed(objects, B, "u2", head)
        assert objects.fetch(PATH, head) == A

    def test_another_tools_overwrite_is_not_taken_for_it(self, objects, store):
        head = placed(objects, A, "u1")
        store.put(KEY, C)
        with pytest.raises(NotThere):
            objects.fetch(PATH, head)

    def test_in_pieces(self):
        objects = Objects(MemoryStore(part_bytes=3))
        head = placed(objects, A, "u1")
        placed(objects, B, "u2", head)
        got = bytearray(len(A))

        def write(offset, data):
            got[offset : offset + len(data)] = data

        objects.fetch_to(PATH, head, write)
        assert bytes(got) == A

    def test_what_the_log_names_no_bytes_for(self, objects):
        with pytest.raises(NotThere):
            objects.fetch(PATH, Entry(Kind.FILE))


class TestMend:
    def test_what_the_head_names_is_fine(self, objects):
        assert objects.mend(PATH, placed(objects, A, "u1"), nobody) is Mended.FINE

    def test_what_a_tombstone_is_about_goes_once_it_is_kept(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))
        assert objects.mend(PATH, gone, nobody) is Mended.REMOVED
        assert store.head(KEY) is None
        assert trash(store, "u1") == A

    def test_what_is_gone_already(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))
        store.delete(KEY)
        assert objects.mend(PATH, gone, nobody) is Mended.REMOVED

    @pytest.mark.parametrize("copies", [True, False])
    def test_what_was_deleted_late_by_ourselves_comes_back(self, objects, store, copies):
        objects.copies = copies
        head = placed(objects, A, "u1")
        objects.retain(PATH, "u1", head.where.etag)
        store.delete(KEY)
        assert objects.mend(PATH, head, nobody) is Mended.HEALED
        assert store.get(KEY) == A
        assert objects.standing(PATH).label.uid == "u1"

    @pytest.mark.parametrize("copies", [True, False])
    def test_what_another_tool_puts_in_its_place_meanwhile_stays(self, objects, store, copies):
        head = placed(objects, A, "u1")
        objects.retain(PATH, "u1", head.where.etag)
        store.delete(KEY)

        class Raced(Passing):
            def copy(self, source, target, **how):
                store.put(KEY, C)
                return self.inner.copy(source, target, **how)

            def get(self, key, **how):
                store.put(KEY, C)
                return self.inner.get(key, **how)

        late = Objects(Raced(store))
        late.copies = copies
        assert late.mend(PATH, head, nobody) is Mended.FINE
        assert store.get(KEY) == C

    def test_what_is_nowhere_is_damage(self, objects, store):
        head = placed(objects, A, "u1")
        store.delete(KEY)
        assert objects.mend(PATH, head, nobody) is Mended.DAMAGED

    def test_an_unfinished_overwrite_gives_the_key_back_to_the_head(self, objects, store):
        head = placed(objects, A, "u1")
        placed(objects, B, "u2", head)
        assert objects.mend(PATH, head, {"u2"}.__contains__) is Mended.HEALED
        assert store.get(KEY) == A
        assert trash(store, "u2") == B

    def test_an_unfinished_upload_that_nobody_knows_is_left(self, objects, store):
        head = placed(objects, A, "u1")
        placed(objects, B, "u2", head)
        assert objects.mend(PATH, head, nobody) is Mended.FOREIGN
        assert store.get(KEY) == B

    @pytest.mark.parametrize("head", [None, Tombstone(2), Entry(Kind.SYMLINK, target="t")])
    def test_another_tools_file_is_left(self, objects, store, head):
        store.put(KEY, C)
        assert objects.mend(PATH, head, lambda _: True) is Mended.FOREIGN
        assert store.get(KEY) == C

    def test_identical_bytes_that_another_tool_put_after_a_deletion_are_left(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))
        store.put(KEY, A)
        assert objects.mend(PATH, gone, nobody) is Mended.FOREIGN

    def test_what_another_tool_put_goes_when_it_was_adopted_and_then_deleted(self, objects, store):
        """It has no uid of its own: the tombstone of such a version says so, and its ETag tells."""
        etag = store.put(KEY, C).etag
        gone = Tombstone(2, body(C).digest, (("u1", etag), ("", etag)))
        assert objects.mend(PATH, gone, nobody) is Mended.REMOVED
        assert store.head(KEY) is None
        assert trash(store, "u1") == C

    def test_a_removal_that_is_overtaken_leaves_what_overtook_it(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))

        class Raced(Passing):
            def delete(self, key, *, when=None):
                store.put(KEY, B)
                self.inner.delete(key, when=when)

        assert Objects(Raced(store)).mend(PATH, gone, nobody) is Mended.FINE
        assert store.get(KEY) == B

    @pytest.mark.parametrize("stat", ["", "644", "zz 1", "644 x", "644 1 1", "4755 1", f"644 {2**63}"])
    def test_a_mode_and_time_that_another_tool_wrote_are_none(self, objects, store, stat):
        """What is ours by its uid stays ours."""
        entry = placed(objects, A, "u1")
        store.put(KEY, A, meta={**store.head(KEY).meta, "holdall-stat": stat})
        assert objects.standing(PATH).label == Label("u1", entry.digest, NO_MODE, 0)
        assert objects.mend(PATH, entry, nobody) is Mended.FINE

    def test_a_copy_of_an_object_under_another_key_is_another_tools(self, objects, store):
        placed(objects, A, "u1")
        store.copy(KEY, layout.file_key("elsewhere"))
        assert objects.standing("elsewhere").label.uid == ""


class TestRemove:
    """What a tombstone of our own, committed just now, names."""

    def test_it_is_kept_and_then_gone(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))
        assert objects.remove(PATH, gone)
        assert store.head(KEY) is None
        assert trash(store, "u1") == A

    def test_a_directory_has_no_object(self, objects, store):
        store.put(KEY, A)
        assert objects.remove(PATH, Tombstone(2))
        assert store.get(KEY) == A

    def test_something_else_stays(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))
        store.put(KEY, B)
        assert not objects.remove(PATH, gone)
        assert store.get(KEY) == B

    def test_what_another_tool_puts_there_after_it_was_kept_stays(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))

        class Raced(Passing):
            def delete(self, key, *, when=None):
                store.put(KEY, C)
                self.inner.delete(key, when=when)

        assert not Objects(Raced(store)).remove(PATH, gone)
        assert store.get(KEY) == C

    def test_what_is_gone_already_is_left_to_a_look(self, objects, store):
        gone = tombstone(placed(objects, A, "u1"))
        store.delete(KEY)
        assert not objects.remove(PATH, gone)

    def test_several_uploads_are_left_to_a_look(self, objects, store):
        head = placed(objects, A, "u1")
        assert not objects.remove(PATH, Tombstone(2, "", (("u1", head.where.etag), ("u2", ""))))
        assert store.get(KEY) == A

    def test_where_deletions_take_no_condition_nothing_is_removed_unseen(self, objects, store):
        objects.deletes = False
        assert not objects.remove(PATH, tombstone(placed(objects, A, "u1")))
        assert store.get(KEY) == A


class TestPutBack:
    def test_at_a_free_key(self, objects, store):
        head = placed(objects, A, "u1")
        store.delete(KEY)
        assert objects.put_back(PATH, body(A), head, nobody) == head.where
        assert objects.standing(PATH).label.uid == "u1"

    def test_it_is_there_already(self, objects):
        head = placed(objects, A, "u1")
        assert objects.put_back(PATH, body(A), head, nobody) == head.where

    def test_over_an_upload_that_is_known_to_be_void(self, objects, store):
        head = placed(objects, A, "u1")
        placed(objects, B, "u2", head)
        assert objects.put_back(PATH, body(A), head, {"u2"}.__contains__) == head.where
        assert trash(store, "u2") == B

    def test_not_over_another_tools_file(self, objects, store):
        head = placed(objects, A, "u1")
        store.put(KEY, C)
        assert objects.put_back(PATH, body(A), head, lambda _: True) is None
        assert store.get(KEY) == C


class TestKeep:
    def test_bytes_whose_object_was_overwritten_unseen(self, objects, store):
        head = placed(objects, A, "u1")
        store.put(KEY, C)
        assert not objects.is_kept(PATH, head)
        objects.keep(PATH, head, [lambda: A])
        assert objects.is_kept(PATH, head)
        assert objects.fetch(PATH, head) == A

    def test_once_is_enough(self, objects, store):
        head = placed(objects, A, "u1")
        objects.keep(PATH, head, [lambda: A])
        objects.keep(PATH, head, [lambda: A])
        assert trash(store, "u1") == A

    def test_only_what_stands_there(self, objects):
        placed(objects, A, "u1")
        with pytest.raises(ConditionFailed):
            objects.retain(PATH, "u1", "another etag")
        with pytest.raises(NotThere):
            objects.retain("not/there", "u1", "an etag")
