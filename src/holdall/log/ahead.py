"""A few results ahead of their use."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def ahead(act: Callable[[T], R], items: Iterable[T], *, at_once: int) -> Generator[R, None, None]:
    """`act` of each item, in their order; at most `at_once` are under way or wait to be taken.

    What `act` raises is raised where its result would have come. Items are taken from one thread, as results are. Once it is
    closed (`contextlib.closing`), nothing runs any more.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="ahead") as pool:
        rest = iter(items)
        waiting: deque[Future[R]] = deque(pool.submit(act, item) for item in islice(rest, at_once))
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(act, item) for item in islice(rest, 1))
                yield result
        finally:
            # Left early, or raised: what was not begun is not wanted any more.
            for future in waiting:
                future.cancel()
