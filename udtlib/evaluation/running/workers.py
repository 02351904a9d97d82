"""Worker processes for `udtlib.evaluation.running.runner`: one thread each, and one that dies is survived."""

import os
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from udtlib.child_process import safe_path
from udtlib.errors import DataError

DIED = "the worker process died: killed, out of memory, or a crash in native code"


def run_in_workers(function: Callable[[Any], str], items: Sequence[Any], jobs: int) -> Iterator[str]:
    """Yield ``function(item)`` of every item in order, or `DIED` where its worker process died.

    Raises:
        DataError: an item that cannot be sent to another process.
    """
    from joblib.externals.loky.process_executor import BrokenProcessPool

    done = 0
    try:
        for outcome in _parallel(function, items, jobs):
            done += 1
            yield outcome
    except BrokenProcessPool:
        # The pool is gone and does not say whose worker died: each of the rest alone.
        yield from (_run_alone(function, item) for item in items[done:])
    except pickle.PicklingError as error:
        raise DataError(
            f"the tracker or a sequence cannot be sent to workers, use one job: {error}"
        ) from error


def _run_alone(function: Callable[[Any], str], item: Any) -> str:
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        return next(_parallel(function, [item], jobs=2))
    except BrokenProcessPool:
        return DIED


def _parallel(function: Callable[[Any], str], items: Sequence[Any], jobs: int) -> Iterator[str]:
    import joblib

    with safe_path(), joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1, max_nbytes=None)
        yield from parallel(joblib.delayed(_run_here)(function, item, os.getpid()) for item in items)


def _run_here(function: Callable[[Any], str], item: Any, starter: int) -> str:
    if os.getpid() != starter:
        _end_with(starter)
    return function(item)


@cache
def _end_with(parent: int) -> None:
    """End this worker soon after its parent, so that a killed run leaves nothing running behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.3)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit the libraries of this process to one thread, see `limit_threads`, and restore them after."""
    restore = limit_threads()
    try:
        yield
    finally:
        for undo in restore:
            undo()


def limit_threads() -> list[Callable[[], Any]]:
    """Limit numpy's BLAS, OpenCV, and torch where it is imported, to one thread; return what undoes it.

    BLAS too: on small matrices its threads wait for each other, on a busy machine for most of the time.
    """
    import cv2
    from threadpoolctl import threadpool_limits

    restore = [
        threadpool_limits(1, user_api="blas").restore_original_limits,
        partial(cv2.setNumThreads, cv2.getNumThreads()),
    ]
    cv2.setNumThreads(1)
    if torch := sys.modules.get("torch"):
        restore.append(partial(torch.set_num_threads, torch.get_num_threads()))
        torch.set_num_threads(1)
    return restore
