"""A user of one machine: a home of its own, real processes, the embedded store."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from holdall.api.client import Client
from holdall.errors import NoDaemon

_COMMAND = [sys.executable, "-m", "holdall.cli.main"]
_FOREIGN = (
    "HOLDALL_",
    "XDG_",
    "AWS_",
    "STATE_D",
    "RUNTIME_D",
    "NOTIFY_",
    "WATCHDOG_",
    "INVOCATION",
    "JOURNAL",
)


class Machine:
    """`home` has a short path: a socket's must fit into 107 bytes."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp(prefix="hold"))
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        self.env |= {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home / "run")}
        (self.home / "run").mkdir()
        self.state = self.home / ".local/state/holdall"
        self.store = self.home / ".local/share/holdall/store"
        self.socket = self.home / "run/holdall/holdall.sock"
        self._daemons = []

    def close(self):
        for daemon in self._daemons:
            if daemon.poll() is None:
                daemon.kill()
            daemon.wait()
            for pipe in (daemon.stdout, daemon.stderr):
                if pipe is not None:
                    pipe.close()
        pid = self.background()
        if pid:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.home)

    def directory(self, name, **files):
        found = self.home / name
        found.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (found / file).write_text(text)
        return found

    # -- commands

    def holdall(self, *args, code=0, cwd=None, **env):
        """Standard output; JSON where --json was asked for."""
        done = self.run(*args, cwd=cwd, **env)
        assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout) if "--json" in args and done.stdout else done.stdout

    def run(self, *args, cwd=None, **env):
        return subprocess.run(
            [*_COMMAND, *map(str, args)],
            env=self.env | env,
            cwd=cwd or self.home,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def begin(self, *args, **env):
        """A command that is still running."""
        done = subprocess.Popen(
            [*_COMMAND, *map(str, args)],
            env=self.env | env,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._daemons.append(done)
        return done

    # -- the daemon

    def config(self, text):
        file = self.home / "holdall.toml"
        file.write_text(text)
        return file

    def daemon(self, *args, **env):
        """In the foreground, answering, its mounts taken up. Its log is in `log`."""
        with (self.home / "log").open("ab") as log:
            daemon = subprocess.Popen(
                [*_COMMAND, "run", *map(str, args)], env=self.env | env, cwd=self.home, stdout=log, stderr=log
            )
        self._daemons.append(daemon)
        self.until(lambda: self.answers() or daemon.poll() is not None)
        return daemon

    def answers(self):
        try:
            return Client(self.socket).get("/healthz")
        except NoDaemon:
            return None

    @property
    def log(self):
        return (self.home / "log").read_text()

    def background(self):
        """The pid of a daemon that `up` started."""
        lock = self.state / "daemon.lock"
        if not lock.is_file() or not lock.read_text().strip():
            return None
        pid = int(lock.read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline")
        mine = command.exists() and b"holdall.cli.main" in command.read_bytes()
        return pid if mine and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" else None

    def end(self, daemon, number=signal.SIGTERM):
        """Its exit code."""
        daemon.send_signal(number)
        return daemon.wait(60)

    def mounts(self):
        return {one["context"]: one for one in self.holdall("status", "--json")["mounts"]}

    def objects(self, context):
        """What any tool sees of a context's files."""
        files = self.store / context / "files"
        return {str(one.relative_to(files)): one.read_text() for one in files.rglob("*") if one.is_file()}

    def until(self, true, patience_s=30):
        by = time.monotonic() + patience_s
        while not true():
            assert time.monotonic() < by, "it does not come true"
            time.sleep(0.02)
