"""Real S3 servers on loopback, each a process of its own: SeaweedFS, moto, and `rclone serve s3`, which ignores every condition."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

READY_S = 60
STOP_S = 8
_taken: set[int] = set()


@dataclass
class Server:
    """A running server; `url` is its S3 endpoint."""

    name: str
    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    access_key: str = "holdall"
    secret_key: str = "holdall-secret"
    region: str = "us-east-1"
    buckets: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a client's process needs to speak to it."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self):
        """A boto3 client, for what a test does behind holdall's back."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(request_checksum_calculation="when_required", s3={"addressing_style": "path"}),
        )

    def make_bucket(self, name: str = "") -> str:
        name = name or f"bucket-{len(self.buckets)}-{random.randrange(16**6):06x}"
        self.client().create_bucket(Bucket=name)
        self.buckets.append(name)
        return name

    def pause(self) -> None:
        """Connections are accepted and nobody answers, from this moment on: threads that are busy stop a little later."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.resume()
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:  # SeaweedFS waits for idle connections
                self.kill()


@contextmanager
def seaweedfs(*, full: bool = False) -> Iterator[Server]:
    """full   master, volume, filer and S3 with room for benchmarks: ready in 4 s; else `weed mini`, in 1 s"""
    with _folder() as folder:
        ports = [str(port) for port in free_ports(14)]
        arguments = _weed_server(folder, ports) if full else _weed_mini(folder, ports)
        command = [binary("weed"), f"-logdir={folder}/log", *arguments]
        server = Server("seaweedfs", f"http://127.0.0.1:{ports[0]}", folder, _start(folder, command))
        with _running(server):
            yield server


def _weed_mini(folder: Path, ports: Sequence[str]) -> list[str]:
    names = [
        "s3.port", "s3.port.grpc", "s3.port.iceberg", "s3.port.lance", "master.port", "master.port.grpc", "volume.port",
        "volume.port.grpc", "filer.port", "filer.port.grpc", "webdav.port", "admin.port", "admin.port.grpc", "debug.port",
    ]  # fmt: skip
    return [
        "mini", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}/data", "-master.telemetry=false", "-admin.ui=false",
        "-volume.max=500",  # each bucket takes one, and a full disk would leave few
        *(f"-{name}={port}" for name, port in zip(names, ports, strict=True)),
    ]  # fmt: skip


def _weed_server(folder: Path, ports: Sequence[str]) -> list[str]:
    names = [
        "s3.port", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
        "filer.port.grpc",
    ]  # fmt: skip
    keys = [{"accessKey": "holdall", "secretKey": "holdall-secret"}]
    identity = {
        "name": "admin",
        "credentials": keys,
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    return [
        "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}/data", "-filer", "-s3", f"-s3.config={config}",
        "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=64", "-master.volumeSizeLimitMB=1024",
        "-master.telemetry=false", *(f"-{name}={port}" for name, port in zip(names, ports, strict=False)),
    ]  # fmt: skip


@contextmanager
def moto() -> Iterator[Server]:
    with _folder() as folder:
        (port,) = free_ports(1)
        command = [binary("moto_server"), "-H", "127.0.0.1", "-p", str(port)]
        with _running(Server("moto", f"http://127.0.0.1:{port}", folder, _start(folder, command))) as server:
            yield server


@contextmanager
def rclone() -> Iterator[Server]:
    with _folder() as folder:
        (port,) = free_ports(1)
        command = [
            binary("rclone"), "serve", "s3", f"--addr=127.0.0.1:{port}", "--auth-key=holdall,holdall-secret",
            f"--cache-dir={folder}/cache", f"--config={folder}/none", f"{folder}/data",
        ]  # fmt: skip
        with _running(
            Server("rclone", f"http://127.0.0.1:{port}", folder, _start(folder, command))
        ) as server:
            yield server


def binary(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise FileNotFoundError(
            f"{name}: not beside {sys.executable} and not on PATH; pip install 'holdall[test]'"
        )
    return found


def free_ports(count: int) -> list[int]:
    """Below the ephemeral range, so that no outgoing connection takes one first, and never the same twice."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _taken:
            _taken.add(port)
            ports.append(port)
    return ports


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="holdall-server-", ignore_cleanup_errors=True) as name:
        for part in ("data", "log"):
            (Path(name) / part).mkdir()
        yield Path(name)


def _start(folder: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
    keys = {"AWS_ACCESS_KEY_ID": "holdall", "AWS_SECRET_ACCESS_KEY": "holdall-secret"}
    with (folder / "log" / "output").open("wb") as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **keys},
        )


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        _wait_until_it_stores(server)
        yield server
    finally:
        server.stop()


def _wait_until_it_stores(server: Server) -> None:
    """A listening port is not enough: SeaweedFS refuses writes until its volumes have joined."""
    from botocore.exceptions import BotoCoreError, ClientError

    client, deadline = server.client(), time.monotonic() + READY_S
    while True:
        try:
            client.create_bucket(Bucket="ready")
            client.put_object(Bucket="ready", Key="ready", Body=b"ready")
            client.delete_object(Bucket="ready", Key="ready")
            client.delete_bucket(Bucket="ready")
        except (BotoCoreError, ClientError) as exc:
            if server.process.poll() is not None or time.monotonic() > deadline:
                output = (server.folder / "log" / "output").read_text(errors="replace")
                raise RuntimeError(f"{server.name} did not start: {exc}\n{output[-3000:]}") from exc
            time.sleep(0.05)
        else:
            return
