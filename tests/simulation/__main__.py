"""Many schedules by hand: `python -m tests.simulation 100000 100000` runs that many seeds from the first on, on all cores.

A seed that fails is named with what the oracle says; `--trace SEED` runs one of them and prints all that happened.
"""

import argparse
import os
import sys
from collections import deque
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.schedules import run
from tests.simulation.world import World

_CHUNK = 200


def chunk(first, count):
    """(seed, the oracle's words) of each that failed; how many effects were carried out."""
    failed, effects = [], 0
    for seed in range(first, first + count):
        try:
            effects += run(seed).effects
        except Exception as exc:  # noqa: BLE001 (whatever it is, the seed gives it again)
            failed.append((seed, f"{type(exc).__name__}: {str(exc).splitlines()[0]}"))
    return failed, effects


def many(first, count):
    firsts = range(first, first + count, _CHUNK)
    counts = [min(_CHUNK, first + count - one) for one in firsts]
    failures = effects = done = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for failed, some in pool.map(chunk, firsts, counts):
            done += _CHUNK
            effects += some
            failures += len(failed)
            for seed, what in failed:
                print(f"{seed}: {what}", flush=True)
            print(f"\r{min(done, count):,} of {count:,}", end="", file=sys.stderr, flush=True)
    print(f"\n{count:,} schedules from seed {first}: {effects:,} effects, {failures} failed")
    return 1 if failures else 0


def trace(seed):
    made = World.__init__

    def remember_all(world, *args, **how):
        made(world, *args, **how)
        world.lines = deque(world.lines)

    World.__init__ = remember_all
    try:
        world = run(seed)
    except AssertionError as exc:
        print(exc)
        return 1
    print("\n".join(f"{at:9} {line}" for at, line in world.lines))
    return 0


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("count", type=int, nargs="?", default=1000)
    parser.add_argument("--trace", metavar="SEED", type=int)
    args = parser.parse_args()
    return trace(args.trace) if args.trace is not None else many(args.first, args.count)


if __name__ == "__main__":
    sys.exit(main())
