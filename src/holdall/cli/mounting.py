"""What `up` and `mount` ask the daemon for."""

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from holdall.api.client import Client, of_mount
from holdall.cli import show
from holdall.cli.statuslines import lines
from holdall.daemon import outcome
from holdall.daemon.context_name import name_fault
from holdall.daemon.inside import need_directory
from holdall.errors import ConfigError

if TYPE_CHECKING:
    from holdall.daemon.policy_file import Said

_WAITING: Final = {"created", "syncing", "failed"}
_FIRST_LOOK_S: Final = 10.0
_LOOK_S: Final = 0.05
_CODES: Final = {
    "config": outcome.USAGE,
    "no-bucket": outcome.USAGE,
    "denied": outcome.USAGE,
    "locked": outcome.LOCKED,
    "busy-elsewhere": outcome.LOCKED,
    "root": outcome.GUARDED,
    "guard": outcome.GUARDED,
}
"""Of a mount in error, by its problem; of any other: failed."""


def request(args: argparse.Namespace) -> dict[str, Any]:
    """The body of the call. ConfigError for a directory that is not there and for a bad policy."""
    path = Path(os.path.abspath(args.path))  # noqa: PTH100 (the path as it was said, symlinks and all)
    need_directory(path)
    if _is_raw(path):
        raise ConfigError(
            f"the path {show.safe(str(path))} is not UTF-8, and a daemon's mounts have to be",
            hint="rename the directory, or mount a symlink to it",
        )
    said = policy(args.policy)
    named = args.context or (said and said.context)
    context = named or path.name
    if fault := name_fault(context):
        whose = "the context's name" if named else f"the name of {show.safe(str(path))}"
        raise ConfigError(f"{whose} {fault}", hint="--context gives it another one")
    body: dict[str, Any] = {
        "context": context,
        "path": str(path),
        "default_context": named is None,
    }
    # What is not said is not sent: of a mount that is there already, it stays as it is.
    if args.sync:
        body["sync"] = args.sync
    if args.ignore:
        body["ignore"] = args.ignore
    if said:
        body["policy"] = said.policy.to_dict()
    return body


def settled(client: Client, context: str) -> dict[str, Any]:
    """Once the first look at both sides is through; as it is where that takes long, or there is trouble."""
    until = time.monotonic() + _FIRST_LOOK_S
    found = client.get(of_mount(context))
    while (
        time.monotonic() < until
        and found["first_attach"] is None
        and found["status"] in {"created", "syncing"}
    ):
        time.sleep(_LOOK_S)
        found = client.get(of_mount(context))
    return found


def tell(found: dict[str, Any]) -> None:
    """The first line says what met."""
    first = found["first_attach"]
    if first is not None:
        show.line(
            f"{first['only_here']} only here, {first['only_there']} only there, {first['differ']} differ"
        )
    if found["commit"] is None and found["status"] in _WAITING:
        show.line("the store does not answer; the mount is kept, and goes on by itself when it does")
    for line in lines([found]):
        show.line(line)


def exit_code(found: dict[str, Any]) -> int:
    """Not done where a person has to do something before this mount keeps anything safe."""
    if found["status"] != "error":
        return outcome.DONE
    codes = [_CODES[one["code"]] for one in found["problems"] if one["code"] in _CODES]
    return codes[0] if codes else outcome.FAILED


def _is_raw(path: Path) -> bool:
    """Whether its name is bytes that are no text: in no configuration, and in no call."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return True
    return False


def policy(file: str | None) -> "Said | None":
    if file is None:
        return None
    from holdall.daemon.policy_file import policy_in  # noqa: PLC0415 (all policies, only where there is one)

    return policy_in(Path(file))
