"""Waiting for the daemon with something to look at: bars on a terminal, a plain line now and then elsewhere."""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from holdall.api.client import Client
from holdall.cli import bars, show
from holdall.daemon.receipts import never_attached
from holdall.daemon.sizes import files, human
from holdall.errors import HoldallError

_LOOK_S: Final = 0.25
_LINE_S: Final = 5.0


def follow(
    client: Client, contexts: list[str], call: Callable[[str], dict[str, Any]], *, quiet: bool
) -> list[dict[str, Any]]:
    """`call` for each context, all at once; their answers in order.

    An error is raised where only one was asked for; of several, it is the receipt of that one, and keeps none from theirs.
    """
    found: dict[str, dict[str, Any]] = {}
    failed: dict[str, HoldallError] = {}

    def run(context: str) -> None:
        try:
            found[context] = call(context)
        except HoldallError as exc:
            failed[context] = exc

    threads = [threading.Thread(target=run, args=(context,), daemon=True) for context in contexts]
    for thread in threads:
        thread.start()
    if not quiet:
        _look(client, set(contexts), threads)
    for thread in threads:
        thread.join()
    if len(contexts) == 1 and failed:
        raise failed[contexts[0]]
    return [found[one] if one in found else never_attached(one, failed[one]) for one in contexts]


def leave(
    client: Client, contexts: list[str], call: Callable[[str], dict[str, Any]], *, quiet: bool
) -> list[dict[str, Any]]:
    """`follow`, of calls that end mounts: the daemon goes on with what nobody waits for any more."""
    try:
        return follow(client, contexts, call, quiet=quiet)
    except KeyboardInterrupt:
        show.note("interrupted: what is not released yet stays mounted; `holdall status` shows it")
        raise


def _look(client: Client, contexts: set[str], threads: list[threading.Thread]) -> None:
    if not _still_running(threads, _LOOK_S):
        return  # over before there was anything to see
    if sys.stdout.isatty():
        _bars(client, contexts, threads)
        return
    while _still_running(threads, _LINE_S):
        for mount in _pending(client, contexts):
            show.note(_plain(mount))


def _bars(client: Client, contexts: set[str], threads: list[threading.Thread]) -> None:
    with bars.drawn(bars.FILES) as drawn:
        lines = {context: bars.Falling(drawn, context) for context in sorted(contexts)}
        while _still_running(threads, _LOOK_S):
            for mount in _pending(client, contexts):
                sent = mount.get("sent_bytes", 0)
                lines[mount["context"]].left(mount["pending_files"], mount["pending_bytes"], sent)


def _pending(client: Client, contexts: set[str]) -> list[dict[str, Any]]:
    try:
        return [mount for mount in client.mounts() if mount["context"] in contexts]
    except HoldallError:
        return []  # the call that is waited for says what happened


def _plain(mount: dict[str, Any]) -> str:
    if not mount["pending_files"]:
        return f"{mount['context']}: {mount['status']}"
    eta = f", {mount['eta_s']:.0f} s to go" if mount["eta_s"] is not None else ""
    return f"{mount['context']}: {files(mount['pending_files'])} {human(mount['pending_bytes'])} not in the store{eta}"


def _still_running(threads: list[threading.Thread], for_s: float) -> bool:
    """After that time at most."""
    until = time.monotonic() + for_s
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return any(thread.is_alive() for thread in threads)
