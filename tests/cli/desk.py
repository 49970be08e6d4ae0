"""One machine with a directory, an embedded store, and the command line in this process."""

import contextlib
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from holdall.cli.main import main
from holdall.daemon.attachment import Attachment, Spec
from holdall.engine.words import Outcome, Until
from holdall.log.commits import CommitLog
from holdall.log.history import History
from holdall.log.layout import prefix_of
from holdall.store.directory import DirectoryStore
from holdall.store.scoped import Scoped


class Desk:
    """`root` is the directory of the context `notes`; commands run in it unless told otherwise."""

    def __init__(self, base, monkeypatch):
        self.base = base
        self.root = base / "notes"
        self.root.mkdir()
        self.whole = DirectoryStore(base / "store")
        self.store = Scoped(self.whole, prefix_of("notes"))
        self.url = f"file://{base}/store"
        self._monkeypatch = monkeypatch
        home = base / "home"
        home.mkdir()
        for name in [
            one for one in os.environ if one.startswith(("HOLDALL_", "XDG_", "STATE_D", "RUNTIME_D"))
        ]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("HOLDALL_STORE__URL", self.url)
        monkeypatch.chdir(self.root)

    @property
    def history(self):
        return History(CommitLog(self.store))

    def configure(self, ignore=(), policy=""):
        """A configuration file that knows the mount, and the store."""
        file = self.base / "holdall.toml"
        mount = f'context = "notes"\npath = "{self.root}"\nignore = {json.dumps(list(ignore))}\n[mounts.policy]\n{policy}'
        file.write_text(f'[store]\nurl = "{self.url}"\n[[mounts]]\n{mount}\n')
        self._monkeypatch.delenv("HOLDALL_STORE__URL", raising=False)
        self._monkeypatch.setenv("HOLDALL_CONFIG", str(file))

    def write(self, **files):
        """A double underscore is a slash, a single one a dot."""
        for name, text in files.items():
            file = self.root / name.replace("__", "/").replace("_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def save(self):
        """Mount, wait until all is in the store, end; the number of the newest commit."""
        pool = ThreadPoolExecutor(4)
        mounted = Attachment(Spec("notes", self.root), self.whole, self.base / "state", pool)
        mounted.start()
        try:
            receipt = mounted.runner.ask(Until.DURABLE, timeout_s=60).wait(70)
        finally:
            mounted.stop()
            pool.shutdown()
        assert receipt.outcome is Outcome.COMPLETE, receipt
        return receipt.commit

    def run(self, *arguments, at=None):
        """`at`: the directory to stand in. `code`, `out`, `err`, and `doc` of a --json command."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(err))
            if at is not None:
                stack.enter_context(contextlib.chdir(at))
            try:
                code = main([str(one) for one in arguments])
            except SystemExit as exc:
                code = exc.code
        text = out.getvalue()
        doc = json.loads(text) if "--json" in arguments and code in {0, 1, 3, 7} and text else None
        return SimpleNamespace(code=code, out=text, err=err.getvalue(), doc=doc)
