"""The context's lifecycle, as context.json says it. It belongs to the context: whoever set it last is heard everywhere."""

from typing import Any, Final

from holdall.keys import takes_part
from holdall.log.fields import field, texts
from holdall.model import Recycling

_FIELD: Final = "lifecycle"
_MOST_DAYS: Final = 36_500


def recycling_of(body: dict[str, Any]) -> Recycling | None:
    """What context.json says; None where nobody ever set one. ValueError for what cannot be."""
    if _FIELD not in body:
        return None
    found = field(body, _FIELD, dict)
    days = None if found.get("days") is None else field(found, "days", int)
    paths = texts(found, "paths")
    if (days is not None and not 0 < days <= _MOST_DAYS) or not all(
        not one or takes_part(one) for one in paths
    ):
        raise ValueError("its lifecycle cannot be")
    return Recycling(days, paths)


def with_recycling(body: dict[str, Any], recycling: Recycling) -> dict[str, Any]:
    """ValueError for what cannot be."""
    said = body | {_FIELD: {"days": recycling.days, "paths": list(recycling.paths)}}
    recycling_of(said)
    return said
