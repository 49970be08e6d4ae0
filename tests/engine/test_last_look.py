"""Before a deletion goes to the store, it is looked at once more."""

import random

import pytest
from tests.engine.by_clock import World

from holdall.engine import effects, events, words
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.words import Scope, Step, Until
from holdall.errors import Unavailable
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.directions import SyncType
from holdall.rules.reconcile import Verdict
from holdall.store.base import Capabilities


class TestAProgramThatSavesByDeletingFirst:
    @pytest.fixture
    def world(self):
        return World(Capabilities())

    @pytest.fixture
    def one(self, world):
        """Its file was saved twice already, so that it is looked at ever less often."""
        one = world.machine("one")
        one.disk.write("f", b"first")
        one.disk.write("other", b"other")
        world.pass_time(5)
        for content in (b"second", b"third"):
            one.disk.write("f", content)
            world.pass_time(5)
        assert world.store.get("files/f") == b"third"
        return one

    @pytest.fixture
    def commits(self, one, monkeypatch):
        """The paths whose deletion is committed."""
        gone = []
        real = one.hands.uploads.commit

        def commit(effect):
            gone.extend(one.step.path for one in effect.items if one.step.verdict is Verdict.PUSH_DELETE)
            return real(effect)

        monkeypatch.setattr(one.hands.uploads, "commit", commit)
        return gone

    def save(self, world, one, content, away_s):
        one.disk.delete("f")
        world.pass_time(away_s)
        one.disk.write("f", content)

    @pytest.mark.parametrize("away_s", [0.05, 0.9])
    def test_deletes_nothing(self, world, one, commits, away_s):
        world.pass_time(120)
        self.save(world, one, b"fourth", away_s)
        world.pass_time(0.5)
        assert world.store.get("files/f") == b"fourth"
        assert not commits

    def test_deletes_nothing_though_nobody_tells_of_it(self, world, one, commits):
        world.pass_time(120)
        one.disk.delete("f")
        world.pass_time(0.05)
        one.disk.on_event = None
        one.disk.write("f", b"fourth")
        world.pass_time(5)
        assert world.store.get("files/f") == b"fourth"
        assert not commits

    def test_deletes_what_it_does_not_write_again(self, world, one, commits):
        world.pass_time(120)
        one.disk.delete("f")
        world.pass_time(5)
        assert commits == ["f"]

    def test_does_not_wait_for_its_pause_where_it_does_so_again(self, world, one, commits):
        for content in (b"4", b"5", b"6", b"7"):
            world.pass_time(8)
            self.save(world, one, content, 0.05)
            world.pass_time(0.5)
            assert world.store.get("files/f") == content
        assert not commits

    def test_is_not_taken_for_it_where_there_is_something_odd_by_then(self, world, one, commits):
        world.pass_time(120)
        one.disk.delete("f")
        world.pass_time(0.05)
        one.disk.on_event = None
        one.disk.mkfifo("f")
        world.pass_time(5)
        assert not commits
        assert one.flush().left


FILE = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64)
DIR = Entry(Kind.DIR, mode=0o755)


def gone(path, number, base=FILE):
    return Step(path, Verdict.PUSH_DELETE, number, Seen(path, SeenAs.ABSENT), None, base, base)


class Told:
    """A mount that has seen everything, told of one event after the other."""

    def __init__(self):
        self.mount = Mount(SyncType.AUTO, Pace(), random.Random(1), seq=1)
        self.now = 0.0
        for event in events.Tick(), events.Recovered(), events.Refreshed(1), events.Surveyed(1, total=20):
            self.tell(event)

    def tell(self, event):
        asked = self.mount.handle(event, self.now)
        return [one for one in asked if not isinstance(one, effects.Wake)]

    def finds(self, survey, *steps):
        return self.tell(events.Surveyed(survey.number, steps, total=20))

    def flush(self):
        """The survey that it leads to."""
        assert self.tell(events.Ask(1, Until.DURABLE)) == [effects.Refresh(sure=True)]
        (survey,) = self.tell(events.Refreshed(1))
        return survey


@pytest.fixture
def told():
    return Told()


def test_a_flush_looks_at_exactly_what_is_gone(told):
    survey = told.flush()
    (look,) = told.finds(survey, *(gone(path, survey.number) for path in "ab"))
    assert (look.scope, look.paths) == (Scope.PATHS, ("a", "b"))
    (commit,) = told.finds(look, gone("a", look.number))
    assert [item.step.path for item in commit.items] == ["a"]


def test_a_directory_is_looked_at_with_all_that_was_in_it(told):
    survey = told.flush()
    tree = {"d": DIR, "d/a": FILE, "d/e": DIR, "d/e/b": FILE}
    (look,) = told.finds(survey, *(gone(path, survey.number, base) for path, base in tree.items()))
    assert (look.scope, look.paths) == (Scope.TREES, ("d",))
    (commit,) = told.finds(look, *(gone(path, look.number, base) for path, base in tree.items()))
    assert {item.step.path for item in commit.items} == set(tree)


class TestIsNotTaken:
    """Deletions go last: what is gone here may be there under another name."""

    def test_while_something_goes_up(self, told):
        survey = told.flush()
        new = Step("new", Verdict.PUSH, survey.number, Seen("new", SeenAs.FILE), FILE, None, None)
        (push,) = told.finds(survey, gone("a", survey.number), new)
        (commit,) = told.tell(events.PushDone((words.Pushed(new, FILE, None),)))
        assert (push.steps, [item.step.path for item in commit.items]) == ((new,), ["new"])
        asked = told.tell(events.Committed(2, commit.items))
        assert [one.paths for one in asked if isinstance(one, effects.Survey)] == [("a",)]

    def test_before_a_look_everywhere_is_through(self, told):
        """It is a long one: what it found so far comes down already."""
        survey = self.doubted(told, events.Lost(""))
        assert survey.scope is Scope.FULL
        arriving = tuple(
            Step(
                f"n{number}", Verdict.PULL, survey.number, Seen(f"n{number}", SeenAs.ABSENT), None, None, FILE
            )
            for number in range(1000)
        )
        asked = told.tell(events.Surveyed(survey.number, (*arriving, gone("a", survey.number)), more=True))
        assert {type(one) for one in asked} == {effects.Fetch, effects.SurveyMore}
        (commit,) = told.finds(survey)
        assert [item.step.path for item in commit.items] == ["a"]

    def test_before_the_look_of_whoever_waits_has_begun(self, told):
        look = self.doubted(told, events.Tick())
        assert not told.tell(events.Ask(1, Until.DURABLE))
        assert [type(one) for one in told.finds(look, gone("a", look.number))] == [effects.Refresh]
        (survey,) = told.tell(events.Refreshed(1))
        assert survey.scope is Scope.FULL

    def doubted(self, told, event):
        """`a` is gone; the survey that looks at it once more, when this is told two seconds later."""
        (survey,) = told.tell(events.Lost(""))
        told.finds(survey, gone("a", survey.number))
        told.now += 2.0
        (look,) = told.tell(event)
        return look


class TestApproved:
    @pytest.fixture
    def held(self, told):
        """All but one of twenty files are gone; the survey that saw it last."""
        paths = [f"f{number:02}" for number in range(19)]
        survey = told.flush()
        (look,) = told.finds(survey, *(gone(path, survey.number) for path in paths))
        (answer,) = told.finds(look, *(gone(path, look.number) for path in paths))
        assert answer.receipt.held == 19
        return paths

    def approve(self, told):
        return [one for one in told.tell(events.Approve()) if isinstance(one, effects.Survey)]

    def test_twice_does_not_accept_what_is_mounted_as_well(self, told, held):
        (look,) = self.approve(told)
        assert not self.approve(told)
        (commit,) = told.finds(look, *(gone(path, look.number) for path in held))
        assert (len(commit.items), commit.approved, look.trust_root) == (19, True, False)
        assert not self.approve(told)
        asked = told.tell(events.Committed(2, commit.items))
        (survey,) = [one for one in asked if isinstance(one, effects.Survey)]
        assert not survey.trust_root

    def test_once_more_when_that_is_through_does(self, told, held):
        (look,) = self.approve(told)
        (commit,) = told.finds(look, *(gone(path, look.number) for path in held))
        told.tell(events.Committed(2, commit.items))
        (survey,) = self.approve(told)
        assert survey.trust_root

    @pytest.mark.parametrize("lost", [{"lost": True}, {"error": Unavailable("no answer")}])
    def test_holds_for_the_next_try(self, told, held, lost):
        (look,) = self.approve(told)
        (commit,) = told.finds(look, *(gone(path, look.number) for path in held))
        asked = told.tell(events.Committed(pending=commit.items, **lost))
        for _ in range(100):
            match asked:
                case [effects.Commit(items, approved)]:
                    break
                case [effects.Refresh()]:
                    asked = told.tell(events.Refreshed(1))
                case [effects.Survey(number) as look]:
                    asked = told.finds(look, *(gone(path, number) for path in held))
                case _:
                    told.now += 1.0
                    asked = told.tell(events.Tick())
        assert (len(items), approved) == (19, True)

    def test_is_over_where_they_are_all_back(self, told, held):
        (look,) = self.approve(told)
        (commit,) = told.finds(look, *(gone(path, look.number) for path in held))
        told.tell(events.Committed(pending=commit.items, lost=True))
        told.tell(events.Lost(""))
        (survey,) = told.tell(events.Refreshed(1))
        told.finds(survey)
        (survey,) = self.approve(told)
        assert survey.trust_root

    def test_is_over_where_another_machine_came_first(self, told, held):
        (look,) = self.approve(told)
        (commit,) = told.finds(look, *(gone(path, look.number) for path in held))
        told.tell(events.Committed(2, stale=commit.items))
        assert not told.mount.removals.approving

    def test_not_what_could_not_be_looked_at_any_more(self, told, held):
        (survey,) = told.tell(events.Lost("f00"))
        told.tell(
            events.Surveyed(survey.number, left=(words.LeftPath("f00", "permission denied"),), total=20)
        )
        assert told.mount.held == 18
