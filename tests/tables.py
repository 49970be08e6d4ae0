"""Tables as text: each row is a case, its title the test's id."""

from collections.abc import Callable

import pytest


def cases(table: str) -> Callable:
    """`@cases(text)`: the first line names the columns, and a cell begins below its column's name.

    What stands before the first column is the row's title. Blank lines are left out.
    """
    header, *rows = [line for line in table.splitlines() if line.strip()]
    names = header.split()
    starts = [header.index(f" {name}") + 1 for name in names]
    ends = [*starts[1:], None]
    found = []
    for row in rows:
        cells = [row[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        assert all(row[start - 1 : start] in {" ", ""} for start in starts), (
            f"a cell runs into the next: {row}"
        )
        found.append(pytest.param(*cells, id=row[: starts[0]].strip()))
    return pytest.mark.parametrize(names, found)
