import os

from tests.local.heard import settle

from holdall.keys import STAGED_PREFIX


def test_a_file_is_finished_when_it_is_closed(tmp_path, heard, start):
    assert start().mode == "events"
    with (tmp_path / "a").open("wb", buffering=0) as file:
        file.write(b"1")
        heard.wait(lambda: ("a", False) in heard.touched)
        os.fchmod(file.fileno(), 0o600)  # as `cp -p` does: it says nothing about being finished
        (tmp_path / "b").mkdir()
        heard.finished("b")
        assert ("a", True) not in heard.touched
    heard.finished("a")


def test_whatever_else_happens_to_a_file_is_finished(tmp_path, heard, start):
    for name in ("mode", "gone", "old", "linked", "d/in"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    start()
    (tmp_path / "mode").chmod(0o600)
    (tmp_path / "gone").unlink()
    (tmp_path / "old").rename(tmp_path / "d/new")
    (tmp_path / "symlink").symlink_to("nowhere")
    (tmp_path / "second").hardlink_to(tmp_path / "linked")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "d").chmod(0o700)
    heard.finished("mode", "gone", "old", "d/new", "symlink", "second", "fifo", "d")
    assert heard.lost == []


def test_a_new_directory_is_to_be_scanned_and_is_watched(tmp_path, heard, start):
    start()
    (tmp_path / "a/b/c").mkdir(parents=True)
    settle(tmp_path, heard)
    assert ("new directory", "a") in heard.lost
    (tmp_path / "a/b/c/x").write_bytes(b"1")
    heard.finished("a/b/c/x")


def test_a_renamed_directory_is_known_by_its_new_name(tmp_path, heard, start):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/f").write_bytes(b"1")
    start()
    (tmp_path / "a").rename(tmp_path / "z")
    heard.all_lost(("directory moved away", "a"), ("new directory", "z"))
    heard.finished("a", "z")
    heard.closed.clear()
    (tmp_path / "z/b/f").write_bytes(b"2")
    heard.finished("z/b/f")
    assert not any(path.startswith("a/") for path in heard.closed)


def test_a_directory_that_left_is_not_listened_to_and_one_that_came_is(
    tmp_path, heard, start, tmp_path_factory
):
    away = tmp_path_factory.mktemp("away")
    (tmp_path / "a/b").mkdir(parents=True)
    (away / "in/deep").mkdir(parents=True)
    start()
    (tmp_path / "a").rename(away / "a")
    heard.all_lost(("directory moved away", "a"))
    (away / "a/b/secret").write_bytes(b"1")
    (away / "in").rename(tmp_path / "in")
    heard.all_lost(("new directory", "in"))
    (tmp_path / "in/deep/x").write_bytes(b"1")
    heard.finished("in/deep/x")
    settle(tmp_path, heard)
    assert not any("secret" in path for path in heard.paths())


def test_a_directory_made_again_is_watched_again(tmp_path, heard, start):
    start()
    for _ in range(50):
        (tmp_path / "a").mkdir()
        (tmp_path / "a/f").write_bytes(b"1")
        (tmp_path / "a/f").unlink()
        (tmp_path / "a").rmdir()
    (tmp_path / "a").mkdir()
    settle(tmp_path, heard)
    (tmp_path / "a/last").write_bytes(b"1")
    heard.finished("a/last")


def test_staged_and_skipped_paths_are_never_told(tmp_path, heard, start):
    (tmp_path / "skipped/sub").mkdir(parents=True)
    asked = []

    def skip(path, is_dir):
        asked.append(path)
        return path.endswith(("skipped", ".o"))

    start(skip)
    (tmp_path / "skipped/sub/x").write_bytes(b"1")
    (tmp_path / "a.o").write_bytes(b"1")
    (tmp_path / "b").mkdir()
    heard.all_lost(("new directory", "b"))
    (tmp_path / "b/skipped").mkdir()
    (tmp_path / "b/skipped/y").write_bytes(b"1")
    (tmp_path / f"{STAGED_PREFIX}1").write_bytes(b"1")
    (tmp_path / f"{STAGED_PREFIX}1").rename(tmp_path / "published")
    settle(tmp_path, heard)
    assert {path for path in heard.paths() if not path.startswith("mark")} == {"b", "published"}
    assert heard.lost == [("new directory", "b")]
    assert not any(path.startswith("skipped/") for path in asked)  # not even watched


def test_an_odd_name_is_found_by_a_scan_of_its_directory(tmp_path, heard, start):
    (tmp_path / "d").mkdir()
    start()
    odd = tmp_path / "d" / os.fsdecode(b"\xff")
    odd.write_bytes(b"1")
    heard.all_lost(("odd name", "d"))
    odd.with_name(f"{odd.name}dir").mkdir()
    settle(tmp_path, heard)
    assert all(path.isascii() for path in heard.paths())


def test_links_are_not_followed(tmp_path, heard, start, tmp_path_factory):
    away = tmp_path_factory.mktemp("away")
    (tmp_path / "link").symlink_to(away)
    start()
    (away / "x").write_bytes(b"1")
    settle(tmp_path, heard)
    assert not any("x" in path for path in heard.paths())


def test_a_burst_in_new_directories_is_told_or_covered(tmp_path, heard, start):
    start()
    paths = [f"d{n % 40}/e{n % 7}/f{n}" for n in range(20_000)]
    for path in paths:
        full = tmp_path / path
        try:
            full.write_bytes(b"1")
        except FileNotFoundError:
            full.parent.mkdir(parents=True)
            full.write_bytes(b"1")
    settle(tmp_path, heard)
    touched, under = heard.paths(), [f"{below}/" if below else "" for _, below in heard.lost]
    assert [path for path in paths if path not in touched and not path.startswith(tuple(under))] == []
