"""What holds of every plan, whatever the three sides are: an ideal executor carries it out, wholly or up to a crash."""

from collections.abc import Callable, Iterator

from hypothesis import given, settings, strategies as st
from tests.rules import sides

from holdall.model import Entry, Kind, Tombstone
from holdall.rules.reconcile import UNKNOWN, UNREAD, Local, Sides, Verdict, clashes, decide, moved, parents

PATHS = ("a", "b", "c")
NESTED = ("a", "a/b", "a/b/c", "a/d", "e")
SEQ = 100
"""Above every vid that the letters have."""


class Trees:
    """Three flat trees, and the steps that a plan for them comes to.

    A step is a list of acts, in the order in which a crash may cut it off: what is seen by others first, the base last.
    """

    def __init__(self, rows):
        self.base = {path: base for path, (base, _, _) in rows.items() if base is not None}
        self.local = {path: local for path, (_, local, _) in rows.items() if local is not None}
        self.head = {path: head for path, (_, _, head) in rows.items() if head is not None}
        self.seq = SEQ

    def plan(self) -> dict[str, Verdict]:
        paths = {*self.base, *self.local, *self.head}
        return {path: self.verdict(path) for path in sorted(paths)}

    def verdict(self, path: str) -> Verdict:
        """As a survey asks: with the digest only where it matters."""
        local = self.local.get(path)
        found = decide(Sides(self.base.get(path), self.unread(path), self.head.get(path)))
        return (
            found
            if found is not Verdict.READ
            else decide(Sides(self.base.get(path), local, self.head.get(path)))
        )

    def unread(self, path: str) -> Local:
        local, base = self.local.get(path), self.base.get(path)
        if isinstance(local, Entry) and local.kind is Kind.FILE and not local.same_as(base):
            return local._replace(digest=UNREAD)
        return local

    def acts(self, path: str, verdict: Verdict) -> list[Callable[[], None]]:
        head, local = self.head.get(path), self.local.get(path)
        keep_as = next(name for name in copies(path) if name not in self.local and name not in self.head)
        match verdict:
            case Verdict.PUSH:
                entry = self.committed(local, head)
                return [lambda: self.head.update({path: entry}), lambda: self.base.update({path: entry})]
            case Verdict.PUSH_DELETE:
                gone = Tombstone(vid=SEQ)
                return [lambda: self.head.update({path: gone}), lambda: self.base.pop(path, None)]
            case Verdict.PULL:
                return [lambda: self.local.update({path: head}), lambda: self.base.update({path: head})]
            case Verdict.PULL_DELETE:
                return [lambda: self.local.pop(path, None), lambda: self.base.pop(path, None)]
            case Verdict.CONFLICT:
                return [
                    lambda: self.local.update({keep_as: local}),
                    lambda: self.local.update({path: head}),
                    lambda: self.base.update({path: head}),
                ]
            case Verdict.AGREE:
                both = head if isinstance(head, Entry) else local
                return [lambda: self.base.update({path: both})]
            case Verdict.FORGET:
                return [lambda: self.base.pop(path, None)]
            case _:
                return []

    def committed(self, local: Entry, head: Entry | Tombstone | None) -> Entry:
        """The same bytes keep their vid: only a line in the log travels."""
        self.seq += 1
        if isinstance(head, Entry) and local.same_bytes(head):
            return local._replace(vid=head.vid, uid=head.uid)
        return local._replace(vid=self.seq)

    def settle(self) -> None:
        """Pass after pass until nothing is left to do: a conflict copy needs a second one."""
        for _ in range(4):
            plan = self.plan()
            for path, verdict in plan.items():
                for act in self.acts(path, verdict):
                    act()
        assert set(self.plan().values()) <= {Verdict.NOTHING}

    def written(self) -> set[tuple[str, str, str]]:
        """Every user's bytes on either side that the base does not have at that path."""
        found = set()
        for path in {*self.local, *self.head}:
            for side in (self.local.get(path), self.head.get(path)):
                if (
                    isinstance(side, Entry)
                    and side.kind is not Kind.DIR
                    and not side.same_bytes(self.base.get(path))
                ):
                    found.add(content(side))
        return found

    def held(self) -> set[tuple[str, str, str]]:
        return {content(one) for one in self.local.values() if isinstance(one, Entry)}


def content(entry: Entry) -> tuple[str, str, str]:
    return entry.kind, entry.digest, entry.target


def copies(path: str) -> Iterator[str]:
    return (f"{path} (copy {number})" for number in range(99))


def plain(entry: Entry) -> Entry:
    """What a user sees of it."""
    kept = Entry(entry.kind, entry.size, digest=entry.digest, target=entry.target)
    return kept if entry.kind is Kind.SYMLINK else kept._replace(mode=entry.mode)


entries = st.sampled_from(["A", "A'", "A''", "B", "B'", "C", "D", "D'", "L", "M"]).map(sides.entry)
nothing = st.none()


@st.composite
def rows(draw):
    """One path. What the head has is the base, touched or not, or newer: a version of its own has a vid of its own."""
    base = draw(st.none() | entries)
    local = draw(st.just(base) | nothing | entries)
    touched = nothing if base is None else st.just(base._replace(mode=0o600, mtime_ns=7))
    news = st.just(base) | touched | nothing | st.sampled_from("TX").map(sides.remote) | entries.map(newer)
    return base, local, draw(news)


def newer(entry: Entry) -> Entry:
    return entry._replace(vid=entry.vid + 10)


trees = st.dictionaries(st.sampled_from(PATHS), rows(), max_size=3)
readable = trees.map(Trees)


def honours_expiry(trees: Trees, path: str) -> bool:
    """What was recycled stays here, unsent, and is agreed on."""
    head, local = trees.head.get(path), trees.local.get(path)
    stays = isinstance(head, Tombstone) and head.expired and local is not None and local.kind is Kind.FILE
    return stays and local.same_as(trees.base.get(path))


def assert_converged(trees: Trees) -> None:
    for path in {*trees.local, *trees.head, *trees.base}:
        if honours_expiry(trees, path):
            continue
        head = trees.head.get(path)
        live = plain(head) if isinstance(head, Entry) else None
        local = trees.local.get(path)
        assert (None if local is None else plain(local)) == live
        base = trees.base.get(path)
        assert (base is None) == (live is None)
        assert base is None or not moved(base, head)


@given(readable)
def test_one_pass_leaves_both_sides_and_the_base_equal_but_for_copies(trees):
    plan = trees.plan()
    conflicts = [path for path, verdict in plan.items() if verdict is Verdict.CONFLICT]
    for path, verdict in plan.items():
        for act in trees.acts(path, verdict):
            act()
    left = {path: verdict for path, verdict in trees.plan().items() if verdict is not Verdict.NOTHING}
    assert set(left.values()) <= {Verdict.PUSH}
    assert len(left) == len(conflicts)


@given(readable)
def test_in_the_end_everyone_agrees(trees):
    trees.settle()
    assert_converged(trees)


@given(readable)
def test_once_agreed_there_is_nothing_to_do(trees):
    trees.settle()
    before = dict(trees.base), dict(trees.local), dict(trees.head)
    trees.settle()
    assert (trees.base, trees.local, trees.head) == before


@given(readable)
def test_nothing_that_is_new_on_either_side_is_lost(trees):
    written = trees.written()
    trees.settle()
    assert written <= trees.held()


@given(readable)
def test_a_conflict_has_new_bytes_on_both_sides(trees):
    for path, verdict in trees.plan().items():
        if verdict is Verdict.CONFLICT:
            base, local, head = trees.base.get(path), trees.local[path], trees.head[path]
            assert not local.same_bytes(head)
            assert not local.same_bytes(base) or local.kind is not head.kind
            assert not head.same_bytes(base) or local.kind is not head.kind


@given(readable)
def test_nothing_that_was_deleted_on_one_side_and_untouched_on_the_other_stays(trees):
    deleted = [
        path
        for path, base in trees.base.items()
        if (path not in trees.local and trees.head.get(path) == base)
        or (trees.local.get(path) == base and not isinstance(trees.head.get(path), Entry))
    ]
    deleted = [path for path in deleted if not honours_expiry(trees, path)]
    trees.settle()
    assert not trees.local.keys() & deleted
    assert not [path for path in deleted if isinstance(trees.head.get(path), Entry)]


@given(readable)
def test_what_expired_stays_where_it_is_and_comes_back_only_with_an_edit(trees):
    before = dict(trees.local), dict(trees.head), dict(trees.base)
    trees.settle()
    local, head, base = before
    for path, gone in head.items():
        if isinstance(gone, Tombstone) and gone.expired and local.get(path) == base.get(path):
            was_file = path in local and local[path].kind is Kind.FILE
            assert trees.local.get(path) == (local[path] if was_file else None)
            assert trees.head[path] == gone


@given(readable, st.lists(st.integers(0, 3), min_size=3, max_size=3))
@settings(max_examples=300)
def test_a_crash_midway_costs_only_time(trees, done):
    """Each path's step got as far as it did; what was planned then is forgotten."""
    written = trees.written()
    plan = trees.plan()
    for (path, verdict), count in zip(plan.items(), done, strict=False):
        for act in trees.acts(path, verdict)[:count]:
            act()
    trees.settle()
    assert_converged(trees)
    assert written <= trees.held()


@given(trees, st.sampled_from(PATHS))
def test_an_unread_path_is_left_alone(rows, path):
    trees = Trees(rows)
    trees.local[path] = UNKNOWN
    before = trees.base.get(path), trees.head.get(path)
    trees.settle()
    assert trees.local[path] is UNKNOWN
    assert (trees.base.get(path), trees.head.get(path)) == before


# -- clashes


def nested(draw, like, which):
    """A tree as a disk can have it, in part as another one: nothing below what is no directory."""
    found: dict[str, Entry] = {}
    for path in NESTED:
        above = parents(path)
        if not above or getattr(found.get(above[0]), "kind", None) is Kind.DIR:
            entry = draw(st.just(like[path]) | nothing | which if path in like else nothing | which)
            if entry is not None:
                found[path] = entry
    return found


@st.composite
def nested_trees(draw):
    some = st.sampled_from(["D", "D", "A", "B", "L"]).map(sides.entry)
    trees = Trees({})
    trees.base = nested(draw, dict.fromkeys(NESTED, sides.entry("D")), some)
    trees.local = nested(draw, trees.base, some)
    trees.head = nested(draw, trees.base, some.map(newer))
    return trees


@given(nested_trees())
@settings(max_examples=500)
def test_what_is_committed_has_no_path_below_a_file(trees):
    mended = clashes(
        trees.plan(),
        lambda path: getattr(trees.local.get(path), "kind", None),
        lambda path: getattr(trees.head.get(path), "kind", None),
        lambda path: [one for one in sorted(trees.head) if one.startswith(path + "/")],
    )
    for path, verdict in mended.items():
        if verdict is Verdict.PUSH:
            trees.head[path] = trees.local[path]
        elif verdict is Verdict.PUSH_DELETE:
            del trees.head[path]
    for path in trees.head:
        assert all(above not in trees.head or trees.head[above].kind is Kind.DIR for above in parents(path))
