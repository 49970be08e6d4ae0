"""What every row stands on: a server with one bucket, the peers, a directory to work in, and how much is asked."""

import compileall
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import servers
from tests.benchmarks import peers, trees, turns
from tests.benchmarks.peers import Peer, Restic
from tests.servers import Server
from tests.system.site import Site

import holdall


@dataclass
class Ground:
    """peers   that make plain objects; `restic` packs
    folder  for the peers' own files
    trees   where what is carried lies
    runs    of each tool
    files   of 4 KiB in the rows with many
    most    files of the memory row
    mib     of the large file
    """

    server: Server
    site: Site
    peers: list[Peer]
    restic: Restic | None
    folder: Path
    trees: Path
    runs: int
    files: int
    most: int
    mib: int
    _names: int = field(default=0, init=False)

    @property
    def tools(self) -> list[Peer]:
        """All that have a column."""
        return [*self.peers, *([] if self.restic is None else [self.restic])]

    def fresh(self, what: str) -> str:
        """A name for a prefix, a context or a directory that nobody has used."""
        self._names += 1
        return f"{what}-{self._names}"

    @contextmanager
    def directory(self) -> Iterator[Path]:
        """Not there yet, and gone afterwards."""
        path = self.trees / self.fresh("work")
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def small_files(self) -> Iterator[Path]:
        with self.directory() as path:
            yield trees.small_files(path, self.files)

    @contextmanager
    def large_file(self) -> Iterator[Path]:
        with self.directory() as path:
            yield trees.large_file(path, self.mib)

    def repository(self, source: Path | None = None) -> str:
        """A new one of restic's, with `source` in it."""
        assert self.restic is not None
        prefix = self.fresh(self.restic.name)
        self.run(self.restic.begin(prefix))
        if source is not None:
            self.run(self.restic.up(source, prefix))
        return prefix

    def run(self, command: list[str]) -> float:
        """A peer's command; seconds."""
        environ = {**os.environ, **peers.environment(self.server, self.folder)}
        return turns.seconds(command, environ, self.folder)


@contextmanager
def prepared(*, runs: int, files: int, most: int, mib: int, disk: str | None = None) -> Iterator[Ground]:
    """`disk`: a directory that the trees lie in; None: where temporary files do."""
    # As pip leaves it: what was edited since would be compiled anew by each process that is measured.
    compileall.compile_dir(Path(holdall.__file__).parent, quiet=2)
    with (
        _temporary(None) as folder,
        _temporary(disk) as trees_,
        servers.seaweedfs(full=True) as server,
    ):
        site = Site(server, "bench")
        try:
            yield Ground(
                server,
                site,
                peers.found(server, site.bucket),
                peers.restic(server, site.bucket),
                Path(folder),
                Path(trees_),
                runs,
                files,
                most,
                mib,
            )
        finally:
            site.close()


def _temporary(below: str | None) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="holdall-bench-", dir=below, ignore_cleanup_errors=True)
