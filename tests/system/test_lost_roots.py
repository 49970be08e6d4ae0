"""The directory goes away, is emptied, is replaced; most of a tree is deleted: the store keeps everything until a person agrees."""

import shutil

import pytest

FILES = 30


@pytest.fixture
def mounted(site):
    machine, root = site.mounted("root", context="guarded")
    for number in range(FILES):
        (root / f"f{number}").write_text(str(number))
    machine.holdall("flush", "guarded")
    assert len(site.keys("guarded")) == FILES
    return machine, root


def rename_away(root):
    root.rename(root.with_name("elsewhere"))


def empty(root):
    for path in root.iterdir():
        path.unlink()


def replace(root):
    root.rename(root.with_name("elsewhere"))
    root.mkdir()


@pytest.mark.parametrize("accident", [rename_away, empty, replace])
def test_nothing_is_deleted_in_the_store(site, mounted, accident):
    machine, root = mounted
    accident(root)
    done = machine.run("flush", "guarded", "--timeout", "20s")
    assert done.returncode == 4, (done.stdout, done.stderr)
    assert len(site.keys("guarded")) == FILES
    assert machine.mounts()["guarded"]["problems"]


def test_a_remount_brings_the_files_back(site, mounted):
    machine, root = mounted
    replace(root)
    assert machine.run("flush", "guarded", "--timeout", "20s").returncode == 4
    machine.holdall("unmount", "guarded", "--discard")
    machine.holdall("mount", root, "--context", "guarded")
    machine.holdall("wait", "guarded")
    assert len(list(root.iterdir())) == FILES
    assert len(site.keys("guarded")) == FILES


def test_approve_lets_a_mass_deletion_pass_and_an_edit_beside_it_never_waits(site, mounted):
    machine, root = mounted
    for number in range(FILES - 3):
        (root / f"f{number}").unlink()
    (root / "new").write_text("beside it")
    done = machine.run("flush", "guarded", "--timeout", "20s")
    assert done.returncode == 4, (done.stdout, done.stderr)
    assert "new" in site.keys("guarded")
    assert len(site.keys("guarded")) == FILES + 1
    machine.holdall("approve", "guarded")
    machine.holdall("flush", "guarded")
    machine.until(lambda: site.keys("guarded") == {"f27", "f28", "f29", "new"})


def test_a_root_that_comes_back_goes_on(site, mounted):
    machine, root = mounted
    rename_away(root)
    assert machine.run("flush", "guarded", "--timeout", "20s").returncode == 4
    root.with_name("elsewhere").rename(root)
    machine.until(lambda: not machine.mounts()["guarded"]["problems"])
    (root / "f0").write_text("changed")
    machine.holdall("flush", "guarded")
    shutil.rmtree(root / "none", ignore_errors=True)
    assert len(site.keys("guarded")) == FILES


def test_a_rename_of_everything_is_no_deletion(site, mounted):
    machine, root = mounted
    (root / "moved").mkdir()
    for number in range(FILES):
        (root / f"f{number}").rename(root / "moved" / f"f{number}")
    receipt = machine.holdall("flush", "guarded", "--json", "--timeout", "30s")
    assert (receipt["outcome"], receipt["uploaded_bytes"]) == ("complete", 0)
    machine.until(lambda: site.keys("guarded") == {f"moved/f{number}" for number in range(FILES)})
