"""Lines as a Markdown table, under a head that says when, where and what was run; and its place in the README."""

import datetime as dt
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests import servers
from tests.benchmarks.figures import HOLDALL, Line
from tests.benchmarks.peers import Peer

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def head(peers: Sequence[Peer], *, runs: int, load: str) -> str:
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    versions = [
        f"holdall {importlib.metadata.version('holdall')} ({_commit()})",
        f"Python {platform.python_version()}",
        f"SeaweedFS {_said(servers.binary('weed'), 'version').split()[2]}",
        *(f"{peer.name} {peer.version()}" for peer in peers),
    ]
    return (
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {memory_gib:.0f} GiB, "
        f"{platform.system()} {platform.release()}; load average {load}; {runs} runs, in turns.\n{', '.join(versions)}.\n"
    )


def body(lines: Iterable[Line], peers: Sequence[Peer]) -> str:
    """An empty cell is a tool that was not asked; what is compared is the median."""
    tools = [HOLDALL, *(peer.name for peer in peers)]
    rows = [["", *tools, "÷ best peer", "÷ rclone"]]
    rows.append(["---"] + ["--:"] * (len(rows[0]) - 1))
    for what, figures in lines:
        others = [figure.value for tool, figure in figures.items() if tool != HOLDALL]
        shown = [figures[tool].text if tool in figures else "" for tool in tools]
        rclone = figures.get("rclone")
        rows.append(
            [
                what,
                *shown,
                _ratio(figures[HOLDALL].value, min(others, default=None)),
                _ratio(figures[HOLDALL].value, rclone.value if rclone else None),
            ]
        )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def into_readme(text: str) -> None:
    """Between the markers; all else in it stays."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{text}{END}{after}")


def _ratio(ours: float, theirs: float | None) -> str:
    return "" if not theirs else f"{ours / theirs:.2f}"


def _commit() -> str:
    here = Path(__file__).parent
    described = ("git", "-C", str(here), "describe", "--always", "--dirty", "--exclude", "*")
    try:
        return _said(*described).strip()
    except (OSError, subprocess.CalledProcessError):
        return "no checkout"


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
