"""Names that some system cannot hold, by the rules of each, and names that people really found trouble with."""

# ruff: noqa: RUF001  that they look like others is what is awkward about them

import json
import unicodedata
from pathlib import Path

NAUGHTY = json.loads((Path(__file__).parent / "naughty_names.json").read_text())["names"]

_DEVICES = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
_DEVICES += [f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"]
_FORBIDDEN = [chr(code) for code in (*range(1, 32), 0x7F)] + list('\\:*?"<>|')
_ENDS = [".", " ", "..", ". ", " .", "  "]
_FORMS = ["NFC", "NFD", "NFKC", "NFKD"]
_LETTERS = ["é", "ñ", "Å", "ü", "ạ̈", "각", "ǆ", "ẛ̣", "が", "Ω"]
_DOTS_AND_SPACES = ["...", " ", "  ", ". .", " a", ".a.", ".. x", "a.b. ", "name.txt.", "\u3000", "a\u00a0"]
_ALIKE_BY_CASE = [
    "README",
    "readme",
    "Readme",
    "ReadMe",
    "README.md",
    "Readme.md",
    "straße",
    "STRASSE",
    "Straße",
    "strasse",
    "ı",
    "I",
    "i",
    "İ",
    "ſ",
    "s",
    "S",
    "K",
    "k",
    "Σ",
    "σ",
    "ς",
    "ß",
    "ẞ",
    "ﬃ",
    "FFI",
    "ffi",
    "Dž",
    "DŽ",
    "dž",
]
_ALIKE_BY_FORM = ["\u212a", "\u2126", "\u00c5", "\u212b", "A\u030a"]
_IGNORED_IN_PART = ["ab", "a\u200bb", "a\u200db", "\ufeffab", "a\u00adb", "a\u202eb"]
_LIKE_ESCAPES = [
    "a%3Ab",
    "%43ON",
    "a%253Ab",
    "a：b",
    "a‛：b",
    "ＣＯＮ",
    "a␀b",
    "a=3Ab",
    "a__b",
    "a．",
    "a․",
    "\uf03a",
    "a\uf03ab",
    "\uf043ON",
    "\uf000readme",
]
_LIKE_ESCAPES += ["\uf000README", "\uf000", "\uf0ff", "\uf0ef\uf080\uf0ba", "\uf07b x", "\uf000\uf072eadme"]
_OTHERS = ["-", "--help", "~", "~$doc.docx", "PROGRA~1", "a~1.TXT", "x" * 200, "X" * 200, ":" * 60, "é" * 100]


def awkward() -> list[str]:
    found = [
        *NAUGHTY,
        *_DOTS_AND_SPACES,
        *_ALIKE_BY_CASE,
        *_ALIKE_BY_FORM,
        *_IGNORED_IN_PART,
        *_LIKE_ESCAPES,
        *_OTHERS,
    ]
    for device in _DEVICES:
        found += [
            device,
            device.lower(),
            f"{device}.txt",
            f"{device.title()} .tar.gz",
            f"x{device}",
            f".{device}",
        ]
    for char in _FORBIDDEN:
        found += [char, f"a{char}", f"a{char}b"]
    for letter in _LETTERS:
        forms = {unicodedata.normalize(form, f"{letter}x") for form in _FORMS}
        found += sorted({*forms, *map(str.upper, forms), *map(str.lower, forms)})
    return list(dict.fromkeys(found + [f"a{end}" for end in _ENDS]))
