"""What every row stands on: a server with one bucket, the peers, a directory to work in, and how much is asked."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import servers
from tests.benchmarks import peers, trees, turns
from tests.benchmarks.peers import Peer
from tests.servers import Server
from tests.system.site import Site


@dataclass
class Ground:
    """runs   of each tool
    files  of 4 KiB in the rows with many
    most   files of the memory row
    mib    of the large file
    """

    server: Server
    site: Site
    peers: list[Peer]
    folder: Path
    runs: int
    files: int
    most: int
    mib: int
    _names: int = field(default=0, init=False)

    def fresh(self, what: str) -> str:
        """A name for a prefix, a context or a directory that nobody has used."""
        self._names += 1
        return f"{what}-{self._names}"

    @contextmanager
    def directory(self) -> Iterator[Path]:
        """Not there yet, and gone afterwards."""
        path = self.folder / self.fresh("work")
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

    def run(self, command: list[str]) -> float:
        """A peer's command; seconds."""
        environ = {**os.environ, **peers.environment(self.server, self.folder)}
        return turns.seconds(command, environ, self.folder)


@contextmanager
def prepared(*, runs: int, files: int, most: int, mib: int) -> Iterator[Ground]:
    with (
        tempfile.TemporaryDirectory(prefix="holdall-bench-", ignore_cleanup_errors=True) as folder,
        servers.seaweedfs(full=True) as server,
    ):
        site = Site(server, "bench")
        try:
            found = peers.found(server, site.bucket)
            yield Ground(server, site, found, Path(folder), runs, files, most, mib)
        finally:
            site.close()
