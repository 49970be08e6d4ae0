"""The tools beside us, each with the flags that make it fastest for the same job."""

import dataclasses
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from tests import servers
from tests.benchmarks import turns
from tests.servers import Server

Command = list[str]


class Peer(Protocol):
    name: str

    def up(self, source: Path, prefix: str) -> Command: ...

    def down(self, prefix: str, target: Path) -> Command: ...

    def version(self) -> str: ...


_Kind = TypeVar("_Kind")


def found(server: Server, bucket: str) -> list[Peer]:
    """Those that make plain objects, and are beside this Python or on PATH."""
    peers: list[Peer | None] = [_found(kind, server, bucket) for kind in (Rclone, S5cmd, Juicefs)]
    return [peer for peer in peers if peer is not None]


def restic(server: Server, bucket: str) -> "Restic | None":
    return _found(Restic, server, bucket)


def _found(kind: Callable[[Server, str], _Kind], server: Server, bucket: str) -> _Kind | None:
    try:
        return kind(server, bucket)
    except FileNotFoundError as exc:
        turns.told(f"without it: {str(exc).partition(':')[0]}")
        return None


def environment(server: Server, folder: Path) -> Mapping[str, str]:
    """Configures all of them. `folder` is where they may keep what they want to remember."""
    return {
        **server.environment,
        "RCLONE_CONFIG": str(folder / "rclone.conf"),
        "RCLONE_CONFIG_BENCH_TYPE": "s3",
        "RCLONE_CONFIG_BENCH_PROVIDER": "SeaweedFS",
        "RCLONE_CONFIG_BENCH_ENV_AUTH": "true",
        "RCLONE_CONFIG_BENCH_ENDPOINT": server.url,
        "RCLONE_CONFIG_BENCH_NO_CHECK_BUCKET": "true",
        "RESTIC_PASSWORD": "bench",
        "RESTIC_CACHE_DIR": str(folder / "restic-cache"),
    }


class Rclone:
    name = "rclone"

    def __init__(self, server: Server, bucket: str):
        self._command = [servers.binary("rclone"), "sync", "--transfers=32", "--checkers=32", "--fast-list"]
        self._bucket = bucket

    def up(self, source: Path, prefix: str) -> Command:
        return [*self._command, str(source), f"bench:{self._bucket}/{prefix}"]

    def again(self, source: Path, prefix: str) -> Command:
        """Compares size and the server's time: no request for each file, as `up` needs to see its mtime."""
        return [*self.up(source, prefix), "--update", "--use-server-modtime"]

    def renamed(self, source: Path, prefix: str) -> Command:
        """Objects are copied inside the store, where it finds the bytes again."""
        return [*self.up(source, prefix), "--track-renames"]

    def down(self, prefix: str, target: Path) -> Command:
        return [*self._command, f"bench:{self._bucket}/{prefix}", str(target)]

    def version(self) -> str:
        return _version(self._command[0], "version")


class S5cmd:
    name = "s5cmd"

    def __init__(self, server: Server, bucket: str):
        self._command = [servers.binary("s5cmd"), f"--endpoint-url={server.url}", "--log=error", "sync"]
        self._bucket = bucket

    def up(self, source: Path, prefix: str) -> Command:
        return [*self._command, f"{source}/", f"s3://{self._bucket}/{prefix}/"]

    def down(self, prefix: str, target: Path) -> Command:
        return [*self._command, f"s3://{self._bucket}/{prefix}/*", f"{target}/"]

    def version(self) -> str:
        return _version(self._command[0], "version")


class Juicefs:
    name = "juicefs"

    def __init__(self, server: Server, bucket: str):
        self._command = [servers.binary("juicefs"), "sync", "--quiet", "--update", "--threads=32"]
        host = urlsplit(server.url).netloc
        self._root = f"minio://{server.access_key}:{server.secret_key}@{host}/{bucket}"

    def up(self, source: Path, prefix: str) -> Command:
        return [*self._command, f"file://{source}/", f"{self._root}/{prefix}/"]

    def down(self, prefix: str, target: Path) -> Command:
        return [*self._command, f"{self._root}/{prefix}/", f"file://{target}/"]

    def version(self) -> str:
        return _version(self._command[0], "version")


class Restic:
    """Packs what it sends, and encrypts it. A prefix is a repository: `begin` makes it.

    What is random gains nothing from compression, and five connections, its default, were as fast as more.
    """

    name = "restic"

    def __init__(self, server: Server, bucket: str):
        self._command = [servers.binary("restic"), "--quiet"]
        self._server, self._bucket = server, bucket
        self._root = f"s3:{server.url}/{bucket}"

    def at(self, url: str) -> "Restic":
        """The same, by way of another address."""
        return Restic(dataclasses.replace(self._server, url=url), self._bucket)

    def begin(self, prefix: str) -> Command:
        return [*self._command, f"--repo={self._root}/{prefix}", "init"]

    def up(self, source: Path, prefix: str) -> Command:
        return [
            *self._command, f"--repo={self._root}/{prefix}", "--compression=off", "backup", str(source),
        ]  # fmt: skip

    def down(self, prefix: str, target: Path) -> Command:
        """As on a machine that knows nothing of the repository. The source's own path appears below the target."""
        return [
            *self._command, f"--repo={self._root}/{prefix}", f"--cache-dir={target}.cache", "restore", "latest",
            f"--target={target}",
        ]  # fmt: skip

    def version(self) -> str:
        return _version(self._command[0], "version")


def _version(*command: str) -> str:
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    number = re.search(r"\d+(\.\d+)+", said)
    return number[0] if number else "?"
