"""The error for a path that a commit does not have."""

from holdall.cli.context import Place
from holdall.errors import NotThere
from holdall.log.history import History
from holdall.model import Tombstone


def absent(place: Place, history: History, seq: int, path: str) -> NotThere:
    """Says so where it has expired. Costs as `History.rows`."""
    said = f"is not in commit {seq} of {place.context}"
    gone = next((now for one, now in history.rows(seq) if one == path), None)
    if isinstance(gone, Tombstone) and gone.expired:
        return place.missing(
            path,
            f"{said}: it has expired, its lifecycle took it from the store",
            f"`holdall history {path}` shows when; `holdall restore --at` an earlier commit has it for seven days from then",
        )
    return place.missing(path, said, f"`holdall history {path}` shows when it was")
