"""Loose objects that real packs hold, and that they do not."""

import os
import shutil
import subprocess

import pytest

from holdall.engine.gitpacks import packed
from holdall.local.disk import RealDisk

IDENTITY = {f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Repository:
    def __init__(self, root, form):
        self.root = root
        self.git("init", "-q", f"--object-format={form}", ".")
        self.disk = RealDisk(root)

    def git(self, *args):
        subprocess.run(["git", *args], cwd=self.root, env=os.environ | IDENTITY, check=True, input=b"")

    def commit(self, count):
        for number in range(count):
            (self.root / "f").write_text(str(number))
            self.git("add", ".")
            self.git("commit", "-qm", "x")

    def loose(self):
        objects = self.root / ".git/objects"
        return {str(one.relative_to(self.root)) for one in objects.glob("??/*")}

    def index(self):
        (found,) = (self.root / ".git/objects/pack").glob("*.idx")
        return found


@pytest.fixture(params=["sha1", "sha256"])
def repository(tmp_path, request):
    return Repository(tmp_path, request.param)


def test_what_a_pack_holds_and_nothing_else(repository):
    repository.commit(30)
    before = repository.loose()
    assert packed(repository.disk, before) == set()
    repository.git("repack", "-adq")
    assert len(before) == 90
    assert repository.loose() == set()
    repository.commit(1)
    after = repository.loose()
    assert packed(repository.disk, before | after | {".git/objects/pack/x", "f"}) == before


def test_of_several_packs_each(repository):
    repository.commit(3)
    first = repository.loose()
    repository.git("repack", "-dq")
    repository.commit(3)
    second = repository.loose()
    repository.git("repack", "-dq")
    assert len(list((repository.root / ".git/objects/pack").glob("*.idx"))) == 2
    assert packed(repository.disk, first | second) == first | second


def test_a_repository_inside_a_repository(repository):
    repository.commit(2)
    loose = repository.loose()
    repository.git("repack", "-adq")
    shutil.move(repository.root / ".git", repository.root / "sub")
    (repository.root / ".git/modules").mkdir(parents=True)
    shutil.move(repository.root / "sub", repository.root / ".git/modules/sub")
    there = {path.replace(".git/", ".git/modules/sub/") for path in loose}
    assert packed(repository.disk, there) == there
    assert packed(repository.disk, loose) == set()


@pytest.mark.parametrize("spoil", ["no pack", "no magic", "cut off", "empty", "unreadable"])
def test_an_index_that_says_nothing(repository, spoil):
    repository.commit(2)
    loose = repository.loose()
    repository.git("repack", "-adq")
    index = repository.index()
    data = index.read_bytes()
    index.chmod(0o600)
    match spoil:
        case "no pack":
            index.with_suffix(".pack").unlink()
        case "no magic":
            index.write_bytes(b"x" + data[1:])
        case "cut off":
            index.write_bytes(data[:1000])
        case "empty":
            index.write_bytes(b"")
        case "unreadable":
            index.unlink()
            index.symlink_to("nowhere")
    assert packed(repository.disk, loose) == set()
