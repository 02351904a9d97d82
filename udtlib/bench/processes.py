"""A process for each tracker of `udtlib.bench.trackers`, so that none lives with another's settings.

Thread pools, and how much freed memory the C library keeps, belong to a process: measured in one, a plain
tracker ran a tenth faster behind a fast one that had changed the latter. Book: chapter 03.
"""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing import active_children, get_context
from typing import Any

from udtlib.bench.trackers import NO_OPTIONS, run_once, settle
from udtlib.boxes import Boxes
from udtlib.child_process import safe_path
from udtlib.errors import TrackerError
from udtlib.frames import Frame

Run = Callable[[str, Sequence[Frame], Boxes], tuple[float, float]]


@contextmanager
def own_processes(
    names: Sequence[str], threads: int, options: Mapping[str, Any] = NO_OPTIONS
) -> Iterator[Run]:
    """Yield what does `udtlib.bench.trackers.run_once` in the named tracker's process, one call at a time.

    The processes are started fresh, run on ``threads`` cores and threads, and end with the block, at once if
    it fails or is interrupted; the trackers are made with ``options``.

    Raises:
        TrackerError: by what is yielded, if the tracker's process died.
    """
    context, before = get_context("spawn"), active_children()
    with safe_path(), ExitStack() as open_pools:
        pools = {
            name: open_pools.enter_context(
                ProcessPoolExecutor(1, mp_context=context, initializer=settle, initargs=(threads,))
            )
            for name in names
        }

        def run(name: str, frames: Sequence[Frame], box: Boxes) -> tuple[float, float]:
            with deaf_to_ctrl_c():
                found = pools[name].submit(run_once, name, frames, box, options)
            try:
                return found.result()
            except BrokenProcessPool as error:
                raise TrackerError(
                    f"{name}: its process died: killed, out of memory, or a crash in native code"
                ) from error

        try:
            yield run
        except BaseException:
            for child in active_children():  # a pool waits for the run that it does
                if child not in before:
                    child.kill()
            raise


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Let processes started meanwhile never get Ctrl-C, which reaches all of a terminal; this one decides.

    Here it comes when the block has ended.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
