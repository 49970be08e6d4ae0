"""Which deletions go to the store, when, and which of them the guard keeps back."""

from tests.tables import cases

from holdall.engine.removals import Removals
from holdall.engine.words import Step
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.reconcile import Verdict

DIR = Entry(Kind.DIR, mode=0o755)


class Story:
    """Of twelve files. What passes is committed."""

    def __init__(self):
        self.removals = Removals()
        self.there = [f"f{number}" for number in range(12)]
        self.total = 12
        self.now = 0.0
        self.surveys = 0
        self.asked = []
        self.passed = 0
        self.by_hand = False
        self.turned = set()

    def found(self, paths, local=None):
        self.surveys += 1
        for path in paths:
            base = Entry(Kind.FILE, 1, 2, 0o644, f"digest of {path}")
            seen = Seen(path, SeenAs.ABSENT)
            self.removals.add(
                Step(path, Verdict.PUSH_DELETE, self.surveys, seen, local, base, base), self.now
            )

    def gone(self, count):
        self.found(self.there[:count])
        del self.there[:count]

    def other(self, count):
        """They are directories now."""
        self.found(self.there[:count], DIR)
        del self.there[:count]

    def back(self, count):
        for path in list(self.removals.waiting)[:count]:
            self.removals.drop(path)
            self.there.append(path)

    def turn(self, count):
        """They are directories by the time of the next look at them."""
        self.turned.update(list(self.removals.waiting)[:count])

    def moved(self, count):
        """Their bytes turn up elsewhere."""
        for number in range(count):
            self.removals.appeared(f"new/f{number}", f"digest of f{number}", self.now)

    def approve(self):
        self.removals.approve()

    def look(self):
        """A second passes, and what is due is looked at."""
        self._pass(1.0)

    def glance(self):
        self._pass(0.5)

    def flush(self):
        self._pass(0.0, hurry=True)

    def conflict(self):
        """Another machine takes the number of the commit."""
        self._pass(1.0, lost=True)

    def _pass(self, seconds, *, hurry=False, lost=False):
        self.now += seconds
        self.asked += self.removals.doubt(self.now, hurry=hurry)
        for step in self.asked:
            self.found([step.path], DIR if step.path in self.turned else step.local)
        passed = self.removals.pass_guard(self.now, self.total)
        self.asked = passed if lost else []
        if lost:
            for step in passed:
                self.removals.put_back(step)
            return
        self.by_hand = self.removals.approved(step.path for step in passed)
        self.removals.mirrored(passed, self.now)
        self.passed += len(passed)
        self.total -= len(passed)

    def tell(self, words):
        for one in words.split(", "):
            name, *count = one.split()
            getattr(self, name)(*map(int, count))


@cases("""
                                       happens                                      passed  held  by_hand
    not before the last look           gone 6                                       0       0     no
    nor too soon                       gone 6, glance                               0       0     no
    each waits its time                gone 3, glance, gone 3, glance               3       0     no
    and goes with the next             gone 3, glance, gone 3, glance, look         6       0     no
    who flushes does not wait          gone 6, flush                                6       0     no
    more than half                     gone 7, look                                 0       7     no
    what a person approved             gone 7, look, approve, look                  7       0     yes
    not before another look at it      gone 7, look, approve                        0       0     no
    approved before there were any     approve, gone 7, look                        0       7     no
    not what they did not see          gone 7, look, approve, gone 5, look          7       5     yes
    only what they saw is by hand      gone 7, look, approve, look, gone 1, look    8       0     no
    what they saw does not count       gone 7, look, approve, look, gone 2, look    9       0     no
    approved, and the commit was lost  gone 7, look, approve, conflict, look        7       0     yes
    all of them moved                  moved 7, gone 7, look                        7       0     no
    one has moved, as it turns out     gone 7, look, moved 1, look                  7       0     no
    all are back                       gone 7, look, back 7, gone 1, look           1       0     no
    one is back                        gone 7, look, back 1, look                   0       6     no
    came back after it was approved    gone 7, look, approve, back 7, gone 7, look  0       7     no
    they are directories now           other 12, look                               12      0     no
    which counts for nothing           other 6, look, gone 1, look                  7       0     no
    became one since it was gone       gone 1, turn 1, look                         0       0     no
    when that was looked at too        gone 1, turn 1, look, look                   1       0     no
    even where others are held         gone 7, look, other 2, look                  2       7     no
    a few at a time                    gone 6, look, gone 1, look                   6       1     no
""")
def test_what_passes(happens, passed, held, by_hand):
    story = Story()
    story.tell(happens)
    assert (story.passed, len(story.removals.held())) == (int(passed), int(held))
    assert story.by_hand == (by_hand == "yes")
