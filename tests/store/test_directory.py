import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from tests import small_disks
from tests.local.hands import as_nobody
from tests.store.contract import StoreContract

from holdall.errors import ConditionFailed, Denied, NoBucket, NotThere, Refused, StoreFull
from holdall.store import directory_records
from holdall.store.base import ABSENT, Store
from holdall.store.directory import DirectoryStore

SHADOW = ".holdall-store"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def store(root):
    made = DirectoryStore(root)
    yield made
    made.close()


@pytest.fixture
def open_folder():
    """Others may pass through it, as they may not through pytest's own."""
    with tempfile.TemporaryDirectory(prefix="holdall-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def small_disk():
    with small_disks.small_disk(8 << 20) as at:
        yield at


class TestDirectory(StoreContract):
    @pytest.fixture
    def store(self, store) -> Store:
        return store

    def test_a_key_above_another_is_refused(self, store):
        store.put("a/b", b"x")
        with pytest.raises(ConditionFailed, match="above or below"):
            store.put("a", b"y")
        with pytest.raises(ConditionFailed):
            store.put("a", b"y", when=ABSENT)
        assert store.get("a/b") == b"x"

    @pytest.mark.parametrize("when", [None, ABSENT])
    @pytest.mark.parametrize("below", ["a/b", "a/b/c"])
    def test_a_key_below_another_is_refused(self, store, below, when):
        store.put("a", b"x")
        with pytest.raises(ConditionFailed, match="above or below"):
            store.put(below, b"y", when=when)
        assert store.get("a") == b"x"

    @pytest.mark.parametrize("key", ["x" * 256, f"a/{'ü' * 128}/b"])
    def test_a_name_the_file_system_refuses(self, store, key):
        store.put("old", b"x")
        for write in (lambda: store.put(key, b""), lambda: store.copy("old", key)):
            with pytest.raises(Refused, match="name"):
                write()
        assert store.head(key) is None
        with pytest.raises(NotThere):
            store.get(key)
        store.delete(key)
        assert [found.key for found in store.list("")] == ["old"]

    @pytest.mark.parametrize("key", ["../out", "a/../b", "./a", "a//b", "/a", "a/", SHADOW, f"{SHADOW}/lock"])
    def test_a_key_that_would_leave_its_place(self, store, key):
        for act in (store.get, store.head, store.delete, lambda k: store.put(k, b"")):
            with pytest.raises(Refused):
                act(key)

    def test_nothing_is_left_behind(self, store, root):
        etag = store.put("a/b/c", b"1", meta={"uid": "1"}).etag
        etag = store.put("a/b/c", b"2", meta={"uid": "2"}, when=etag).etag
        store.copy("a/b/c", "d", etag=etag, when=ABSENT)
        with pytest.raises(ConditionFailed):
            store.put("d", b"3", meta={"uid": "3"}, when=ABSENT)
        for key in ("a/b/c", "d"):
            store.delete(key)
        assert [p.name for p in root.iterdir()] == [SHADOW]
        assert [p.name for p in (root / SHADOW).rglob("*") if p.is_file()] == ["lock"]


class TestForeignTools:
    def test_their_files_are_objects(self, store, root):
        (root / "files").mkdir()
        (root / "files/a.txt").write_bytes(b"theirs")
        found = store.head("files/a.txt")
        assert (found.size, found.meta) == (6, {})
        assert [o.etag for o in store.list("")] == [found.etag]
        assert store.get("files/a.txt", when=found.etag) == b"theirs"
        store.put("files/a.txt", b"ours", when=found.etag)
        assert (root / "files/a.txt").read_bytes() == b"ours"

    def test_ours_are_files(self, store, root):
        store.put("files/a.txt", b"ours", meta={"uid": "1"})
        assert (root / "files/a.txt").read_bytes() == b"ours"
        assert (root / "files/a.txt").stat().st_mode & 0o444 == 0o444 & ~_umask()

    @pytest.mark.parametrize("how", ["rewritten", "in place", "replaced", "replaced, same time and size"])
    def test_their_change_changes_the_etag_and_drops_the_metadata(self, store, root, how):
        before = store.put("a", b"ours", meta={"uid": "1"}).etag
        path, stat = root / "a", (root / "a").stat()
        if how == "rewritten":
            path.write_bytes(b"theirs")
        elif how == "in place":
            with path.open("r+b") as file:
                file.write(b"O")
        else:
            (root / "b").write_bytes(b"them")
            if "same time" in how:
                os.utime(root / "b", ns=(stat.st_atime_ns, stat.st_mtime_ns))
            (root / "b").rename(path)
        found = store.head("a")
        assert found.etag != before
        assert found.meta == {} or "same time" in how
        with pytest.raises(ConditionFailed):
            store.put("a", b"ours again", when=before)
        with pytest.raises(ConditionFailed):
            store.delete("a", when=before)

    def test_a_change_of_owner_or_mode_is_none(self, store, root):
        etag = store.put("a", b"ours").etag
        (root / "a").chmod(0o600)
        os.link(root / "a", root / "b")
        assert store.head("a").etag == etag

    def test_a_copied_store_keeps_its_metadata(self, store, root, tmp_path):
        store.put("a/b", b"x", meta={"uid": "1"})
        subprocess.run(["cp", "-a", root, tmp_path / "moved"], check=True)
        assert DirectoryStore(tmp_path / "moved").head("a/b").meta == {"uid": "1"}

    def test_what_is_no_file_is_no_object(self, store, root):
        os.mkfifo(root / "pipe")
        (root / "link").symlink_to("/etc/passwd")
        (root / "empty/below").mkdir(parents=True)
        (root / os.fsdecode(b"not utf-8 \xff")).write_bytes(b"")
        assert list(store.list("")) == []
        for key in ("pipe", "link", "empty", "empty/below"):
            assert store.head(key) is None
            with pytest.raises(NotThere):
                store.get(key)
        store.put("empty", b"x", when=ABSENT)
        assert store.get("empty") == b"x"


class TestDisk:
    def test_no_parent_no_store(self, tmp_path):
        with pytest.raises(NoBucket, match="missing"):
            DirectoryStore(tmp_path / "missing/store")

    def test_a_store_that_went_away_is_not_empty(self, store, root):
        etag = store.put("a", b"x", meta={"uid": "1"}).etag
        shutil.rmtree(root)
        root.mkdir()  # the mount point of a disk that is gone
        acts = [
            lambda: store.head("a"),
            lambda: store.get("a"),
            lambda: list(store.list("")),
            lambda: store.put("a", b"y"),
            lambda: store.delete("a", when=etag),
            lambda: store.copy("a", "b"),
        ]
        for act in acts:
            with pytest.raises(NoBucket, match="is not there"):
                act()
        assert list(root.iterdir()) == []

    def test_full(self, small_disk):
        store = DirectoryStore(small_disk)
        store.put("a", b"x" * 1_000_000, meta={"uid": "1"})
        with pytest.raises(StoreFull):
            store.put("a", b"y" * 9_000_000, meta={"uid": "2"})
        with pytest.raises(StoreFull):
            store.upload("b", [lambda: b"y" * 3_000_000] * 3)
        assert store.head("a").meta == {"uid": "1"}
        assert [o.key for o in store.list("")] == ["a"]
        store.put("b", b"y" * 6_000_000)

    def test_a_file_larger_than_the_file_system_holds(self, tmp_path):
        code = f"""
import resource
from pathlib import Path
from holdall.errors import Refused
from holdall.store.directory import DirectoryStore
store = DirectoryStore(Path({str(tmp_path)!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    store.put("large", bytes(1001))
except Refused as exc:
    store.put("small", bytes(1000))
    print(exc.path, *[found.key for found in store.list("")])
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
        assert done.stdout == "large small\n"

    def test_read_only(self, tmp_path):
        code = """
import subprocess, sys
from pathlib import Path
from holdall.errors import StoreFull
from holdall.store.directory import DirectoryStore
root = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", root], check=True)
writable = DirectoryStore(root)
writable.put("a", b"x")
writable.close()
subprocess.run(["mount", "-o", "remount,bind,ro", root], check=True)
store = DirectoryStore(root)
print(store.get("a").decode(), *[found.key for found in store.list("")])
try:
    store.put("b", b"")
except StoreFull as exc:
    print(exc)
"""
        said = small_disks.run_where_mounting_is_allowed(code, tmp_path)
        assert said == f"x a\nb: file://{tmp_path} takes no more: Read-only file system\n"

    def test_not_ours(self, open_folder):
        root = open_folder / "store"
        made = DirectoryStore(root)
        made.put("a", b"x")
        made.close()
        closed = [root, root / SHADOW / "staged", root / SHADOW / "lock"]
        for path in closed:
            path.chmod(0o555)

        def look():
            store = DirectoryStore(root)
            said = [store.get("a").decode()]
            for act in (lambda: store.put("b", b""), lambda: store.put("a", b""), lambda: store.delete("a")):
                try:
                    act()
                except Denied as exc:
                    said.append(exc.hint)
            return said

        hint = "check the owner and mode of its directory"
        assert as_nobody(look) == ["x", hint, hint, hint]
        for path in closed:
            path.chmod(0o755)


class TestPowerCuts:
    """What is durable when: each fsync by what it was of, and each name that changed, in their order."""

    @pytest.fixture
    def order(self, root, monkeypatch):
        seen = []

        def told(name, path_of):
            does = getattr(os, name)

            def tell(*args, **how):
                seen.append((name, self._short(path_of(*args), root)))
                return does(*args, **how)

            monkeypatch.setattr(os, name, tell)

        told("fsync", lambda fd: Path(f"/proc/self/fd/{fd}").readlink())
        told("link", lambda _, target: target)
        told("replace", lambda _, target: target)
        told("mkdir", lambda path, *_: path)
        told("unlink", lambda path, **_: path)
        return seen

    @staticmethod
    def _short(path, root):
        """staged/* and meta/*/* for the names that nobody can know."""
        parts = Path(path).relative_to(root).parts
        if parts[:1] == (SHADOW,):
            parts = (*parts[1:2], *("*" for _ in parts[2:]))
        return "/".join(parts)

    def test_an_object_appears_after_its_bytes_and_its_record(self, store, order):
        store.put("d/k", b"bytes", meta={"n": "1"}, when=ABSENT)
        assert order == [
            ("fsync", "staged/*"),
            ("mkdir", "meta/*"),
            ("fsync", "meta"),
            ("fsync", "meta/*/*"),
            ("fsync", "meta/*"),
            ("mkdir", "d"),
            ("link", "d/k"),
            ("unlink", "staged/*"),
            ("fsync", "d"),
            ("fsync", ""),
        ]

    def test_a_new_version_takes_the_place_of_the_old_one_after_its_bytes(self, store, order):
        etag = store.put("k", b"1").etag
        order.clear()
        store.put("k", b"2", when=etag)
        assert order == [("fsync", "staged/*"), ("replace", "k"), ("fsync", ""), ("unlink", "meta/*/*")]

    def test_a_removal_is_durable_when_it_is_answered(self, store, order):
        store.put("d/k", b"1")
        store.put("d/other", b"1")
        order.clear()
        store.delete("d/k")
        assert order == [("unlink", "d/k"), ("fsync", "d"), ("unlink", "meta/*/*")]

    def test_a_new_store(self, root, order):
        DirectoryStore(root).close()
        assert [what for what in order if what[0] == "fsync"] == [("fsync", ""), ("fsync", ""), ("fsync", "")]

    @pytest.mark.parametrize("torn", [b"", b"{", b"[]", b'{"size": 5}', b"7"])
    def test_a_record_that_was_cut_off_is_none(self, store, root, torn):
        store.put("k", b"bytes", meta={"n": "1"})
        (record,) = [path for path in (root / SHADOW / "meta").rglob("*") if path.is_file()]
        record.write_bytes(torn)
        assert store.head("k").meta == {}


class TestProcesses:
    def test_of_four_processes_that_count_none_loses_one(self, store, root):
        code = f"""
from pathlib import Path
from holdall.errors import ConditionFailed
from holdall.store.directory import DirectoryStore
store, done = DirectoryStore(Path({str(root)!r})), 0
while done < 50:
    found = store.head("n")
    try:
        value = int(store.get("n", when=found.etag))
        store.put("n", str(value + 1).encode(), meta={{"n": str(value + 1)}}, when=found.etag)
        done += 1
    except ConditionFailed:
        pass
"""
        store.put("n", b"0", meta={"n": "0"})
        running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
        assert [process.wait(60) for process in running] == [0] * 4
        assert store.get("n") == b"200"
        assert store.head("n").meta == {"n": "200"}

    @pytest.mark.parametrize("seed", range(6))
    def test_a_writer_killed_anywhere_leaves_whole_objects(self, root, seed, monkeypatch):
        code = f"""
from pathlib import Path
from holdall.store.directory import DirectoryStore
store, n = DirectoryStore(Path({str(root)!r})), 0
while True:
    n += 1
    store.put(f"k/{{n % 5}}", str(n).encode() * 1000, meta={{"n": str(n)}})
    if n % 3 == 0:
        store.delete(f"k/{{n % 5}}")
    if n == 5:
        print("going", flush=True)
"""
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(0.01 + seed * 0.007)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        store = DirectoryStore(root)
        for found in store.list(""):
            head = store.head(found.key)
            assert store.get(found.key) == head.meta["n"].encode() * 1000
        store.put("k/0", b"on it goes")
        monkeypatch.setattr(directory_records, "_ABANDONED_S", -1)
        DirectoryStore(root)
        assert list((root / SHADOW / "staged").iterdir()) == []
        records = [p for p in (root / SHADOW / "meta").rglob("*") if p.is_file()]
        assert len(records) <= 6

    def test_what_another_process_is_writing_stays(self, store, root):
        def part():
            DirectoryStore(root)
            return b"x"

        store.upload("k", [part, part])
        assert store.get("k") == b"xx"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
