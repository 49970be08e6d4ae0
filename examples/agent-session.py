#!/usr/bin/env python3
"""A program that lends an agent a working directory: files by URLs, a session, a sync, and what is left after all is gone.

    python examples/agent-session.py         (needs holdall in this Python; touches only a temporary directory)

With a daemon that runs already, `Client()` finds it, and everything above `main` is all that a program needs.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from holdall import BWList, Client, ContextSync, SyncPolicy, UploadPolicy, WhiteList


def lend(client: Client, work: Path) -> None:
    context = client.context.get("agent-7", create=True)
    expect(context)

    print("== a file for the agent, by a URL: whoever has it needs no holdall")
    upload = client.context.get_file_upload_url(context.context_id, "in/task.txt")
    expect(upload)
    body = b"count to three"
    with urllib.request.urlopen(urllib.request.Request(upload.url, data=body, method="PUT")):
        pass

    print("== a session: the context at a directory, without what the agent only scribbles")
    policy = SyncPolicy(
        upload_policy=UploadPolicy(auto_upload=True),
        bw_list=BWList(white_lists=[WhiteList(path="", exclude_paths=["scratch"])]),
    )
    made = client.create(context_syncs=[ContextSync.new(context.context_id, str(work), policy)])
    expect(made)
    session = made.session
    assert session is not None
    print((work / "in" / "task.txt").read_text())

    (work / "out").mkdir()
    (work / "out" / "answer.txt").write_text("one two three")
    (work / "scratch").mkdir()
    (work / "scratch" / "notes.txt").write_text("hm")

    print("== what is here goes up, and the answer is about just that")
    synced = session.context.sync(mode="upload")
    expect(synced)
    for row in session.context.info(task_id=synced.task_id):
        print(f"{row.task_type} of {row.context_id}: {row.status}")

    print("== the session ends, the directory goes, the context stays")
    expect(session.delete(sync_context=True))
    shutil.rmtree(work)
    for entry in client.context.list_files(context.context_id, recursive=True):
        print(f"{entry.file_path}  {entry.size} bytes")
    download = client.context.get_file_download_url(context.context_id, "out/answer.txt")
    expect(download)
    with urllib.request.urlopen(download.url) as reply:
        print(reply.read().decode())

    print("== what cannot be done says why")
    print(client.context.get_file_download_url(context.context_id, "scratch/notes.txt").error_message)
    expect(client.context.delete(context.context_id))


def expect(answer: Any) -> None:
    """An answer is true where it was done."""
    if not answer:
        raise SystemExit(f"it failed: {answer.error_message}")


@contextmanager
def daemon(base: Path) -> Iterator[Path]:
    """One of our own, so that this touches nothing else. Its socket."""
    (base / "holdall.toml").touch()
    socket = base / "holdall.sock"
    environment = os.environ | {
        "HOLDALL_CONFIG": str(base / "holdall.toml"),
        "HOLDALL_STORE__URL": f"file://{base}/store",
        "HOLDALL_SOCKET": str(socket),
        "STATE_DIRECTORY": str(base / "state"),
    }
    (base / "store").mkdir()
    with (base / "log").open("w") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "holdall.cli.main", "run"], env=environment, stderr=log
        )
    try:
        until = time.monotonic() + 20
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.05)
        yield socket
    finally:
        running.terminate()
        running.wait()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="hold") as name, daemon(Path(name)) as socket:
        lend(Client(socket=socket), Path(name) / "work")


if __name__ == "__main__":
    main()
