"""Durations as people write them: `500ms`, `25s`, `2m`, `1h30m`."""

import re
from typing import Final

from holdall.errors import ConfigError

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+")


def seconds(text: str) -> float:
    """Seconds. A number needs its unit; ConfigError for anything else."""
    found = text.strip()
    if not _WHOLE.fullmatch(found):
        raise ConfigError(f"{text!r} is no duration", hint='write it like "25s", "2m" or "1h30m"')
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(found))
