"""What a measurement is: samples become a figure, figures of several tools a line of the table. Less is always better."""

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

HOLDALL = "holdall"


class Figure(NamedTuple):
    """value  what is compared
    text   what is shown
    """

    value: float
    text: str


class Line(NamedTuple):
    """`what` names the unit; `figures` are by tool."""

    what: str
    figures: Mapping[str, Figure]


def median(samples: Sequence[float]) -> Figure:
    middle = statistics.median(samples)
    if len(samples) == 1:
        return Figure(middle, number(middle))
    return Figure(middle, f"{number(middle)} ({number(min(samples))} to {number(max(samples))})")


def medians(by_tool: Mapping[str, Sequence[float]]) -> dict[str, Figure]:
    return {tool: median(samples) for tool, samples in by_tool.items()}


def percentile(samples: Sequence[float], percent: int) -> Figure:
    """Of many samples; nearest rank."""
    ordered = sorted(samples)
    value = ordered[max(0, -(-percent * len(ordered) // 100) - 1)]
    return Figure(value, number(value))


def number(value: float) -> str:
    """Three digits that count, without an exponent."""
    if value == 0:
        return "0"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"
