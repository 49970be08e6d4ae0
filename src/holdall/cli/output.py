"""What every command prints with: one JSON document, or lines for people."""

import json
import sys
from argparse import ArgumentParser
from typing import Any


def common(parser: ArgumentParser, example: str) -> None:
    """What every command has: --json, and an example at the end of its help."""
    parser.add_argument("--json", action="store_true", help="one JSON document in place of lines for people")
    parser.epilog = f"example:\n  {example}"


def document(found: dict[str, Any] | list[Any]) -> None:
    print(json.dumps(found, ensure_ascii=False, indent=2))


def line(text: str) -> None:
    print(text, flush=True)


def aside(text: str) -> None:
    """For people, beside what a script reads."""
    print(text, file=sys.stderr, flush=True)


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns as wide as their widest cell."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
