"""Which paths a mount leaves out, by gitignore's rules: the mount's `ignore` list and `.holdallignore` files.

What decides is found as git finds it, level by level from the top: the last pattern that matches, of the deepest file that has
one. What is below an ignored directory is ignored, and no pattern brings it back.

git never asks this of what is inside a `.git`. Half a repository is worth nothing, so there only patterns count that name `.git`;
all else in it takes part as its HEAD does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from holdall.rules.bundles import git_dir
from holdall.rules.gitpattern import GitPattern, parse

RULES_NAME = ".holdallignore"
LIST_SOURCE = "ignore"
"""The source of the mount's own list."""

_DIRECTORIES_MAX = 100_000


class Verdict(NamedTuple):
    """Whether a path is left out, and the pattern that decided: of which source, in which line (from 1).

    No pattern: no rule speaks of the path. A pattern that ignores a directory decides for all below.
    """

    ignored: bool = False
    pattern: str = ""
    source: str = ""
    line: int = 0


_Rules = tuple[tuple[GitPattern, Verdict], ...]


class Ignore:
    """patterns  of the mount, the weakest
    files     directory ("" is the root) -> the lines of its `.holdallignore`
    """

    def __init__(self, patterns: Sequence[str], files: Mapping[str, Sequence[str]] | None = None) -> None:
        self._list = _rules(patterns, LIST_SOURCE)
        self._files: dict[str, _Rules] = {}
        for directory, lines in (files or {}).items():
            file = rules_file(directory)
            if git_dir(file) is None and (rules := _rules(lines, file)):
                self._files[directory] = rules
        self._directories = {"": Verdict()}

    def with_file(self, directory: str, lines: Sequence[str]) -> "Ignore":
        """The same, but for what the directory's file says; no lines: it has none."""
        changed = Ignore((), {directory: lines})
        changed._list = self._list
        changed._files = {
            one: rules for one, rules in self._files.items() if one != directory
        } | changed._files
        return changed

    @property
    def skip(self) -> Callable[[str, bool], bool] | None:
        """For Disk.scan and Watch; None when there is no rule, so that nothing is asked."""
        if not self._list and not self._files:
            return None
        return lambda path, is_dir: self.explain(path, is_dir=is_dir).ignored

    def takes_part(self, path: str, *, is_dir: bool) -> bool:
        return not self.explain(path, is_dir=is_dir).ignored

    def explain(self, path: str, *, is_dir: bool) -> Verdict:
        if is_dir:
            return self._directory(path)
        above = self._directory(path.rpartition("/")[0])
        return above if above.ignored else self._own(path, is_dir=False)

    def _directory(self, path: str) -> Verdict:
        known = self._directories.get(path)
        if known is None:
            above = self._directory(path.rpartition("/")[0])
            known = above if above.ignored else self._own(path, is_dir=True)
            if len(self._directories) >= _DIRECTORIES_MAX:
                self._directories = {"": Verdict()}
            self._directories[path] = known
        return known

    def _own(self, path: str, *, is_dir: bool) -> Verdict:
        """Of the path alone, whatever is said of those above."""
        repository = git_dir(path)
        if repository is None:
            return self._decided(path, is_dir=is_dir)
        named = self._decided(path, is_dir=is_dir, only=_names_git)
        if named.pattern:
            return named
        return self._decided(f"{repository}/HEAD", is_dir=False, only=_names_no_git)

    def _decided(self, path: str, *, is_dir: bool, only: Callable[[Verdict], bool] | None = None) -> Verdict:
        """`only`: the patterns that count."""
        if self._files:
            at = path.rfind("/")
            while at >= 0:
                rules = self._files.get(path[:at])
                if rules and (verdict := _last(rules, path[at + 1 :], is_dir=is_dir, only=only)):
                    return verdict
                at = path.rfind("/", 0, at)
            if verdict := _last(self._files.get("", ()), path, is_dir=is_dir, only=only):
                return verdict
        return _last(self._list, path, is_dir=is_dir, only=only) or Verdict()


def load(patterns: Sequence[str], paths: Iterable[str], read: Callable[[str], bytes]) -> Ignore:
    """The rules of a mount: its list, and the `.holdallignore` files among `paths`, by `read`."""
    files = {}
    for path in paths:
        directory, _, name = path.rpartition("/")
        if name == RULES_NAME:
            files[directory] = lines_of(read(path))
    return Ignore(patterns, files)


def anchored(patterns: Sequence[str], folder: str) -> tuple[str, ...]:
    """A mount's list, where its directory is `folder` of the context: what is relative to its top is relative to that."""
    return tuple(_below(pattern, folder) for pattern in patterns) if folder else tuple(patterns)


def _below(pattern: str, folder: str) -> str:
    bare = pattern.removeprefix("!")
    if "/" not in bare.rstrip(" ").rstrip("/") or bare.startswith("#"):
        return pattern  # by name, at any depth
    literal = "".join(f"\\{char}" if char in "\\*?[" else char for char in folder)
    return f"{'!' if bare != pattern else ''}/{literal}/{bare.removeprefix('/')}"


def rules_file(directory: str) -> str:
    """The path of its `.holdallignore`."""
    return f"{directory}/{RULES_NAME}" if directory else RULES_NAME


def lines_of(data: bytes) -> list[str]:
    """A rules file's lines: LF or CRLF, with or without a byte order mark."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode(errors="surrogateescape")
    return [line.removesuffix("\r") for line in text.split("\n")]


def _names_git(verdict: Verdict) -> bool:
    return ".git" in verdict.pattern.removeprefix("!").rstrip(" ").split("/")


def _names_no_git(verdict: Verdict) -> bool:
    return not _names_git(verdict)


def _last(
    rules: _Rules, path: str, *, is_dir: bool, only: Callable[[Verdict], bool] | None
) -> Verdict | None:
    # A name that is not UTF-8 is asked about before it is found odd.
    raw = path.encode(errors="surrogateescape")
    name = raw.rpartition(b"/")[2]
    for pattern, verdict in rules:
        if (
            (is_dir or not pattern.dir_only)
            and (only is None or only(verdict))
            and pattern.regex.fullmatch(name if pattern.by_name else raw)
        ):
            return verdict
    return None


def _rules(lines: Sequence[str], source: str) -> _Rules:
    """The last comes first."""
    rules = []
    for number, line in enumerate(lines, 1):
        pattern = parse(line)
        if pattern is not None:
            rules.append((pattern, Verdict(not pattern.negated, line, source, number)))
    return tuple(reversed(rules))
