"""Two daemons on one context, both at work."""

import random

from tests.system.site import differences, tree

ROUNDS = 60


def test_both_edit_and_nothing_is_lost(site):
    one, mine = site.mounted("mine", context="shared")
    other, theirs = site.mounted("theirs", context="shared")
    dice = random.Random(7)
    last = {}
    for number in range(ROUNDS):
        for root in (mine, theirs):
            path = root / dice.choice(["a.txt", "b.txt", "c/d.txt", "c/e.txt"])
            path.parent.mkdir(exist_ok=True)
            text = f"{root.name} {number}"
            path.write_text(text)
            last[root.name, path.name] = text
        if number % 20 == 10:
            one.holdall("flush", "shared")
    for machine in (one, other, one, other):
        machine.holdall("sync", "shared", "--timeout", "60s")
    assert tree(mine) == tree(theirs), differences(mine, theirs)
    texts = {path.read_text() for path in mine.rglob("*") if path.is_file()}
    for (_, name), text in last.items():
        assert text in texts, f"the last write to {name} is nowhere: {text}"


def test_a_save_reaches_the_other_machine(site):
    _one, mine = site.mounted("mine", context="quick")
    other, theirs = site.mounted("theirs", context="quick")
    (mine / "n.md").write_text("hi")
    other.until((theirs / "n.md").exists)
    assert (theirs / "n.md").read_text() == "hi"


def test_a_deletion_reaches_the_other_machine(site):
    one, mine = site.mounted("mine", context="less")
    other, theirs = site.mounted("theirs", context="less")
    for name in "abc":
        (mine / name).write_text(name)
    one.holdall("flush", "less")
    other.holdall("wait", "less")
    (mine / "b").unlink()
    one.holdall("flush", "less")
    other.holdall("wait", "less")
    assert sorted(path.name for path in theirs.iterdir()) == ["a", "c"]
    assert one.holdall("history", "b", "--context", "less")
