"""A real source tree: up, killed in the middle, taken up again, and restored elsewhere."""

import shutil
import signal
import sysconfig
from pathlib import Path

from tests.gate import Gate
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


def test_a_tree_survives_a_kill_in_the_middle_of_its_upload(site, tmp_path):
    source = tmp_path / "source"
    count = packages(source)
    half_bytes = sum(one.lstat().st_size for one in source.rglob("*") if one.is_file()) // 2
    with Gate(site.server.url, half_bytes) as gate:
        here = site.machine(endpoint=gate.url)
        daemon = here.daemon()
        here.holdall("mount", source, "--context", "tree")
        assert gate.shut.wait(60), "it does not upload"
        here.end(daemon, signal.SIGKILL)
        # Half of the bytes cannot be all of the files, however quick the machine is.
        assert 0 < len(site.keys("tree")) < count
        gate.open()

        (source / "script").write_text("#!/bin/sh\nexit 1\n")
        shutil.rmtree(source / "empty")
        here.daemon()
        receipt = here.holdall("flush", "tree", "--json", "--timeout", "120s")
        assert receipt["outcome"] == "complete"

        there, target = site.mounted("elsewhere", context="tree")
        there.holdall("wait", "tree", "--timeout", "120s")
        assert tree(target) == tree(source), differences(source, target)
        assert here.holdall("flush", "tree", "--json")["uploaded_files"] == 0
