"""What a mount remembers, method by method; how it is walked is in test_ledger_walk."""

import sqlite3

import pytest
from tests.engine.entries import DIR, A, B, C, sides, stamp, theirs, tombstone

from holdall.engine import tables
from holdall.engine.ledger import Agreed, Intent, Landing, Ledger, Settled
from holdall.errors import BadFormat
from holdall.log.codec import Change, Checkpoint, Commit, Deleted
from holdall.model import Entry, Kind, Tombstone


class TestTheLogMoves:
    def test_nothing_was_read_yet(self, ledger):
        assert ledger.seq == -1

    def test_to_an_empty_log(self, ledger):
        ledger.replace(Checkpoint(0, ()))
        assert ledger.seq == 0

    def test_by_someone_elses_commit(self, agreed):
        agreed.apply(theirs(2, ("p", B), ("q", C)))
        assert agreed.seq == 2
        assert sides(agreed) == (A, B)
        assert sides(agreed, "q") == (None, C)
        assert agreed.row("p").base.stamp == stamp()

    def test_by_a_deletion(self, agreed):
        gone = tombstone(A, 2)
        agreed.apply(theirs(2, ("p", gone)))
        assert sides(agreed) == (A, gone)

    def test_and_back(self, agreed):
        agreed.apply(theirs(2, ("p", B)))
        agreed.apply(theirs(3, ("p", A)))
        assert sides(agreed) == (A, A)

    def test_a_commit_that_only_ends_uploads_changes_no_version(self, agreed):
        agreed.apply(Commit("x", 2, 0, "there", (Change("p", None, void=(("uid X", ""),)),)))
        assert sides(agreed) == (A, A)
        assert agreed.knows_uid("uid X", "p")

    def test_a_removal_that_was_seen_ends_the_tombstone(self, ledger):
        ledger.apply(theirs(1, ("p", A)))
        ledger.apply(theirs(2, ("p", tombstone(A, 2))))
        ledger.apply(Commit("x", 3, 0, "there", (Change("p", None, swept=True),)))
        assert sides(ledger) == (None, None)
        assert ledger.seq == 3

    def test_what_is_still_here_keeps_its_tombstone(self, agreed):
        agreed.apply(theirs(2, ("p", tombstone(A, 2))))
        agreed.apply(Commit("x", 3, 0, "there", (Change("p", None, swept=True),)))
        assert sides(agreed) == (A, tombstone(A, 2)._replace(swept=True))

    def test_what_expired_keeps_its_tombstone(self, ledger):
        ledger.apply(theirs(1, ("p", Tombstone(1, A.digest, expired=True))))
        ledger.apply(Commit("x", 2, 0, "there", (Change("p", None, swept=True),)))
        assert sides(ledger) == (None, Tombstone(1, A.digest, expired=True, swept=True))


class TestWhatNobodyKept:
    """A version that took the place of what is agreed on, without a look at it or by another tool."""

    @pytest.mark.parametrize(
        ("flag", "exposed"), [("blind", True), ("foreign", True), ("conflict", False), ("", False)]
    )
    def test_exposes_what_is_here(self, agreed, flag, exposed):
        agreed.apply(theirs(2, ("p", B._replace(flag=flag))))
        assert agreed.exposed("p") is exposed

    def test_until_something_else_is(self, agreed):
        blind = B._replace(flag="blind")
        agreed.apply(theirs(2, ("p", blind)))
        agreed.agree([Agreed("p", blind, stamp())])
        assert not agreed.exposed("p")


class TestOurOwnCommitWithoutAnAnswer:
    def test_an_upload_is_known_by_its_uid(self, agreed):
        agreed.intend([Intent("p", B.uid, B.digest)])
        agreed.apply(theirs(2, ("p", B)))
        assert sides(agreed) == (B, B)
        assert agreed.row("p").base.stamp is None
        assert agreed.intents_of(["p"]) == {}

    def test_whatever_came_after_it(self, agreed):
        agreed.intend([Intent("p", B.uid, B.digest)])
        agreed.apply(theirs(2, ("p", B)))
        agreed.apply(theirs(3, ("p", tombstone(B, 3))))
        assert sides(agreed) == (B, tombstone(B, 3))

    def test_an_intent_for_another_path_says_nothing_of_this_one(self, agreed):
        agreed.intend([Intent("q", B.uid, B.digest)])
        agreed.apply(theirs(2, ("p", B)))
        assert sides(agreed) == (A, B)
        assert agreed.intended() == ["q"]

    @pytest.mark.parametrize("now", [DIR, Entry(Kind.SYMLINK, target="t", vid=2), A._replace(mode=0o600)])
    def test_what_has_no_upload_is_known_by_the_commits_id(self, agreed, now):
        agreed.begin("ours", ["p"])
        agreed.apply(theirs(2, ("p", now), commit_id="ours"))
        assert sides(agreed) == (now, now)

    def test_so_is_a_deletion(self, agreed):
        agreed.begin("ours", ["p"])
        agreed.apply(theirs(2, ("p", tombstone(A, 2)), commit_id="ours"))
        assert sides(agreed) == (None, tombstone(A, 2))

    def test_paths_that_it_only_adopted_are_not_ours(self, agreed):
        agreed.begin("ours", ["q"])
        agreed.apply(theirs(2, ("p", B), ("q", DIR), commit_id="ours"))
        assert sides(agreed) == (A, B)
        assert sides(agreed, "q") == (DIR, DIR)

    def test_someone_else_was_first(self, agreed):
        agreed.begin("ours", ["p"])
        agreed.apply(theirs(2, ("p", DIR)))
        assert sides(agreed) == (A, DIR)

    def test_of_several_tries_any_may_have_been_it(self, agreed):
        agreed.begin("ours", ["p"])
        agreed.begin("ours again", ["p"])
        agreed.apply(theirs(2, ("p", DIR), commit_id="ours"))
        assert sides(agreed) == (DIR, DIR)

    def test_once_the_number_is_taken_the_tries_for_it_are_over(self, agreed):
        agreed.begin("ours", ["p"])
        agreed.apply(theirs(2, ("q", DIR)))
        assert agreed.note("begun") is None


class TestOurOwnCommit:
    def test_an_upload(self, agreed):
        agreed.intend([Intent("p", B.uid, B.digest)])
        agreed.settle(2, [Settled(Change("p", B), stamp(2))])
        assert agreed.seq == 2
        assert sides(agreed) == (B, B)
        assert agreed.row("p").base.stamp == stamp(2)
        assert agreed.intended() == []

    def test_a_deletion_waits_to_be_swept(self, agreed):
        agreed.settle(2, [Settled(Change("p", tombstone(A, 2)), None)])
        assert sides(agreed) == (None, tombstone(A, 2))
        assert agreed.unswept(10) == ["p"]
        agreed.swept(["p"])
        assert agreed.unswept(10) == []

    def test_a_deletion_is_about_what_the_head_held(self, agreed):
        agreed.settle(2, [Settled(Change("p", Deleted(2)), None)])
        assert sides(agreed) == (None, tombstone(A, 2))
        assert agreed.unswept(10) == ["p"]
        assert agreed.was_version("p", A.digest)

    def test_a_deletion_of_what_has_no_object_does_not(self, ledger):
        ledger.settle(1, [Settled(Change("d", DIR), stamp())])
        ledger.settle(2, [Settled(Change("d", Tombstone(2)), None)])
        assert ledger.unswept(10) == []

    def test_an_adoption_moves_the_head_alone(self, agreed):
        agreed.settle(2, [Settled(Change("p", B), None, adopted=True)])
        assert agreed.seq == 2
        assert sides(agreed) == (A, B)

    def test_the_end_of_unfinished_uploads(self, agreed):
        agreed.intend([Intent("p", "uid X", "digest X")])
        agreed.settle(2, [Settled(Change("p", None, void=(("uid X", ""),)), None)])
        assert agreed.intended() == []
        assert agreed.knows_uid("uid X", "p")
        assert sides(agreed) == (A, A)

    def test_a_removal_that_was_seen(self, agreed):
        agreed.settle(2, [Settled(Change("p", tombstone(A, 2)), None)])
        agreed.settle(3, [Settled(Change("p", None, swept=True), None)])
        assert sides(agreed) == (None, None)


class TestManyAtOnce:
    """Names that JSON or SQL might trip over come back as they are."""

    PATHS = ("a/b", "a'b", 'a"b', "a\\b", "a\nb", "\U0001f600", "e\u0301", "a%b", "[]")

    def test_rows(self, ledger):
        ledger.apply(theirs(1, *((path, A) for path in self.PATHS)))
        rows = ledger.rows([*self.PATHS, "nowhere"])
        assert {path: row.remote for path, row in rows.items()} == {
            **dict.fromkeys(self.PATHS, A),
            "nowhere": None,
        }
        assert all(ledger.row(path) == row for path, row in rows.items())

    def test_intents(self, ledger):
        ledger.intend([Intent(path, f"uid of {path}", "d") for path in self.PATHS])
        found = ledger.intents_of([*self.PATHS, "nowhere"])
        assert found == {path: [Intent(path, f"uid of {path}", "d")] for path in self.PATHS}

    def test_what_is_above_something(self, agreed):
        agreed.apply(theirs(2, ("q/r/s", A), ("q-", A), ("q/0", A)))
        assert sorted(agreed.above_something(["p", "q", "q/r", "q/r/s", "q-", "nowhere", ""])) == ["q", "q/r"]


class TestAgree:
    def test_on_the_head(self, agreed):
        agreed.apply(theirs(2, ("p", B)))
        agreed.agree([Agreed("p", B, stamp(2))])
        assert sides(agreed) == (B, B)

    def test_while_the_head_moved_on(self, agreed):
        agreed.apply(theirs(2, ("p", B)))
        agreed.apply(theirs(3, ("p", C)))
        agreed.agree([Agreed("p", B, stamp(2))])
        assert sides(agreed) == (B, C)

    def test_while_the_head_lost_it(self, agreed):
        agreed.apply(theirs(2, ("p", B)))
        agreed.apply(theirs(3, ("p", tombstone(B, 3))))
        agreed.agree([Agreed("p", B, stamp(2))])
        assert sides(agreed) == (B, tombstone(B, 3))

    def test_while_the_head_forgot_it(self, ledger):
        """Deleted and swept there in the meantime: what has just arrived here is not what the head has."""
        ledger.agree([Agreed("p", A, stamp())])
        base, remote = sides(ledger)
        assert base == A
        assert isinstance(remote, Tombstone)

    def test_on_absence(self, agreed):
        gone = tombstone(A, 2)
        agreed.apply(theirs(2, ("p", gone)))
        agreed.agree([], gone=["p"])
        assert sides(agreed) == (None, gone)

    def test_on_absence_once_it_was_swept(self, agreed):
        agreed.apply(theirs(2, ("p", tombstone(A, 2)._replace(swept=True))))
        agreed.agree([], gone=["p"])
        assert sides(agreed) == (None, None)

    def test_on_absence_while_the_head_has_it_again(self, agreed):
        agreed.apply(theirs(2, ("p", B)))
        agreed.agree([], gone=["p"])
        assert sides(agreed) == (None, B)

    def test_a_download_ends_what_was_on_its_way_up(self, agreed):
        agreed.intend([Intent("p", "uid X", "digest X")])
        agreed.agree([Agreed("p", B, stamp())])
        assert agreed.intents_of(["p"]) == {}

    def test_ends_the_landing_in_the_same_transaction(self, ledger):
        landing = Landing(".~holdall-1", "p", A, "p (copy)", 7)
        ledger.land([landing, landing._replace(staged=".~holdall-2", keep_as=None)])
        ledger.agree([Agreed("p", A, None)], landed=[".~holdall-1"])
        assert ledger.landings() == [landing._replace(staged=".~holdall-2", keep_as=None)]


class TestReplace:
    """Past commits that were pruned: the checkpoint's tree is the head."""

    def test_what_is_as_agreed(self, agreed):
        agreed.replace(Checkpoint(9, [("p", A)]))
        assert agreed.seq == 9
        assert sides(agreed) == (A, A)

    def test_what_is_new_and_what_is_newer(self, agreed):
        agreed.replace(Checkpoint(9, [("p", B), ("q", C)]))
        assert sides(agreed) == (A, B)
        assert sides(agreed, "q") == (None, C)

    def test_what_it_does_not_name_was_deleted(self, agreed):
        agreed.replace(Checkpoint(9, ()))
        base, remote = sides(agreed)
        assert base == A
        assert remote == Tombstone(9, swept=True)
        assert agreed.knows_uid(A.uid, "p")  # an object with it is a leftover, not somebody's upload

    def test_news_from_before_that_it_does_not_name_are_no_news(self, agreed):
        agreed.apply(theirs(2, ("q", B)))
        agreed.replace(Checkpoint(9, [("p", A)]))
        assert sides(agreed, "q") == (None, None)

    def test_an_upload_of_ours_that_it_names_was_committed(self, agreed):
        agreed.intend([Intent("p", B.uid, B.digest)])
        agreed.replace(Checkpoint(9, [("p", B)]))
        assert sides(agreed) == (B, B)
        assert agreed.intended() == []

    def test_an_upload_of_ours_that_it_does_not_name_stands(self, agreed):
        agreed.intend([Intent("p", B.uid, B.digest)])
        agreed.replace(Checkpoint(9, [("p", C)]))
        assert sides(agreed) == (A, C)
        assert agreed.intended() == ["p"]

    def test_what_expired_stays_expired(self, ledger):
        expired = Tombstone(4, A.digest, expired=True)
        ledger.replace(Checkpoint(9, [("p", expired)]))
        assert sides(ledger) == (None, expired)

    def test_twice(self, agreed):
        agreed.replace(Checkpoint(8, [("p", B)]))
        agreed.replace(Checkpoint(9, [("p", C)]))
        assert sides(agreed) == (A, C)


class TestUids:
    def test_what_was_superseded_is_a_leftover_wherever_it_turns_up(self, agreed):
        agreed.apply(theirs(2, ("p", B)))
        assert agreed.knows_uid(A.uid, "p")
        assert agreed.knows_uid(A.uid, "elsewhere")
        assert not agreed.knows_uid(B.uid, "p")

    def test_what_a_tombstone_names(self, ledger):
        ledger.apply(theirs(2, ("p", Tombstone(2, "", (("uid X", ""), ("", "etag"))))))
        assert ledger.knows_uid("uid X", "p")
        assert not ledger.knows_uid("", "p")

    def test_our_own_unfinished_upload_only_at_its_path(self, ledger):
        ledger.intend([Intent("p", "uid X", "digest X")])
        assert ledger.knows_uid("uid X", "p")
        assert not ledger.knows_uid("uid X", "q")

    def test_a_version_that_is_the_heads_again_is_no_leftover(self, agreed):
        agreed.apply(theirs(2, ("p", tombstone(A, 2))))
        assert agreed.knows_uid(A.uid, "p")
        agreed.apply(theirs(3, ("p", A._replace(vid=3))))
        assert not agreed.knows_uid(A.uid, "p")

    def test_only_touched_is_not_superseded(self, agreed):
        agreed.apply(theirs(2, ("p", A._replace(mode=0o600))))
        assert not agreed.knows_uid(A.uid, "p")

    def test_the_same_intent_twice_is_one(self, ledger):
        ledger.intend([Intent("p", "uid X", "digest X")])
        ledger.intend([Intent("p", "uid X", "digest X"), Intent("p", "uid Y", "digest Y")])
        assert sorted(one.uid for one in ledger.intents_of(["p"])["p"]) == ["uid X", "uid Y"]
        assert ledger.intended() == ["p"]

    def test_what_was_remembered_from_a_look_into_the_log(self, ledger):
        ledger.remember([("uid X", "p", 3, "")])
        assert ledger.knows_uid("uid X", "p")

    def test_what_is_older_than_the_log_is_forgotten(self, agreed):
        agreed.apply(theirs(2, ("p", B)))
        agreed.apply(theirs(3, ("p", C)))
        agreed.forget_old(3)
        assert not agreed.knows_uid(A.uid, "p")
        assert agreed.knows_uid(B.uid, "p")


class TestDigests:
    def test_an_earlier_version_of_the_path(self, agreed):
        agreed.apply(theirs(2, ("p", B)))
        assert agreed.was_version("p", A.digest)
        assert not agreed.was_version("q", A.digest)
        assert not agreed.was_version("p", B.digest)

    def test_anywhere_in_the_log(self, agreed):
        agreed.apply(theirs(2, ("p", B)))
        assert agreed.in_log(A.digest)
        assert agreed.in_log(B.digest)
        assert not agreed.in_log("digest X")
        assert not agreed.in_log("")

    def test_who_has_these_bytes(self, agreed):
        agreed.agree([Agreed("q", A, stamp(2)), Agreed("d", DIR, stamp(3))])
        assert [path for path, _ in agreed.by_digest(A.digest)] == ["p", "q"]
        assert agreed.by_digest("") == []


class TestStamps:
    def test_are_written_without_the_entry(self, agreed):
        agreed.restamp([("p", stamp(5))])
        assert agreed.row("p").base == agreed.row("p").base._replace(stamp=stamp(5))
        assert sides(agreed) == (A, A)

    def test_of_what_is_not_in_the_base_are_nothing(self, ledger):
        ledger.restamp([("p", stamp(5))])
        assert ledger.row("p").base is None


class TestTheFile:
    def test_survives_its_process(self, tmp_path):
        first = Ledger(tmp_path / "state.db")
        first.apply(theirs(1, ("p", A)))
        first.agree([Agreed("p", A, stamp())])
        first.intend([Intent("q", "uid X", "digest X")])
        first.land([Landing(".~holdall-1", "p", B, None, 7)])
        first.begin("ours", ["d"])
        first.set_note("context", "id 1")
        first.close()
        again = Ledger(tmp_path / "state.db")
        assert again.seq == 1
        assert sides(again) == (A, A)
        assert again.intended() == ["q"]
        assert [one.entry for one in again.landings()] == [B]
        assert again.note("context") == "id 1"
        again.apply(theirs(2, ("d", DIR), commit_id="ours"))
        assert sides(again, "d") == (DIR, DIR)
        again.close()

    def test_of_a_newer_schema_is_refused(self, tmp_path):
        Ledger(tmp_path / "state.db").close()
        db = sqlite3.connect(tmp_path / "state.db")
        db.execute(f"PRAGMA user_version={tables.VERSION + 1}")
        db.close()
        with pytest.raises(BadFormat, match=f"format {tables.VERSION + 1}") as caught:
            Ledger(tmp_path / "state.db")
        assert "upgrade" in caught.value.hint

    def test_a_transaction_that_fails_leaves_everything_as_it_was(self, agreed):
        def rows():
            yield "p", B
            raise BadFormat("the checkpoint is cut off")

        with pytest.raises(BadFormat):
            agreed.replace(Checkpoint(9, rows()))
        assert agreed.seq == 1
        assert sides(agreed) == (A, A)
