"""A directory into the store for the first time, each tool to a prefix of its own: the sides of W1 and W2."""

from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.ground import Ground
from tests.benchmarks.user import User


def by_peers(ground: Ground, source: Path, objects: int) -> dict[str, Callable[[], float]]:
    """Each call is one whole upload. What it left in the store is counted, while the clock stands."""

    def of(peer) -> Callable[[], float]:
        def theirs() -> float:
            prefix = ground.fresh(peer.name)
            took_s = ground.run(peer.up(source, prefix))
            _check(ground, f"{prefix}/", objects)
            return took_s

        return theirs

    return {peer.name: of(peer) for peer in ground.peers}


def by_exec_s(ground: Ground, source: Path, objects: int) -> float:
    """`holdall exec` on a fresh state, likewise counted."""
    context = ground.fresh("up")
    took_s = User(ground).exec(context, source)
    _check(ground, f"contexts/{context}/files/", objects)
    return took_s


def _check(ground: Ground, prefix: str, objects: int) -> None:
    pages = ground.server.client().get_paginator("list_objects_v2")
    found = sum(page["KeyCount"] for page in pages.paginate(Bucket=ground.site.bucket, Prefix=prefix))
    assert found == objects, f"{found} objects below {prefix}, not {objects}"
