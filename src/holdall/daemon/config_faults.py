"""A fault of the configuration, in one sentence that names the file, the line and the key."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_snake

from holdall.daemon.config_source import Source
from holdall.daemon.toml_lines import Place
from holdall.errors import ConfigError
from holdall.policies.fault import dotted

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SHOULD_BE = {
    "string_type": "a string",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "a table",
    "dict_type": "a table",
}
_TYPES = {
    bool: "a bool",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a table",
}


def first_fault(error: ValidationError, model: type[BaseModel], source: Source) -> ConfigError:
    """Of several, the first: mending it may mend the others. A key that nobody knows is likely the one that is missing."""
    faults = error.errors()
    found = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
    place: Place = found["loc"]
    key = dotted(place)
    match found["type"]:
        case "extra_forbidden":
            return unknown_key(place, model, source)
        case "missing":
            return source.fault(place, f"'{key}' is missing")
        case "literal_error":
            return source.fault(
                place, f"'{key}' is {found['input']!r}, it must be {found['ctx']['expected']}"
            )
        case kind if kind in _SHOULD_BE:
            was = _TYPES.get(type(found["input"]), f"a {type(found['input']).__name__}")
            return source.fault(place, f"'{key}' is {was}, it must be {_SHOULD_BE[kind]}")
        case _:
            return source.fault(place, f"'{key}': {_plain(found)}")


def unknown_key(place: Place, model: type[BaseModel], source: Source) -> ConfigError:
    known = sorted(_known(model, place[:-1]))
    near = get_close_matches(to_snake(str(place[-1])), known, 1, 0.6)
    hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known)}"
    return source.fault(place, f"unknown key '{dotted(place)}'; {hint}")


def submodel(model: type[BaseModel], part: str | int) -> Any:
    """The type behind one part of a key; None where there is no such key."""
    if isinstance(part, int):
        return model
    field = model.model_fields.get(to_snake(part))
    return None if field is None else field.annotation


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in `Model`, `Model | None` or `list[Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner: Iterable[Any] = getattr(annotation, "__args__", ())
    return next((found for one in inner if (found := model_in(one))), None)


def _known(model: type[BaseModel], place: Place) -> Iterable[str]:
    at: type[BaseModel] | None = model
    for part in place:
        at = None if at is None else model_in(submodel(at, part))
    return () if at is None else at.model_fields


def _plain(found: "ErrorDetails") -> str:
    message = found["msg"]
    return f"{message[:1].lower()}{message[1:]}, it is {found['input']!r}"
