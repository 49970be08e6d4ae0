"""A field's name as Python and TOML write it, and as JSON does."""

import re
from typing import Final

_HUMP: Final = re.compile(r"(?<!^)(?=[A-Z])")


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()
