"""Policies from the form in which they travel: objects or JSON text, keys as on the wire or as in Python."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from holdall.policies.fault import Misfit, Place, unfit
from holdall.policies.policy import Policy, Takes, taken
from holdall.policies.rules import wrong_kind
from holdall.policies.spelling import camel, snake

P = TypeVar("P", bound=Policy)


def read(kind: type[P], data: Any, place: Place = ()) -> P:
    """A policy, checked. Raises Misfit.

    place  of it in a larger document, for what is said of it
    """
    found = as_object(data, place)
    names = _names(kind)
    if unknown := next((key for key in found if key not in names), None):
        raise _unknown(unknown, kind, place)
    spelled: dict[str, str] = {}
    values: dict[str, Any] = {}
    for key, value in found.items():
        name = names[key]
        if name in spelled:
            raise unfit((*place, key), f"is there already, as '{spelled[name]}'")
        spelled[name] = key
        values[name] = _inner(taken(kind)[name], value, (*place, key))
    try:
        return kind(**values)
    except Misfit as exc:
        raise exc.under(place, spelled) from None


def as_object(data: Any, place: Place = ()) -> Mapping[str, Any]:
    """An object, or what JSON text holds. Misfit."""
    if isinstance(data, str):
        try:
            data = json.loads(data, object_pairs_hook=lambda pairs: _once(pairs, place))
        except Misfit:
            raise
        except (ValueError, RecursionError) as exc:
            raise unfit(place, f"is no JSON: {exc}") from None
    if not isinstance(data, Mapping):
        raise wrong_kind(data, place, "an object")
    return data


def is_one(kind: type[Policy], data: Mapping[str, Any]) -> bool:
    """Whether any of the keys is one of this policy's."""
    return not _names(kind).keys().isdisjoint(data)


def _names(kind: type[Policy]) -> dict[str, str]:
    """Each spelling of a field, and the field."""
    found: dict[str, str] = {}
    for name, how in taken(kind).items():
        found |= dict.fromkeys((name, camel(name), how.wire, snake(how.wire)), name)
    return found


def _inner(how: Takes, value: Any, place: Place) -> Any:
    if how.inner is None or value is None:
        return value
    if value == "":  # one SDK's word for none
        return None
    if not how.many:
        return read(how.inner, value, place)
    if not isinstance(value, list):
        return value  # the field says what it is not
    return [read(how.inner, one, (*place, index)) for index, one in enumerate(value)]


def _once(pairs: list[tuple[str, Any]], place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise unfit(place, f"has the key '{key}' twice")
        found[key] = value
    return found


def _unknown(key: object, kind: type[Policy], place: Place) -> Misfit:
    from difflib import get_close_matches  # noqa: PLC0415 (only for who mistyped)

    wires = [how.wire for how in taken(kind).values()]
    near = get_close_matches(str(key), _names(kind), 1, 0.6)
    hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(wires)}"
    return Misfit((*place, str(key)), lambda field: f"unknown key '{field}'; {hint}")
