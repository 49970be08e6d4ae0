"""Doctor's look at the store: whether it answers, what conditions it honours, what its clock says."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from holdall.cli.check import Check, State
from holdall.cli.context import store_at
from holdall.daemon.settings import StoreSettings
from holdall.daemon.sizes import human
from holdall.errors import HoldallError
from holdall.store.base import Store
from holdall.store.probe import probe

_SCRATCH: Final = ".holdall-doctor"
"""No context's prefix begins with a dot."""

_SKEW_WARN_S: Final = 2.0
_SKEW_BAD_S: Final = 300.0
_ROOM_WARN: Final = 1_000_000_000
_ELSEWHERE: Final = (
    "use a store that honours it (AWS S3, SeaweedFS, file:///DIR), "
    "or write to this one from one machine at a time"
)
_HONOURED: Final = {
    "put_when": (
        "conditional PUT",
        State.WARN,
        "contexts are single-writer here: a lease of a minute is all that keeps two machines apart, a second one gets exit 5",
        _ELSEWHERE,
    ),
    "delete_when": (
        "conditional DELETE",
        State.WARN,
        "a file that is made anew under the name of a deleted one goes up 20 minutes after the deletion",
        _ELSEWHERE,
    ),
    "copy_when": (
        "conditions on a copy's target",
        State.WARN,
        "what is renamed or copied here is sent again",
        _ELSEWHERE,
    ),
    "copy_pinned": (
        "copies pinned to their source",
        State.WARN,
        "a copy could take what another tool wrote just now",
        _ELSEWHERE,
    ),
    "complete_when": (
        "conditions on large uploads",
        State.WARN,
        "a large file could overwrite what is put there in the moment that its upload ends",
        _ELSEWHERE,
    ),
    "part_copy": (
        "copied parts",
        State.NOTE,
        "a file of more than 5 GB cannot be replaced or deleted, for the version before cannot be kept",
        "",
    ),
}


def check_store(settings: StoreSettings) -> Iterator[Check]:
    """About eighty small requests, and up to 10 MiB where large uploads are tried. It cleans up after itself."""
    scheme, _, rest = settings.url.partition("://")
    if scheme == "file":
        directory = Path(unquote(rest))
        if not directory.exists():
            yield Check(
                "store",
                State.NOTE,
                f"{directory} is not there yet",
                "the first `holdall up` or `holdall exec` makes it",
            )
            return
        yield from _room(directory)
    try:
        with store_at(settings) as store:
            yield from _answers(store)
    except HoldallError as exc:
        yield Check(
            "store",
            State.BAD,
            f"{settings.url}: {exc.message}",  # its path is a key of the probe
            exc.hint or "check the URL, the network and the credentials",
        )


def _answers(store: Store) -> Iterator[Check]:
    begun = time.monotonic()
    found = probe(store, _SCRATCH)
    took_ms = (time.monotonic() - begun) * 1000
    yield Check(
        "store", State.OK, f"{store.url} takes writes, reads and removals (probed in {took_ms:.0f} ms)"
    )
    for name, (title, state, less, fix) in _HONOURED.items():
        if getattr(found, name):
            yield Check(title, State.OK, "yes")
        else:
            yield Check(title, state, f"no: {less}", fix)
    if found.versioned:
        yield Check(
            "bucket versions",
            State.NOTE,
            "the bucket keeps what holdall removes after its retention",
            "a lifecycle rule for noncurrent versions frees that",
        )
    skew_s = store.now() - time.time()
    state = State.OK if abs(skew_s) < _SKEW_WARN_S else State.WARN if abs(skew_s) < _SKEW_BAD_S else State.BAD
    fix = "" if state is State.OK else "set the clock here: timedatectl set-ntp true"
    yield Check(
        "clock", state, f"{abs(skew_s):.1f} s {'behind' if skew_s > 0 else 'ahead of'} the store's", fix
    )


def _room(directory: Path) -> Iterator[Check]:
    import shutil  # noqa: PLC0415

    free = shutil.disk_usage(directory).free
    state = State.OK if free > _ROOM_WARN else State.WARN
    yield Check(
        "store's disk",
        state,
        f"{human(free)} free",
        "" if state is State.OK else "make room, or move the store",
    )
    yield Check(
        "durability",
        State.NOTE,
        "an embedded store is durable on this disk only",
        "for more, use s3://BUCKET/PREFIX",
    )
