"""Where a mount stands in its context: which of the two roots lies below the other, and what paths mean that were written for the
system that the context is from.
"""

from collections.abc import Iterable
from typing import NamedTuple

from holdall.errors import ConfigError
from holdall.rules.foreign_path import ForeignPath, System, readings, understood


class Unrelated(ConfigError):
    """The mapping is neither the context's origin, nor above or below it."""


class Position(NamedTuple):
    """meant   the path of the context's own system that the mount's directory stands for, as the origin spells it
    within  the directory of the context that the mount's directory is; "" is its root
    above   where below the mount's directory the context's root is; "" is the directory itself
    """

    meant: ForeignPath
    within: str = ""
    above: str = ""


def position(mapping: str, origin: str, system: str) -> Position:
    """Of a mount with this `MappingPolicy.path`, in a context of this origin (path and OS of its first mount).

    ConfigError where the mapping is no absolute path, Unrelated where it has nothing to do with the origin.
    """
    root = origin_path(origin, system)
    for meant in _readings(mapping):
        if (parts := meant.below(root)) is not None:
            return Position(root._replace(parts=(*root.parts, *parts)), within=_joined(parts))
        if (parts := root.below(meant)) is not None:
            return Position(root._replace(parts=root.parts[: len(meant.parts)]), above=_joined(parts))
    raise Unrelated(
        f"the mapping {mapping} is neither at, above nor below the context's origin, {origin} ({system})",
        hint=f"mappingPolicy.path is a path of that system: {origin} maps the whole context",
    )


def origin_path(origin: str, system: str) -> ForeignPath:
    """The origin as `context.json` has it."""
    try:
        found = readings(origin)
    except ValueError as exc:
        raise Unrelated(f"the context's origin, {origin}, can be mapped to nothing: it {exc}") from exc
    return next((one for one in found if one.system.value == system), found[0])


def _readings(mapping: str) -> list[ForeignPath]:
    try:
        return readings(mapping)
    except ValueError as exc:
        raise ConfigError(f"mappingPolicy.path is {mapping!r}, which {exc}") from exc


def _joined(parts: Iterable[str]) -> str:
    return "/".join(parts)


class Links:
    """Absolute targets of symlinks: below the path that the mount's directory stands for, and below that directory itself.

    mount  absolute
    """

    def __init__(self, meant: ForeignPath, mount: str) -> None:
        self._meant = meant
        self._mount = understood(mount)

    def here(self, target: str) -> str:
        """A target that the context holds, as it is on this disk."""
        return _moved(target, self._meant, self._mount)

    def there(self, target: str) -> str:
        """A target on this disk, as the context holds it. One that would not come back as it is, stays as it is."""
        found = _moved(target, self._mount, self._meant)
        return found if self.here(found) == target else target


def _moved(target: str, old: ForeignPath, new: ForeignPath) -> str:
    """`target`, as far below `new` as it is below `old`; what is not below that, as it is."""
    try:
        parts = understood(target).below(old)
    except ValueError:
        return target
    return target if parts is None else str(new._replace(parts=(*new.parts, *parts)))


def policy_path(said: str, *names: str) -> str:
    """A path as a policy names it, relative to the mount and with `/`; "" is all of it.

    names  absolute paths that stand for the mount: its own, and the one that its mapping says that it is

    An absolute one below any of these is taken as relative to it. Any other is relative, whether it begins with a slash or not.
    ValueError for a path of another system that is below none.
    """
    roots = [root for name in names for root in readings(name)]
    foreign = any(root.system is System.WINDOWS for root in roots)
    try:
        found = readings(said)
    except ValueError:
        found = []
    for one in found:
        for root in roots:
            if (parts := one.below(root)) is not None:
                return _joined(parts)
    if foreign and any(one.system is System.WINDOWS for one in found) and not said.startswith("/"):
        raise ValueError(f"is outside of the mount: {said}")
    relative = said.replace("\\", "/") if foreign else said
    return _joined(part for part in relative.split("/") if part not in {"", "."})
