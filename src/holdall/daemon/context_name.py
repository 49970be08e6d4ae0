"""What a new context may be called. One that was made under another name keeps it, and is found by it."""

import re
from typing import Final

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, and marks that turn text around: on a line for people they show what is not there."""


def escaped(text: str) -> str:
    """On one line, with each of them as an escape."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def name_fault(context: str) -> str | None:
    """What is wrong with the name; None when nothing is."""
    if not context:
        return "is empty"
    if CONTROL.search(context):
        return f"is '{escaped(context)}', which holds a control character"
    if not context.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in context):
        return f"is {context!r}, which is not UTF-8"
    return None
