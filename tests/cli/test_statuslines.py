"""A mount's line says one thing about what is safe."""

import pytest

from holdall.cli.statuslines import lines

GUARD = {"code": "guard", "message": "12 deletions held back", "path": None, "fix": None}


def line(**how):
    mount = {
        "context": "g", "path": "/g",
        "policy": {}, "status": "synced", "durable": False, "pending_files": 0, "pending_bytes": 0,
        "last_durable_at": None, "eta_s": None, "commit": 1, "problems": [],
    }  # fmt: skip
    return lines([mount | how])[0].removeprefix("g  /g  ")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"durable": True}, "synced  durable  commit 1"),
        ({}, "synced  not known to be durable  commit 1  not durable since the start"),
        (
            {"pending_files": 1, "pending_bytes": 5, "eta_s": 2.0, "status": "syncing"},
            "syncing  1 file 5 B not in the store, 2 s to go  commit 1  not durable since the start",
        ),
        (
            {"problems": [GUARD], "status": "error"},
            "error  deletions held back  commit 1  not durable since the start",
        ),
        (
            {"problems": [GUARD], "status": "error", "pending_files": 2},
            "error  2 files 0 B not in the store, deletions held back  commit 1  not durable since the start",
        ),
    ],
)
def test_what_is_safe(how, said):
    assert line(**how) == said
