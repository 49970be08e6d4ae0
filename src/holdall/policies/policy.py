"""What all policies have: fields that are checked when the object is made and whenever it changes, and the wire form."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final, NamedTuple, Self, SupportsIndex, TypeVar

from holdall.policies.rules import Rule
from holdall.policies.spelling import camel

T = TypeVar("T")


class Takes(NamedTuple):
    """How a field is checked and travels.

    wire   its name there; "": the Python one in camel case
    inner  the policy that it holds: in the wire form, an object
    many   it holds a list of them
    """

    rule: Rule
    wire: str = ""
    inner: type["Policy"] | None = None
    many: bool = False


def takes(
    rule: Rule, *, wire: str = "", inner: type["Policy"] | None = None, many: bool = False
) -> dict[str, Takes]:
    """The metadata of a field of a policy."""
    return {"takes": Takes(rule, wire, inner, many)}


class Policy:
    """The base of every policy, each a dataclass whose fields say what they take.

    BadPolicy, which is a ValueError, for a value that a field does not take, whether the object is made with it, is given it
    later, or finds it in what it is read from. A list belongs to the policy, and is held to the same when it changes.
    """

    def __post_init__(self) -> None:
        self._agree(vars(self))

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in taken(type(self)):
            raise AttributeError(f"{type(self).__name__} has no field {name!r}", name=name, obj=self)
        value = self._fit(name, value)
        object.__setattr__(self, name, _List(value, self, name) if isinstance(value, list) else value)

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        """A copy has lists of its own, and they are checked too."""
        return type(self), tuple(getattr(self, name) for name in taken(type(self)))

    @classmethod
    def default(cls) -> Self:
        return cls()

    def to_dict(self) -> dict[str, Any]:
        """The wire form: camelCase keys and plain values. What is None is left out."""
        values = ((one.wire, getattr(self, name)) for name, one in taken(type(self)).items())
        return {wire: _plain(value) for wire, value in values if value is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | str) -> Self:
        """Of an object or its JSON text, with keys as on the wire or as in Python. BadPolicy, also for an unknown key."""
        from holdall.policies.wire import read  # noqa: PLC0415 (it knows policies)

        return read(cls, data)

    def _agree(self, values: Mapping[str, Any]) -> None:
        """Whether fields that are fine by themselves fit together. Misfit."""

    def _fit(self, name: str, value: Any) -> Any:
        """What a field would keep of a value."""
        known = taken(type(self))
        value = known[name].rule(value, (name,))
        values = vars(self) | {name: value}
        if len(vars(self)) == len(known):
            self._agree(values)
        return value


_TAKEN: Final[dict[type[Policy], dict[str, Takes]]] = {}


class _List(list[T]):
    """Of a policy's field: a change is one of the field."""

    def __init__(self, items: Iterable[T] = (), owner: Policy | None = None, name: str = "") -> None:
        super().__init__(items)
        self._owner = owner
        self._name = name

    def append(self, item: T, /) -> None:
        self._become([*self, item])

    def extend(self, items: Iterable[T], /) -> None:
        self._become([*self, *items])

    def insert(self, index: SupportsIndex, item: T, /) -> None:
        now = list(self)
        now.insert(index, item)
        self._become(now)

    def __setitem__(self, at: Any, value: Any, /) -> None:
        now = list(self)
        now[at] = value
        self._become(now)

    def __iadd__(self, items: Iterable[T], /) -> Self:  # type: ignore[override, misc]  # as list's
        self.extend(items)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)

    def _become(self, now: list[T]) -> None:
        super().__setitem__(slice(None), now if self._owner is None else self._owner._fit(self._name, now))  # noqa: SLF001


def taken(kind: type[Policy]) -> dict[str, Takes]:
    """By a policy: field -> how, in the order of its arguments. Each has its name on the wire."""
    found = _TAKEN.get(kind)
    if found is None:
        how = {one.name: one.metadata["takes"] for one in fields(kind)}  # type: ignore[arg-type]  # each is a dataclass
        found = {name: one._replace(wire=one.wire or camel(name)) for name, one in how.items()}
        _TAKEN[kind] = found
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Policy):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return getattr(value, "value", value)
