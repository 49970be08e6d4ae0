"""A git repository and an SQLite database, worked in while they travel."""

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from contextlib import closing

IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def git(root, *args):
    done = subprocess.run(
        ["git", *args],
        cwd=root,
        env=os.environ | IDENTITY,
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (args, done.stderr)
    return done.stdout


def commits(root, label):
    for number in range(6):
        (root / f"file-{number}").write_text(f"{label} {number}")
        git(root, "add", ".")
        git(root, "commit", "-qm", f"{label} {number}")


def rebase(root):
    git(root, "checkout", "-qb", "side", "HEAD~4")
    (root / "aside").write_text("aside")
    git(root, "add", ".")
    git(root, "commit", "-qm", "aside")
    git(root, "rebase", "-q", "main")


def collect(root):
    """More objects and refs go than half of the mount has; the branch's own file is one of them."""
    for number in range(40):
        (root / "often").write_text(str(number))
        git(root, "add", ".")
        git(root, "commit", "-qm", f"often {number}")
    git(root, "gc", "-q")
    assert not (root / ".git/refs/heads/main").exists()


def test_a_repository_is_whole_on_the_other_machine_after_each_flush(site):
    one, mine = site.mounted("mine", context="repo")
    other, theirs = site.mounted("theirs", context="repo")
    git(mine, "init", "-q", "-b", "main")
    work = [
        lambda: commits(mine, "first"),
        lambda: rebase(mine),
        lambda: collect(mine),
        lambda: commits(mine, "last"),
    ]
    for step in work:
        step()
        one.holdall("flush", "repo", "--timeout", "60s")
        other.holdall("wait", "repo", "--timeout", "60s")
        git(theirs, "fsck", "--full", "--strict")
        assert git(theirs, "rev-parse", "HEAD") == git(mine, "rev-parse", "HEAD")
        assert git(theirs, "log", "--format=%H") == git(mine, "log", "--format=%H")
        assert git(theirs, "for-each-ref") == git(mine, "for-each-ref")


def test_a_database_that_is_written_all_the_while_opens_there(site):
    one, mine = site.mounted("mine", context="data")
    other, theirs = site.mounted("theirs", context="data")
    over = threading.Event()

    def write(mode):
        with closing(sqlite3.connect(mine / f"{mode}.db")) as database:
            database.execute(f"PRAGMA journal_mode={mode}")
            database.execute("CREATE TABLE t (n INTEGER, text TEXT)")
            number = 0
            while not over.is_set():
                database.executemany(
                    "INSERT INTO t VALUES (?, ?)", [(number + n, "x" * 300) for n in range(20)]
                )
                database.commit()
                number += 20
                time.sleep(0.03)

    writers = [threading.Thread(target=write, args=(mode,)) for mode in ("wal", "delete")]
    for writer in writers:
        writer.start()
    try:
        rows = {"wal": 0, "delete": 0}
        for round_ in range(3):
            time.sleep(0.5)
            one.holdall("flush", "data", "--timeout", "60s")
            other.holdall("wait", "data", "--timeout", "60s")
            copy = other.home / f"copy-{round_}"
            shutil.copytree(theirs, copy)
            for mode, before in rows.items():
                with closing(sqlite3.connect(copy / f"{mode}.db")) as database:
                    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                    rows[mode] = database.execute("SELECT count(*) FROM t").fetchone()[0]
                assert rows[mode] > before, mode
    finally:
        over.set()
        for writer in writers:
            writer.join()
