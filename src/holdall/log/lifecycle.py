"""The context's lifecycle, as context.json says it. It belongs to the context: whoever set it last is heard everywhere."""

import json
from typing import Any, Final

from holdall.errors import ConditionFailed, NotThere, Unavailable
from holdall.keys import takes_part
from holdall.log import layout
from holdall.log.fields import field, row_of, texts
from holdall.model import Recycling
from holdall.store.base import Store

FIELD: Final = "lifecycle"
_ATTEMPTS: Final = 8
_MOST_DAYS: Final = 36_500


def recycling_of(body: dict[str, Any]) -> Recycling | None:
    """What context.json says; None where nobody ever set one. ValueError for what `set_recycling` does not write."""
    if FIELD not in body:
        return None
    found = field(body, FIELD, dict)
    days = None if found.get("days") is None else field(found, "days", int)
    paths = texts(found, "paths")
    if (days is not None and not 0 < days <= _MOST_DAYS) or not all(
        not one or takes_part(one) for one in paths
    ):
        raise ValueError("its lifecycle cannot be")
    return Recycling(days, paths)


def set_recycling(store: Store, recycling: Recycling) -> None:
    """Put it into context.json and leave all else there as it is. Three requests, more where another machine is at it as well.

    Raises NotThere where there is no context; ValueError for what cannot be.
    """
    for _ in range(_ATTEMPTS):
        found = store.head(layout.CONTEXT)
        if found is None:
            raise NotThere("the context is not in the store any more")
        try:
            body = row_of(store.get(layout.CONTEXT, when=found.etag))
            body[FIELD] = {"days": recycling.days, "paths": list(recycling.paths)}
            recycling_of(body)
            store.put(layout.CONTEXT, json.dumps(body).encode(), when=found.etag)
        except ConditionFailed:
            continue  # another machine set something meanwhile: it stays, and this is said after it
        return
    raise Unavailable("context.json keeps changing", hint="it is tried again")
