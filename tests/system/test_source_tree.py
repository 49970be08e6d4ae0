"""A real source tree: up, killed in the middle, taken up again, and restored elsewhere."""

import shutil
import signal
import sysconfig
from pathlib import Path

from tests.system.site import differences, tree

LEAST_FILES = 5000


def packages(target):
    """Installed packages of this Python, as many as give the number of files; with the odd things that real trees have."""
    target.mkdir(exist_ok=True)
    count = 0
    for package in sorted(Path(sysconfig.get_path("purelib")).iterdir()):
        if count >= LEAST_FILES:
            break
        if package.is_dir() and not package.is_symlink():
            shutil.copytree(
                package, target / package.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
            )
            count += sum(1 for one in (target / package.name).rglob("*") if one.is_file())
    assert count >= LEAST_FILES
    (target / "empty").mkdir()
    (target / "link").symlink_to("empty")
    (target / "script").write_text("#!/bin/sh\n")
    (target / "script").chmod(0o755)
    return count


def test_a_tree_survives_a_kill_in_the_middle_of_its_upload(site):
    here = site.machine()
    source = here.home / "source"
    count = packages(source)
    daemon = here.daemon()
    here.holdall("mount", source, "--context", "tree")
    here.until(lambda: len(site.keys("tree")) > count // 10)
    here.end(daemon, signal.SIGKILL)
    assert len(site.keys("tree")) < count, "it was too quick to be killed in the middle"

    (source / "script").write_text("#!/bin/sh\nexit 1\n")
    shutil.rmtree(source / "empty")
    here.daemon()
    receipt = here.holdall("flush", "tree", "--json", "--timeout", "120s")
    assert receipt["outcome"] == "complete"

    there, target = site.mounted("elsewhere", context="tree")
    there.holdall("wait", "tree", "--timeout", "120s")
    assert tree(target) == tree(source), differences(source, target)
    assert here.holdall("flush", "tree", "--json")["uploaded_files"] == 0
