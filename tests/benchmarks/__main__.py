"""`python -m tests.benchmarks [NAMES…]`: holdall beside its peers on this machine, in turns, as a Markdown table."""

import argparse
import os
import sys
import traceback

from tests.benchmarks import (
    extract,
    ground,
    help_time,
    memory,
    release,
    rename,
    rename_archive,
    save,
    second_machine,
    table,
    turns,
    w1_changed,
    w1_durable,
    w1_no_change,
    w1_restore,
    w1_up,
    w2_up,
    w4_archive,
    w6_down,
)

ROWS = {
    "w1-up": w1_up,
    "w1-durable": w1_durable,
    "w1-restore": w1_restore,
    "w1-changed": w1_changed,
    "w1-no-change": w1_no_change,
    "w2-up": w2_up,
    "w4-archive": w4_archive,
    "w6-down": w6_down,
    "release": release,
    "save": save,
    "second-machine": second_machine,
    "rename": rename,
    "rename-archive": rename_archive,
    "memory": memory,
    "help": help_time,
    "extract": extract,
}


def main() -> None:
    asked = _arguments()
    load = f"{os.getloadavg()[0]:.2f} before"
    lines = []
    failed = []
    with ground.prepared(
        runs=asked.runs, files=asked.files, most=asked.most, mib=asked.mib, disk=asked.disk
    ) as found:
        for name in asked.names or ROWS:
            turns.told(f"{name}, load average {os.getloadavg()[0]:.2f}")
            try:
                lines += ROWS[name].measure(found)
            except Exception:  # noqa: BLE001 (an hour's other rows are not to be lost with it)
                traceback.print_exc()
                failed.append(name)
        tools = found.tools
    load += f", {os.getloadavg()[0]:.2f} after"
    text = f"{table.head(tools, runs=asked.runs, load=load)}\n{table.body(lines, tools)}"
    print(text)
    if asked.readme:
        table.into_readme(text)
    if failed:
        sys.exit(f"no whole figures of {', '.join(failed)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"some of {', '.join(ROWS)}; default: all")
    parser.add_argument("--runs", metavar="N", type=int, default=3, help="of each tool (default: 3)")
    parser.add_argument("--files", metavar="N", type=int, default=10_000, help="of 4 KiB (default: 10,000)")
    parser.add_argument(
        "--most", metavar="N", type=int, default=100_000, help="files of the memory row (default: 100,000)"
    )
    parser.add_argument(
        "--mib", metavar="N", type=int, default=1024, help="of the large file (default: 1024)"
    )
    parser.add_argument(
        "--disk", metavar="DIR", help="where the trees lie (default: where temporary files do)"
    )
    parser.add_argument("--readme", action="store_true", help="put the table into tests/benchmarks/README.md")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(ROWS):
        parser.error(f"no row is called {', '.join(sorted(unknown))}")
    return asked


if __name__ == "__main__":
    main()
