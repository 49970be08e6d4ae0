"""Which part of the tree a mount's white list takes in: the union of its entries, each a path minus its exclude paths. Pure.

Paths are compared by whole parts: `src` is not `srcx`. What an entry or an exclude path names counts with all that is below it.

A regular expression is matched from the start of the relative path, as `re.match` does: against the path itself, and against each
directory above it. Of what is inside a `.git` only those are asked that name it, for half a repository is worth nothing: all else
in it takes part as its HEAD does.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

from holdall.policies.effective import White
from holdall.rules.bundles import git_dir
from holdall.rules.conflict import ASIDE_DIR, is_copy, original_of

_DIRECTORIES_MAX: Final = 100_000
_LITERAL: Final = re.compile(r"(?:\\[^\w\s]|[^\\.^$*+?{}\[\]|()])*")
_REPEATS: Final = frozenset("*?{")
_START: Final = re.compile(r"\^?(?:/(?![*+?{]))?(?![*+?{])")


class Part(Enum):
    """What a path is to a white list. A directory that is on the way takes no part itself: below it something may."""

    INSIDE = auto()
    ON_THE_WAY = auto()
    OUTSIDE = auto()


class Said(NamedTuple):
    """entry    number of the entry that takes the path in, or, with `exclude`, leaves it out; None: no entry names it
    exclude  the exclude path that decided, as it was written
    """

    part: Part
    entry: int | None = None
    exclude: str = ""


class WhiteList:
    """roots  absolute paths that stand for the mount, as policies may name them: below one of them, a path is relative to it
    named  a path that is asked about -> what the list calls it, where the mount is a part of its context, or more
    """

    def __init__(
        self,
        listed: Iterable[White] = (),
        roots: Iterable[str] = (),
        named: Callable[[str], str] | None = None,
    ) -> None:
        self._named = named
        self.listed = tuple(listed)
        roots = tuple(roots)
        self._entries: tuple[_Plain | _Expression, ...] = tuple(
            _Expression(one, roots) if one.is_path_regex else _Plain(one, roots) for one in self.listed
        )
        everything = not self._entries or any(one.is_everything for one in self._entries)
        self._directories = {"": _Below(Part.INSIDE if everything else Part.ON_THE_WAY, self._entries)}
        self.is_everything = everything

    def part(self, path: str, *, is_dir: bool) -> Part:
        if self.is_everything:
            return Part.INSIDE
        return self._part(path if self._named is None else self._named(path), is_dir=is_dir)

    def _part(self, path: str, *, is_dir: bool) -> Part:
        if is_dir:
            return self._directory(path).part
        above = self._directory(path.rpartition("/")[0])
        if above.is_whole or any(one.takes(path) for one in above.entries):
            return Part.INSIDE
        return Part.INSIDE if self._is_copy(path, is_dir=False) else Part.OUTSIDE

    def explain(self, path: str, *, is_dir: bool) -> Said:
        part = self.part(path, is_dir=is_dir)
        path = path if self._named is None else self._named(path)
        if part is Part.INSIDE:
            taking = (number for number, one in enumerate(self._entries) if one.takes(path))
            return Said(part, next(taking, None))
        for number, one in enumerate(self._entries):
            if one.covers(path) and (exclude := one.exclude(path)):
                return Said(part, number, exclude)
        return Said(part)

    def takes(self, number: int, path: str) -> bool:
        """Whether the entry of this number takes the path in."""
        return self._entries[number].takes(path if self._named is None else self._named(path))

    def _directory(self, path: str) -> "_Below":
        known = self._directories.get(path)
        if known is None:
            above = self._directory(path.rpartition("/")[0])
            known = above if above.is_whole else self._below(path, above.entries)
            if len(self._directories) >= _DIRECTORIES_MAX:
                self._directories = {"": self._directories[""]}
            self._directories[path] = known
        return known

    def _below(self, path: str, entries: "Sequence[_Plain | _Expression]") -> "_Below":
        entries = tuple(one for one in entries if one.takes(path) or one.leads_on(path))
        taking = [one for one in entries if one.takes(path)]
        if taking:
            return _Below(Part.INSIDE, entries, is_whole=any(not one.excludes for one in taking))
        if self._is_copy(path, is_dir=True):
            return _Below(Part.INSIDE, entries, is_whole=True)
        return _Below(Part.ON_THE_WAY if entries or _is_in(path, ASIDE_DIR) else Part.OUTSIDE, entries)

    def _is_copy(self, path: str, *, is_dir: bool) -> bool:
        """Whether it is a conflict copy of what takes part: a version of that, which goes where that goes."""
        return is_copy(path) and self._part(original_of(path), is_dir=is_dir) is Part.INSIDE


class _Below(NamedTuple):
    """A directory. `entries`: those that have a say in it or below it; `is_whole`: one of them takes in all that is below."""

    part: Part
    entries: "tuple[_Plain | _Expression, ...]"
    is_whole: bool = False


class _Excludes:
    """The exclude paths of an entry: relative to it, or to the mount where they begin with its path.

    path  of the entry; None for a regular expression: what it excludes may be meant either way
    """

    def __init__(self, listed: White, path: str | None, roots: Sequence[str]) -> None:
        self._path = path
        self._plain: list[tuple[str, str]] = []
        self._expressions: list[tuple[_Regex, str]] = []
        for said in listed.exclude_paths:
            text = relative(said, roots, is_regex=listed.is_exclude_regex)
            if said and listed.is_exclude_regex:
                self._expressions.append((_Regex(text), said))
            elif said:
                self._plain.append((text, said))

    def __bool__(self) -> bool:
        return bool(self._plain or self._expressions)

    def find(self, path: str, top: str) -> str:
        """The exclude path that speaks of `path`, which is at or below the entry's `top`; "" where none does."""
        below = path[len(top) + 1 :] if top and _is_in(path, top) else path
        for text, said in self._plain:
            if any(_is_in(one, text) for one in self._meant(text, path, below)):
                return said
        for regex, said in self._expressions:
            if any(regex.finds(one) for one in self._meant(regex.text, path, below)):
                return said
        return ""

    def _meant(self, text: str, path: str, below: str) -> tuple[str, ...]:
        """The path as the exclude path would write it."""
        if self._path is None:
            return (path, below)
        return (path if not self._path or _is_in(text, self._path) else below,)


class _Plain:
    def __init__(self, listed: White, roots: Sequence[str]) -> None:
        self._path = relative(listed.path, roots)
        self.excludes = _Excludes(listed, self._path, roots)
        self.is_everything = not self._path and not self.excludes

    def covers(self, path: str) -> bool:
        """But for what it excludes."""
        return _is_in(path, self._path)

    def takes(self, path: str) -> bool:
        return self.covers(path) and not self.exclude(path)

    def leads_on(self, path: str) -> bool:
        """Whether something below the directory may be taken in, although it is not."""
        return self._path.startswith(f"{path}/")

    def exclude(self, path: str) -> str:
        return self.excludes.find(path, self._path)


class _Expression:
    is_everything = False

    def __init__(self, listed: White, roots: Sequence[str]) -> None:
        self._regex = _Regex(relative(listed.path, roots, is_regex=True))
        self._literal = _literal_start(self._regex.text)
        self.excludes = _Excludes(listed, None, roots)

    def covers(self, path: str) -> bool:
        return self._regex.finds(path)

    def takes(self, path: str) -> bool:
        return self.covers(path) and not self.exclude(path)

    def leads_on(self, path: str) -> bool:
        inside = f"{path}/"
        return (inside.startswith(self._literal) or self._literal.startswith(inside)) and not self.exclude(
            path
        )

    def exclude(self, path: str) -> str:
        if not self.excludes:
            return ""
        return self.excludes.find(path, next(self._regex.matching(path), path))


class _Regex:
    def __init__(self, text: str) -> None:
        self.text = text
        self._match = re.compile(text).match
        self._names_git = ".git" in text.replace("\\", "")

    def finds(self, path: str) -> bool:
        return next(self.matching(path), None) is not None

    def matching(self, path: str) -> Iterator[str]:
        """Of the path and the directories above it, those that match, from the top."""
        repository = None if self._names_git else git_dir(path)
        if repository is not None:
            path = f"{repository}/HEAD"
        return (one for one in _from_the_top(path) if self._match(one))


def relative(path: str, roots: Iterable[str] = (), *, is_regex: bool = False) -> str:
    """A policy's path, relative to the mount: `/work/src`, `/src/`, `src//.` and `src` are `src` where a root is `/work`."""
    if is_regex:
        text = path.removeprefix("^")
        for root in roots:
            for written in (root.rstrip("/"), re.escape(root.rstrip("/"))):
                if text.startswith(f"{written}/"):
                    path = text[len(written) :]
        start = _START.match(path)
        return path if start is None else path[start.end() :]
    parts = _parts(path)
    if path.startswith("/"):
        for above in map(_parts, roots):
            if parts[: len(above)] == above:
                parts = parts[len(above) :]
                break
    return "/".join(parts)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _is_in(path: str, top: str) -> bool:
    return not top or path == top or path.startswith(f"{top}/")


def _from_the_top(path: str) -> Iterator[str]:
    """`a/b/c` -> `a`, `a/b`, `a/b/c`."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)
    if path:
        yield path


def _literal_start(text: str) -> str:
    """What every path begins with that the expression can match. Below other directories there is nothing to look for."""
    if "|" in text:
        return ""
    found = _LITERAL.match(text)
    start = "" if found is None else found[0]
    if text[len(start) : len(start) + 1] in _REPEATS and start:
        start = start[:-2] if start[-2:-1] == "\\" else start[:-1]
    return re.sub(r"\\(.)", r"\1", start)
