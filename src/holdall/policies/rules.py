"""What a field takes. A rule is given a value and its place, and answers with what is kept. Raises Misfit."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from holdall.policies.fault import Place, fixed, unfit

Rule = Callable[[Any, Place], Any]

_WILDCARD: Final = re.compile(r"[*?\[\]]")
_SEPARATORS: Final = re.compile(r"[/\\]")
_KINDS: Final = {
    bool: "a bool",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def wrong_kind(value: object, place: Place, wanted: str) -> Exception:
    kind = type(value)
    return unfit(place, f"is {_KINDS.get(kind, f'of type {kind.__name__}')}, it must be {wanted}")


def truth(value: Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise wrong_kind(value, place, "true or false")
    return value


def text(value: Any, place: Place) -> str:
    """Any but what no path can hold."""
    if not isinstance(value, str):
        raise wrong_kind(value, place, "a string")
    if "\0" in value:
        raise unfit(place, f"is {value!r}, which holds a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise unfit(place, f"is {value!a}, which is not Unicode text") from None
    return str(value)


def clean_path(value: Any, place: Place) -> str:
    """One that leads nowhere but down. It may be another system's."""
    path = text(value, place)
    if ".." in _SEPARATORS.split(path):
        raise unfit(place, f"is {path!r}, which has a '..' part")
    return path


def exact_path(name: str) -> Rule:
    """`name`: of the field, as the refusal of a wildcard has it."""

    def take(value: Any, place: Place) -> str:
        path = clean_path(value, place)
        if _WILDCARD.search(path):
            raise fixed(
                place,
                f"Wildcard patterns are not supported in {name}. Got: {path}. Please use exact directory paths instead.",
            )
        return path

    return take


def pattern(value: Any, place: Place) -> str:
    """A regular expression that compiles."""
    found = text(value, place)
    try:
        re.compile(found)
    except (re.error, OverflowError, RecursionError) as exc:
        raise unfit(place, f"is {found!r}, which is no regular expression: {exc}") from None
    return found


def one_of(choices: type[StrEnum], name: str) -> Rule:
    """A choice, or its plain value."""
    valid = ", ".join(choices)

    def take(value: Any, place: Place) -> StrEnum:
        try:
            return choices(value)
        except ValueError:
            raise fixed(place, f"Invalid {name} value: {value}. Valid values are: {valid}") from None

    return take


def listed(item: Rule) -> Rule:
    def take(value: Any, place: Place) -> list[Any]:
        if not isinstance(value, list):
            raise wrong_kind(value, place, "a list")
        return [item(one, (*place, index)) for index, one in enumerate(value)]

    return take


def instance(kind: type) -> Rule:
    def take(value: Any, place: Place) -> Any:
        if not isinstance(value, kind):
            raise wrong_kind(value, place, f"of type {kind.__name__}")
        return value

    return take


def optional(rule: Rule) -> Rule:
    def take(value: Any, place: Place) -> Any:
        return None if value is None else rule(value, place)

    return take
