"""A process for each tracker of `udtlib.bench.trackers`, so that none lives with another's settings.

Thread pools, and how much freed memory the C library keeps, belong to a process: measured in one, a plain
tracker ran a tenth faster behind a fast one that had changed the latter. Book: chapter 03.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import Any

from udtlib.bench.trackers import NO_OPTIONS, run_once, settle
from udtlib.boxes import Boxes
from udtlib.child_process import safe_path
from udtlib.frames import Frame

Run = Callable[[str, Sequence[Frame], Boxes], tuple[float, float]]


@contextmanager
def own_processes(
    names: Sequence[str], threads: int, options: Mapping[str, Any] = NO_OPTIONS
) -> Iterator[Run]:
    """Yield what does `udtlib.bench.trackers.run_once` in the named tracker's process, one call at a time.

    The processes are started fresh, run on ``threads`` cores and threads, and end with the block; the
    trackers are made with ``options``.
    """
    context = get_context("spawn")
    with safe_path(), ExitStack() as open_pools:
        pools = {
            name: open_pools.enter_context(
                ProcessPoolExecutor(1, mp_context=context, initializer=settle, initargs=(threads,))
            )
            for name in names
        }
        yield lambda name, frames, box: pools[name].submit(run_once, name, frames, box, options).result()
