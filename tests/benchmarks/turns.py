"""Runs that take turns, and how long a process takes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def in_turns(what: str, runs: int, tools: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """A B C, B C A, …: what else the machine does hits all alike, and so does what the one before has left behind. Each begins with the
    disk at rest.
    """
    samples: dict[str, list[float]] = {tool: [] for tool in tools}
    names = list(tools)
    for turn in range(runs):
        first = turn % len(names)
        for tool in names[first:] + names[:first]:
            measured = tools[tool]
            os.sync()
            samples[tool].append(measured())
            told(f"{what}: {tool} {samples[tool][-1]:.3f}")
    return samples


def seconds(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> float:
    """From the start of the process to its end, which must be a good one. Its output is kept for the complaint."""
    with (folder / "output").open("w+b") as output:
        began = time.perf_counter()
        code = subprocess.call(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        took_s = time.perf_counter() - began
        if code:
            output.seek(0)
            said = output.read()[-2000:].decode(errors="replace")
            raise RuntimeError(f"{command} ended with {code}:\n{said}")
    return took_s


def told(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)
