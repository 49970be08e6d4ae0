"""A rule that is changed deletes nothing, on either side: what took no part was nobody's deletion, and an edit stays an edit."""

import random

import pytest

from holdall.engine import effects, events
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.rulebook import Rulebook
from holdall.engine.words import Outcome, Step, Until
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.policies.effective import White
from holdall.rules.directions import Flags, SyncType
from holdall.rules.reconcile import Verdict
from holdall.rules.whitelist import WhiteList

KEPT, LEFT = "src/a", "data/sub/b"
RULES = ".holdallignore"


class Site:
    """Two machines that agree on `src/a` and `data/sub/b`; a rule of the first one may leave `data` out."""

    def __init__(self, world, how):
        self.world = world
        self.how = how
        self.one, self.other = (world.machine(name) for name in ("one", "other"))
        self._restart()
        self.one.disk.write(KEPT, b"A")
        self.one.disk.write(LEFT, b"B")
        self.settle()
        assert self.other.disk.read(LEFT) == b"B"

    def leave_out(self):
        self._rule(whites=[White("src")], patterns=["data/"], text=b"/data\n")

    def take_in(self):
        self._rule(whites=[], patterns=[], text=None)

    def _rule(self, whites, patterns, text):
        match self.how:
            case "white list":
                self._restart(whites=WhiteList(whites))
            case "ignore list":
                self._restart(patterns)
            case "rules file" if text is not None:
                self.one.disk.write(RULES, text)
            case _ if RULES in _files(self.one.disk):
                self.one.disk.delete(RULES)
        self.settle()

    def _restart(self, *args, **rules):
        self.one.kill()
        self.one.skip = Rulebook(self.one.disk, *args, **rules)
        self.one.boot()

    def settle(self):
        for _ in range(2):
            for machine in (self.one, self.other):
                machine.flush(Until.SYNCED)
                assert not machine.problems

    def trees(self):
        """What each has of the path that is left out, and of what was made of it; and the store."""
        return [
            {
                path.removeprefix("data/sub/"): disk.read(path)
                for path in _files(disk)
                if path.startswith("data")
            }
            for disk in (self.one.disk, self.other.disk)
        ]

    def stored(self):
        return self.world.keys("files/data/")


def _files(disk):
    return [seen.path for seen in disk.scan() if seen.what == "file"]


@pytest.fixture(params=["white list", "ignore list", "rules file"])
def site(world, request):
    return Site(world, request.param)


def test_leaving_out_deletes_nothing_and_neither_does_taking_in(site):
    for change in (site.leave_out, site.take_in, site.leave_out):
        change()
        assert site.trees() == [{"b": b"B"}, {"b": b"B"}]
        assert site.stored() == {"sub/b"}


def test_meanwhile_nothing_goes_either_way(site):
    site.leave_out()
    site.one.disk.write("data/sub/b", b"mine")
    site.one.disk.write("data/new", b"mine")
    site.other.disk.write("data/sub/c", b"theirs")
    site.settle()
    assert site.trees() == [{"b": b"mine", "data/new": b"mine"}, {"b": b"B", "c": b"theirs"}]
    assert site.stored() == {"sub/b", "sub/c"}


def test_a_deletion_there_is_none_here(site):
    site.leave_out()
    site.other.disk.delete(LEFT)
    site.settle()
    assert site.trees() == [{"b": b"B"}, {}]
    site.take_in()
    assert site.trees() == [{"b": b"B"}, {"b": b"B"}]


def test_a_deletion_here_is_none_there(site):
    site.leave_out()
    site.one.disk.delete("data")
    site.settle()
    assert site.trees() == [{}, {"b": b"B"}]
    site.take_in()
    assert site.trees() == [{"b": b"B"}, {"b": b"B"}]


def test_once_it_takes_part_again_its_deletion_counts(site):
    site.leave_out()
    site.take_in()
    site.other.disk.write("data/keep", b"1")
    site.settle()
    site.one.disk.delete(LEFT)
    site.settle()
    assert site.trees() == [{"data/keep": b"1"}, {"data/keep": b"1"}]


@pytest.mark.parametrize(("mine", "theirs"), [(b"mine", None), (None, b"theirs"), (b"same", b"same")])
def test_an_edit_meanwhile_is_one(site, mine, theirs):
    site.leave_out()
    for machine, data in ((site.one, mine), (site.other, theirs)):
        if data is not None:
            machine.disk.write(LEFT, data)
    site.settle()
    site.take_in()
    assert site.trees() == [{"b": mine or theirs}] * 2


def test_edits_on_both_sides_are_both_kept(site):
    site.leave_out()
    site.one.disk.write(LEFT, b"mine")
    site.other.disk.write(LEFT, b"theirs")
    site.settle()
    site.take_in()
    ours, others = site.trees()
    assert ours == others
    assert sorted(ours.values()) == [b"mine", b"theirs"]
    assert ours["b"] == b"theirs"


def test_what_did_not_change_is_not_read_again(site, monkeypatch):
    site.leave_out()
    opened = []
    open_ = site.one.disk.open
    monkeypatch.setattr(site.one.disk, "open", lambda path: opened.append(path) or open_(path))
    site.take_in()
    assert LEFT not in opened


def test_a_rule_that_is_not_known_any_more_makes_nothing_forgotten(world):
    """A rules file that cannot be read leaves all out for now."""
    one = world.machine("one")
    for path in (RULES, "a", "b"):
        one.disk.write(path, b"*.tmp")
    one.flush()
    one.kill()
    one.skip = Rulebook(one.disk)
    one.disk.tree.nodes[RULES].mode = 0
    one.boot()
    one.flush()
    assert one.skip("a", False)
    assert one.ledger.row("a").base is not None


def test_what_was_queued_before_a_rule_changed_is_looked_at_again():
    mount = Mount(SyncType.AUTO, Pace(transfers=1), random.Random(1), seq=0)
    for event in (events.Tick(), events.Recovered()):
        mount.handle(event, 0.0)
    (survey,) = [one for one in mount.handle(events.Refreshed(0), 0.0) if isinstance(one, effects.Survey)]
    steps = tuple(
        Step(path, Verdict.PUSH, survey.number, Seen(path, SeenAs.FILE), Entry(Kind.FILE, 2**20), None, None)
        for path in ("under way", "queued")
    )
    mount.handle(events.Surveyed(survey.number, steps), 0.0)
    again = mount.handle(events.Renewed(), 0.0)
    assert mount.flow.busy.keys() == {"under way"}
    assert [one.scope for one in again if isinstance(one, effects.Survey)] == ["full"]


@pytest.mark.parametrize("machine", ["one", "other"])
def test_an_entry_that_matches_nothing_is_told_of(world, machine):
    """What only the store has is something."""
    world.machine("one").disk.write("src/a", b"1")
    world.machines[0].flush()
    whites = WhiteList([White("src"), White("scr"), White(r"src/.*\.py", (), is_path_regex=True), White()])
    found = world.machine("other") if machine == "other" else world.machines[0]
    found.kill()
    found.skip = Rulebook(found.disk, whites=whites)
    found.flags = Flags(auto_download=False)
    found.boot()
    found.flush()
    assert found.mount.findings.unmatched == ((1, "scr"), (2, r"src/.*\.py"))
    found.disk.write("scr/b", b"2")
    found.disk.write("src/b.py", b"2")
    found.flush()
    assert found.mount.findings.unmatched == ()


def test_a_directory_above_what_it_names_is_as_private_as_elsewhere(world, one):
    one.disk.write("private/src/a", b"1")
    one.disk.chmod("private", 0o700)
    one.flush()
    other = world.machine("other")
    other.kill()
    other.skip = Rulebook(other.disk, whites=WhiteList([White("private/src")]))
    other.boot()
    assert other.flush(Until.RESTORED).outcome is Outcome.COMPLETE
    assert _files(other.disk) == ["private/src/a"]
    assert other.disk.tree.nodes["private"].mode == 0o700
    assert other.ledger.row("private").base is None
    other.disk.chmod("private", 0o755)
    other.flush()
    one.flush(Until.RESTORED)
    assert one.disk.tree.nodes["private"].mode == 0o700


@pytest.mark.parametrize("rules", [{"whites": WhiteList([White("src")])}, {"patterns": ["data/"]}])
def test_bytes_that_the_store_has_lost_are_nobodys_concern_where_they_take_no_part(world, one, rules):
    one.disk.write("data/sub/x", b"1")
    one.flush()
    one.leave()
    other = world.machine("other")
    other.kill()
    other.skip = Rulebook(other.disk, **rules)
    other.boot()
    world.store.delete("files/data/sub/x")
    assert other.flush(thorough=True).outcome is Outcome.COMPLETE
    other.kill()
    other.skip = None
    other.boot()
    assert other.flush(thorough=True).outcome is Outcome.PARTIAL


class Deletions(Site):
    """Both machines change their rules and files at random, and delete only what takes no part at the time."""

    PATHS = (KEPT, LEFT, "src/c", "data/d", "data/sub/e/f")

    def __init__(self, world, seed):
        self.stored_once = set()
        super().__init__(world, "white list")
        self.dice = random.Random(seed)

    def settle(self):
        super().settle()
        self.stored_once |= self.world.keys()

    def step(self):
        machine = self.dice.choice([self.one, self.other])
        match self.dice.choice(["write", "write", "delete", "rules", "settle"]):
            case "write":
                machine.disk.write(self.dice.choice(self.PATHS), b"%d" % self.dice.randrange(10**9))
            case "delete":
                outside = [
                    path for path in _files(machine.disk) if machine.skip and machine.skip(path, False)
                ]
                if outside:
                    machine.disk.delete(self.dice.choice(outside))
            case "rules":
                self.rule(machine, self.dice.choice([[], [White("src")], [White("", ("data/sub",))]]))
            case "settle":
                self.settle()

    def rule(self, machine, whites):
        """Whatever was deleted so far was deleted under the rules before."""
        self.settle()
        machine.kill()
        machine.skip = Rulebook(machine.disk, whites=WhiteList(whites))
        machine.boot()
        self.settle()


@pytest.mark.parametrize("seed", range(12))
def test_no_order_of_rules_and_edits_loses_a_path(world, seed):
    site = Deletions(world, seed)
    for _ in range(25):
        site.step()
    for machine in (site.one, site.other):
        site.rule(machine, [])
    site.settle()
    ours, theirs = (
        {path: machine.disk.read(path) for path in _files(machine.disk)} for machine in (site.one, site.other)
    )
    assert ours == theirs
    assert site.stored_once <= ours.keys()
