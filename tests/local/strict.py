"""A disk with a system's rules for names, over memory: what it does not hold it refuses, and what it folds is one file to it."""

import unicodedata

from holdall.errors import Unreadable
from holdall.local.memory import MemoryDisk


class Rules:
    """forbidden, trimmed, reserved  as in a Target; `trimmed` is dropped on the quiet, as Windows does
    fold      name -> what it is compared by
    kept      name -> the form that it is listed in
    longest   of a name, in UTF-16 units
    """

    def __init__(self, target, fold=lambda name: name, kept=lambda name: name, longest=255):
        self.target, self.fold, self.kept, self.longest = target, fold, kept, longest

    def compared(self, path):
        return "/".join(self.fold(name.rstrip(self.target.trimmed) or name) for name in path.split("/"))

    def need(self, path):
        name = path.rpartition("/")[2]
        stem = name.partition(".")[0].rstrip(" ").upper()
        devices = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
        devices |= {f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"}
        refused = (
            any(char in self.target.forbidden for char in name)
            or (name not in {".", ".."} and name != name.rstrip(self.target.trimmed))
            or (self.target.reserved and stem in devices)
        )
        if refused:
            raise AssertionError(f"asked for a name that cannot be: {name!r}")
        if len(name.encode("utf-16-le")) // 2 > self.longest:
            raise Unreadable("file name too long", path=path)


class StrictNodes(dict):
    """Paths as they were given, found by how they compare."""

    def __init__(self, rules):
        super().__init__()
        self.rules = rules
        self.real = {}

    def _key(self, path):
        return self.real.get(self.rules.compared(path), path)

    def __getitem__(self, path):
        return super().__getitem__(self._key(path))

    def __contains__(self, path):
        return super().__contains__(self._key(path))

    def get(self, path, default=None):
        return super().get(self._key(path), default)

    def __setitem__(self, path, node):
        known = self.rules.compared(path) in self.real
        if not known:
            self.rules.need(path)
            folder, slash, name = path.rpartition("/")
            self.real[self.rules.compared(path)] = f"{self._key(folder)}{slash}{self.rules.kept(name)}"
        super().__setitem__(self._key(path), node)

    def __delitem__(self, path):
        super().__delitem__(self._key(path))
        self.real.pop(self.rules.compared(path))

    def pop(self, path):
        found = self[path]
        del self[path]
        return found


class StrictDisk(MemoryDisk):
    def __init__(self, clock, rules, on_event=None):
        super().__init__(clock, on_event)
        self.tree.nodes = StrictNodes(rules)
        below = self.tree.below
        self.tree.below = lambda path: below(self.tree.nodes._key(path) if path else path)


def case(name):
    """As coarse as any system folds: case, Unicode form, and characters that are ignored."""
    plain = unicodedata.normalize("NFD", name)
    shown = "".join(char for char in plain if char not in "\u00ad\u200b\u200c\u200d\u2060\ufeff")
    return unicodedata.normalize("NFD", shown.upper().casefold()) or plain
