"""Where a document's keys came from, for those who have to mend it."""

from pathlib import Path
from typing import NamedTuple

from holdall.daemon.toml_lines import Place, line_of
from holdall.errors import ConfigError
from holdall.policies.spelling import snake


class Source(NamedTuple):
    """name       of the file, or what else it is
    lines      key -> its line, with names in snake case
    variables  key -> the environment variable that set it, likewise
    """

    name: str
    lines: dict[Place, int]
    variables: dict[Place, str]

    def at(self, place: Place) -> str:
        """`holdall.toml, line 3`, or the variable."""
        place = snaked(place)
        for length in range(len(place), 0, -1):
            if place[:length] in self.variables:
                return self.variables[place[:length]]
        if place not in self.lines:
            below = (one for one in self.variables if one[: len(place)] == place)
            if (found := next(below, None)) is not None:
                return self.variables[found]
        line = line_of(place, self.lines)
        return self.name if line is None else f"{self.name}, line {line}"

    def fault(self, place: Place, what: str, hint: str | None = None) -> ConfigError:
        return ConfigError(f"{self.at(place)}: {what}", hint=hint)


def snaked(place: Place) -> Place:
    return tuple(snake(part) if isinstance(part, str) else part for part in place)


def text_of(file: Path) -> str:
    """All of the file. ConfigError."""
    try:
        return file.read_text()
    except OSError as exc:
        raise ConfigError(f"{file} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{file} is not UTF-8 text") from exc
