"""`conflicts resolve` in a directory that a daemon has mounted."""

COPY = "a (conflict 2026-11-22 14-03-22 laptop)"


def torn(machine):
    notes = machine.directory("notes", a="winner")
    (notes / COPY).write_text("loser")
    machine.holdall("up", notes)
    machine.holdall("flush")
    return notes


def test_it_is_over_when_the_command_is(machine):
    notes = torn(machine)
    done = machine.holdall("conflicts", "resolve", COPY, "--keep", "copy", "--json", cwd=notes)
    assert done["kept_as"] is None
    assert done["commit"] > 1
    assert machine.holdall("conflicts", cwd=notes) == "no conflicts\n"
    assert machine.objects("notes") == {"a": "loser"}


def test_also_where_the_copy_goes(machine):
    notes = torn(machine)
    machine.holdall("conflicts", "resolve", COPY, "--keep", "original", cwd=notes)
    assert machine.holdall("conflicts", cwd=notes) == "no conflicts\n"


def test_what_keeps_it_from_the_store_is_told(machine):
    notes = torn(machine)
    machine.holdall("pause", "notes")
    done = machine.run("conflicts", "resolve", COPY, "--keep", "copy", cwd=notes)
    assert (done.returncode, (notes / "a").read_text()) == (0, "loser")
    assert done.stderr == (
        "it is done here, and in no commit yet: notes is paused\n  `holdall resume notes` goes on with it\n"
    )
