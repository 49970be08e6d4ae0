"""What the environment says to the configuration: `HOLDALL_STORE__URL` overrides a key, `${VAR}` stands for a value."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from holdall.daemon.config_faults import model_in, submodel, unknown_key
from holdall.daemon.config_source import Source
from holdall.daemon.toml_lines import Place
from holdall.errors import ConfigError
from holdall.policies.spelling import snake

PREFIX: Final = "HOLDALL_"
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def overrides(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that mean a key. Every key is inside a table, so each has the separator."""
    return {name: value for name, value in environ.items() if name.startswith(PREFIX) and "__" in name}


def override(
    data: dict[str, Any], environ: Mapping[str, str], model: type[BaseModel], source: Source
) -> None:
    """Put each into `data`. A part that is a number is a place in a list."""
    for name, value in sorted(overrides(environ).items()):
        place = tuple(
            int(part) if part.isdigit() else part for part in name.removeprefix(PREFIX).lower().split("__")
        )
        source.variables[place] = name
        _put(data, place, _typed(value, place, model, source), name)


def expand(value: Any, environ: Mapping[str, str], source: Source, place: Place = ()) -> Any:
    """Every string in the document, with its `${VAR}` replaced."""
    match value:
        case str():
            return _VARIABLE.sub(lambda found: _value(found[1], environ, source, place), value)
        case list():
            return [expand(one, environ, source, (*place, index)) for index, one in enumerate(value)]
        case dict():
            return {key: expand(one, environ, source, (*place, key)) for key, one in value.items()}
        case _:
            return value


def _value(name: str, environ: Mapping[str, str], source: Source, place: Place) -> str:
    try:
        return environ[name]
    except KeyError:
        raise source.fault(
            place, f"the variable {name} is not set", hint=f"export {name}, or write the value"
        ) from None


def _typed(value: str, place: Place, model: type[BaseModel], source: Source) -> Any:
    """A string where a string belongs, else what TOML makes of it."""
    annotation: Any = model
    for index, part in enumerate(place):
        if annotation is Any:
            return _as_policies_have_it(value)
        inside = model_in(annotation)
        annotation = None if inside is None else submodel(inside, part)
        if annotation is None:
            raise unknown_key(place[: index + 1], model, source)
    if "str" in str(annotation) and "list" not in str(annotation):
        return value
    return _as_toml(value)


def _as_policies_have_it(value: str) -> Any:
    """No policy holds a number: a path may be called 2026."""
    found = _as_toml(value)
    return found if isinstance(found, bool | str | list | dict) else value


def _as_toml(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _put(data: dict[str, Any], place: Place, value: Any, name: str) -> None:
    at: Any = data
    for part, after in zip(place, (*place[1:], None), strict=True):
        fresh: Any = value if after is None else [] if isinstance(after, int) else {}
        if isinstance(part, int):
            if not isinstance(at, list) or part > len(at):
                raise ConfigError(f"{name}: there is no place {part} in this list")
            if part == len(at):
                at.append(fresh)
            elif after is None:
                at[part] = value
        elif not isinstance(at, dict):
            raise ConfigError(f"{name}: this key is no table")
        else:
            # A policy's key may stand there in its other spelling.
            part = next((one for one in at if snake(one) == part), part)  # noqa: PLW2901
            if after is None:
                at[part] = value
            else:
                at.setdefault(part, fresh)
        at = at[part]
