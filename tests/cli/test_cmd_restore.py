"""`restore`, `conflicts resolve`, `export`: they bring bytes back, and lose none."""

import os
import subprocess
import tarfile

import pytest
import zstandard
from tests.cli.desk import Desk
from tests.cli.silence import silence

from holdall.cli import restoring
from holdall.errors import Unavailable
from holdall.log import reading
from holdall.log.layout import TRASH, file_key
from holdall.rules.conflict import originals


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return Desk(tmp_path, monkeypatch)


@pytest.fixture
def days(desk):
    desk.write(a_md="one", src__main_py="print()", src__deep__x_txt="x")
    (desk.root / "empty").mkdir(mode=0o750)
    (desk.root / "link").symlink_to("a.md")
    (desk.root / "src/main.py").chmod(0o755)
    desk.save()
    desk.write(a_md="two two")
    (desk.root / "src/main.py").unlink()
    desk.save()
    return desk


def tree(root):
    """path -> what a user sees there, mtimes of directories left out."""
    found = {}
    for path in sorted(root.rglob("*")):
        stat = path.lstat()
        if path.is_symlink():
            found[str(path.relative_to(root))] = path.readlink()
        elif path.is_dir():
            found[str(path.relative_to(root))] = stat.st_mode
        else:
            found[str(path.relative_to(root))] = (path.read_bytes(), stat.st_mode, stat.st_mtime_ns)
    return found


def names(root):
    return sorted(one.name for one in root.iterdir())


def plain_files(root):
    return {one.name: one.read_text() for one in root.iterdir() if one.is_file()}


def test_a_file_as_it_was(days):
    found = days.run("restore", "--at", "1", "a.md", "--json")
    assert found.code == 0
    assert (days.root / "a.md").read_text() == "one"
    assert found.doc["restored_files"] == 1
    assert found.doc["kept"] == []  # the version that was there is in the log


def test_a_deleted_file_comes_back_with_its_mode_and_time(days):
    entry = dict(days.history.tree(1))["src/main.py"]
    assert days.run("restore", "--at", "1", "src/main.py").code == 0
    file = days.root / "src/main.py"
    assert file.read_text() == "print()"
    assert file.stat().st_mode & 0o777 == 0o755
    assert file.stat().st_mtime_ns == entry.mtime_ns


def test_a_directory_with_all_that_is_below(days):
    (days.root / "src/new.txt").write_text("not in that commit")
    assert days.run("restore", "--at", "1", "src").code == 0
    assert names(days.root / "src") == ["deep", "main.py", "new.txt"]


def test_elsewhere_it_is_the_whole_tree_exactly(days):
    before = tree(days.root)
    found = days.run("restore", "--to", days.base / "out", ".", "--json")
    assert found.code == 0
    assert tree(days.base / "out") == before


def test_elsewhere_works_from_anywhere_with_the_context_named(days):
    out = days.base / "out"
    assert (
        days.run("restore", "--context", "notes", "--at", "1", "--to", out, "src/main.py", at=days.base).code
        == 0
    )
    assert [str(one.relative_to(out)) for one in out.rglob("*.py")] == ["src/main.py"]


def test_a_second_time_nothing_has_to_be_done(days):
    days.run("restore", "--at", "1", ".")
    found = days.run("restore", "--at", "1", ".", "--json")
    assert (found.doc["restored_files"], found.doc["unchanged_files"]) == (0, 4)


def test_only_the_mode_is_put_right_where_the_bytes_are_there(days):
    (days.root / "a.md").chmod(0o600)
    days.run("restore", "a.md")
    assert (days.root / "a.md").stat().st_mode & 0o777 == 0o644


def test_what_no_commit_has_is_kept_as_a_conflict_copy(days):
    days.write(a_md="edited just now")
    found = days.run("restore", "--at", "1", "a.md", "--json")
    (kept,) = found.doc["kept"]
    assert kept["path"] == "a.md"
    assert (days.root / kept["kept_as"]).read_text() == "edited just now"
    assert (days.root / "a.md").read_text() == "one"
    days.write(a_md="edited once more")
    assert "it was at a.md, and no commit has it" in days.run("restore", "--at", "1", "a.md").out


def test_a_version_whose_bytes_are_gone_counts_as_one_that_no_commit_has(days):
    days.write(a_md="one")  # an old version again, whose bytes the store has lost
    for info in list(days.store.list(TRASH)):
        days.store.delete(info.key)
    found = days.run("restore", "a.md", "--json")
    assert found.code == 0
    (kept,) = found.doc["kept"]
    assert (days.root / kept["kept_as"]).read_text() == "one"


def test_a_directory_in_the_way_keeps_what_is_in_it(days):
    (days.root / "a.md").unlink()
    (days.root / "a.md").mkdir()
    (days.root / "a.md/inside").write_text("precious")
    found = days.run("restore", "a.md", "--json")
    assert (days.root / "a.md").read_text() == "two two"
    assert (days.root / found.doc["kept"][0]["kept_as"] / "inside").read_text() == "precious"


def test_a_file_in_the_way_of_a_directory_is_kept_too(days):
    out = days.base / "out"
    out.mkdir()
    (out / "src").write_text("a file called src")
    found = days.run("restore", "--to", out, "src", "--json")
    assert (out / "src/deep/x.txt").read_text() == "x"
    assert (out / found.doc["kept"][0]["kept_as"]).read_text() == "a file called src"


def test_a_symlink_is_never_followed(days):
    outside = days.base / "outside"
    outside.write_text("untouched")
    (days.root / "a.md").unlink()
    (days.root / "a.md").symlink_to(outside)
    assert days.run("restore", "a.md").code == 0
    assert outside.read_text() == "untouched"
    assert not (days.root / "a.md").is_symlink()


def test_bytes_that_the_store_lost_are_named_and_the_rest_comes(days):
    days.store.delete(file_key("src/deep/x.txt"))
    found = days.run("restore", "--to", days.base / "out", ".", "--json")
    assert found.code == 7
    assert [one["path"] for one in found.doc["left"]] == ["src/deep/x.txt"]
    assert (days.base / "out/a.md").read_text() == "two two"


def test_wrong_bytes_are_never_put_in_place(days):
    file = days.base / "store/notes/files/a.md"
    stamp = file.stat()
    file.write_bytes(b"rotten!")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    found = days.run("restore", "--to", days.base / "out", ".", "--json")
    assert found.code == 7
    assert found.doc["left"][0]["path"] == "a.md"
    assert not (days.base / "out/a.md").exists()


def test_no_staged_file_is_left_behind(days):
    days.write(a_md="edited")
    days.run("restore", "--at", "1", ".")
    assert not list(days.root.rglob(".~holdall-*"))


def test_a_store_that_stops_answering_leaves_no_mess(days, monkeypatch):
    days.write(a_md="edited just now", src__new_txt="mine")
    real = reading.pieces

    def breaks(store, path, entry):
        if path == "src/main.py":
            raise Unavailable("no answer")
        return real(store, path, entry)

    monkeypatch.setattr(reading, "pieces", breaks)
    found = days.run("restore", "--at", "1", ".")
    assert found.code == 1
    assert "no answer" in found.err
    assert not list(days.root.rglob(".~holdall-*"))
    assert "edited just now" in [one.read_text() for one in days.root.iterdir() if one.is_file()]


def test_a_store_that_falls_silent_hides_nothing_of_what_was_there_before(days, monkeypatch):
    """The exchange is done, and whether some commit has what was displaced can be asked of nobody."""
    out = days.base / "out"
    out.mkdir()
    (out / "a.md").write_text("only here")
    real = reading.pieces

    def breaks(store, path, entry):
        if path != "a.md":
            silence(monkeypatch)
        return real(store, path, entry)

    monkeypatch.setattr(reading, "pieces", breaks)
    found = days.run("restore", "--to", out, ".")
    assert (found.code, "no answer" in found.err) == (1, True)
    assert sorted(text for name, text in plain_files(out).items() if name.startswith("a ")) == ["only here"]
    assert plain_files(out)["a.md"] == "two two"
    assert not list(out.rglob(".~holdall-*"))


def test_what_a_running_daemon_settled_is_not_looked_for(days, monkeypatch):
    """Its scan may come across a displaced version before the restore is through, and keep or drop it."""
    days.write(a_md="edited just now")
    real = restoring.restorable

    def meanwhile(store, history, digests):
        for staged in days.root.rglob(".~holdall-*-*"):
            staged.rename(days.root / "recovered")
        return real(store, history, digests)

    monkeypatch.setattr(restoring, "restorable", meanwhile)
    assert days.run("restore", "--at", "1", "a.md").code == 0
    assert (days.root / "a.md").read_text() == "one"
    assert (days.root / "recovered").read_text() == "edited just now"


def test_a_large_file_comes_in_pieces(desk):
    data = os.urandom(20 * 1024 * 1024 + 7)
    (desk.root / "large").write_bytes(data)
    desk.save()
    assert desk.run("restore", "--to", desk.base / "out", "large").code == 0
    assert (desk.base / "out/large").read_bytes() == data
    assert desk.run("export", desk.base / "x.tar.zst").code == 0
    with zstandard.open(desk.base / "x.tar.zst") as raw, tarfile.open(fileobj=raw, mode="r|") as tar:
        (found,) = [tar.extractfile(one).read() for one in tar]
    assert found == data


@pytest.fixture
def torn(desk):
    """A conflict between `a.md` and a copy of it."""
    desk.write(a_md="winner")
    desk.save()
    name = "a (conflict 2026-11-22 14-03-22 laptop).md"
    (desk.root / name).write_text("loser")
    desk.save()
    return desk, name


def test_conflicts_are_listed_with_what_won(torn):
    desk, name = torn
    (one,) = desk.run("conflicts", "--json").doc["conflicts"]
    assert (one["copy"]["path"], one["original"], one["winner"]["size"]) == (name, "a.md", 6)
    assert name in desk.run("conflicts").out


def test_resolve_keeps_the_original(torn):
    desk, name = torn
    assert desk.run("conflicts", "resolve", name, "--keep", "original").code == 0
    assert names(desk.root) == ["a.md"]
    assert (desk.root / "a.md").read_text() == "winner"
    desk.save()
    assert desk.run("conflicts").out == "no conflicts\n"


def test_resolve_keeps_the_copy_and_history_has_the_other(torn):
    desk, name = torn
    assert desk.run("conflicts", "resolve", name, "--keep", "copy").code == 0
    assert names(desk.root) == ["a.md"]
    assert (desk.root / "a.md").read_text() == "loser"
    desk.save()
    assert desk.run("restore", "--at", "1", "a.md").code == 0
    assert (desk.root / "a.md").read_text() == "winner"


def test_a_long_name_is_cut_for_its_copy(desk):
    long = f"{'x' * 240}.txt"
    (desk.root / long).write_text("base")
    desk.save()
    (desk.root / long).write_text("an edit that no commit has")
    ((path, kept),) = [one.values() for one in desk.run("restore", long, "--json").doc["kept"]]
    assert path == long
    assert (desk.root / long).read_text() == "base"
    assert (desk.root / kept).read_text() == "an edit that no commit has"
    assert originals([kept], [long]) == {kept: long}


def test_an_edited_copy_is_not_thrown_away(torn):
    desk, name = torn
    (desk.root / name).write_text("edited since")
    found = desk.run("conflicts", "resolve", name, "--keep", "original")
    assert found.code == 1
    assert "is in no commit yet" in found.err
    assert (desk.root / name).read_text() == "edited since"


def test_an_edited_original_is_kept_beside_the_copy(torn):
    desk, name = torn
    desk.write(a_md="edited since")
    found = desk.run("conflicts", "resolve", name, "--keep", "copy", "--json")
    assert (desk.root / "a.md").read_text() == "loser"
    assert (desk.root / found.doc["kept_as"]).read_text() == "edited since"


def test_a_copy_that_is_not_here_cannot_be_resolved(torn):
    desk, name = torn
    (desk.root / name).unlink()
    found = desk.run("conflicts", "resolve", name, "--keep", "copy")
    assert found.code == 1
    assert (desk.root / "a.md").read_text() == "winner"


def test_an_archive_that_stock_tar_opens(days):
    file = days.base / "x.tar.zst"
    found = days.run("export", file, "--json")
    assert found.code == 0
    assert (found.doc["files"], found.doc["bytes"]) == (2, 8)
    out = days.base / "out"
    out.mkdir()
    subprocess.run(["tar", "--zstd", "-xpf", file, "-C", out], check=True)
    assert tree(out) == tree(days.root)


def test_an_archive_of_an_earlier_commit(days):
    days.run("export", "--at", "1", days.base / "x.tar.zst")
    with zstandard.open(days.base / "x.tar.zst") as raw, tarfile.open(fileobj=raw, mode="r|") as tar:
        assert "src/main.py" in [one.name for one in tar]


def test_an_archive_is_never_written_over_a_file(days):
    (days.base / "x.tar.zst").write_text("mine")
    found = days.run("export", days.base / "x.tar.zst")
    assert found.code == 2
    assert (days.base / "x.tar.zst").read_text() == "mine"


def test_an_archive_without_what_the_store_lost_says_so(days):
    days.store.delete(file_key("src/deep/x.txt"))
    found = days.run("export", days.base / "x.tar.zst", "--json")
    assert found.code == 3
    assert [one["path"] for one in found.doc["left"]] == ["src/deep/x.txt"]
    assert (days.base / "x.tar.zst").exists()


def test_an_archive_that_cannot_be_written_leaves_nothing(days):
    found = days.run("export", days.base / "no/such/dir/x.tar.zst")
    assert found.code == 1
    assert found.err.splitlines() == [
        f"holdall: {days.base}/no/such/dir/x.tar.zst: cannot be written: no such file or directory",
        f"  `mkdir -p {days.base}/no/such/dir` makes the directory",
    ]
    (days.base / "file").touch()
    found = days.run("export", days.base / "file/x.tar.zst")
    assert found.err.endswith("not a directory\n  name a file in a directory of yours\n")
