"""A Dask cluster for `udtlib.evaluation.running.runner`, through joblib's own backend. Book: chapter 13.

Tasks go out and boxes come back: workers need no disk in common with the caller, and find a registered
dataset's frames by themselves (`NamedFrames`). A cluster runs the code it is sent: connect to your own.
"""

import gc
import time
from collections.abc import Callable, Iterator
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import numpy as np

from udtlib.data.registry import DATASETS, load_dataset
from udtlib.data.sequences import Frames, Sequence
from udtlib.errors import ClusterError, DataError
from udtlib.evaluation.results.fingerprints import frames_fingerprint
from udtlib.evaluation.running.workers import DIED, limit_threads
from udtlib.files import user_path
from udtlib.frames import Frame

PATIENCE = 120.0
"""Seconds for which a cluster may have no worker at all; one that restarts takes a few."""
CONNECT = 10.0
"""Seconds in which a scheduler must answer."""
AGAIN = "finished results are kept: run it again, here or there, to go on"


class NamedFrames(Frames):
    """Frames of a registered dataset, found by name on whichever machine reads them."""

    def __init__(self, sequence: Sequence, dataset: str, root: str | None = None, images: str = "") -> None:
        """Refer to the frames of ``sequence``; ``root`` counts where such a folder exists.

        It is taken from the current folder here and now, wherever the worker is or a tracker goes.
        ``images`` is their `frames_fingerprint`, which those elsewhere must have too; empty for any.
        """
        self.name, self.boxes, self.length = sequence.name, sequence.boxes, len(sequence)
        self.root = None if root is None else str(user_path(root).absolute())
        self.dataset, self.images = dataset, images
        self.found: Sequence | None = None

    def __len__(self) -> int:
        """Return the number of frames that the caller's copy has."""
        return self.length

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what was found here: elsewhere it lies elsewhere."""
        return self.__dict__ | {"found": None}

    def read(self, index: int) -> Frame:
        """Return frame ``index``.

        Raises:
            MissingDataError: the dataset is not on this machine.
            DataError: what is here is not what the caller has.
        """
        if self.found is None:
            try:
                self.found = self._find()
            except DataError:  # this worker may have read the dataset before it was mended
                _load.cache_clear()
                self.found = self._find()
        return self.found.frames[index]

    def _find(self) -> Sequence:
        here, broken = _load(self.dataset, self.root if self.root and Path(self.root).is_dir() else None)
        found = {sequence.name: sequence for sequence in here}.get(self.name)
        if found is None:
            names = ", ".join(sequence.name for sequence in here)
            why = broken.get(self.name, f"found {names}")
            raise DataError(f"{self.dataset} on this worker has no sequence {self.name}; {why}")
        own_truth = self.dataset == "folder"  # the caller may have named its file, which is not here
        if not own_truth and not np.array_equal(found.boxes, self.boxes, equal_nan=True):
            raise DataError(
                f"{self.dataset} on this worker has other true boxes of {self.name} than the caller's"
            )
        if self.images and frames_fingerprint(found.frames, found.tracked) != self.images:
            raise DataError(
                f"{self.dataset} on this worker has other images of {self.name} than the caller's"
            )
        return found


@lru_cache
def _load(dataset: str, root: str | None) -> tuple[list[Sequence], dict[str, str]]:
    broken: dict[str, str] = {}
    return load_dataset(dataset, root, broken=broken), broken


def sequence_to_send(sequence: Sequence, dataset: str, root: str | Path | None, images: str = "") -> Sequence:
    """Return a sequence for another machine: frames of a registered dataset go as `NamedFrames`."""
    if dataset not in DATASETS:
        return sequence
    place = None if root is None else str(root)
    return replace(sequence, frames=NamedFrames(sequence, dataset, place, images))


def run_on_cluster(
    function: Callable[[Any], Any], items: AbstractSequence[Any], address: str
) -> Iterator[tuple[int, Any]]:
    """Yield ``(index, function(items[index]))`` of every item as soon as it is there.

    A task whose worker dies is run by another. Where that happens again and again (four times, unless the
    cluster says otherwise), or a worker cannot read the task, the reason stands in place of the result.

    Args:
        function: one of an importable module, or picklable by cloudpickle.
        items: what to call it with.
        address: the scheduler's, such as ``tcp://127.0.0.1:8786``.

    Raises:
        ClusterError: Dask is not installed, nobody answers there, or the cluster is gone.
    """
    if not items:
        return
    client = _connect(address)
    arrived: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_collect, args=(client, function, items, arrived), daemon=True).start()
    try:
        for _ in items:
            yield _next(arrived, client, address)
    finally:
        client.close(timeout=2)


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError("--dask needs the package distributed: pip install 'udtlib[dask]'") from error
    try:
        return Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        problem = _in_a_line(error)
    # A client that never came up is ended now. Left to a later collection, its end may come while this thread
    # holds the very lock that it waits for.
    gc.collect()
    raise ClusterError(
        f"{address}: expected a Dask scheduler, none answered ({problem}); start "
        "`dask scheduler`, and `dask worker ADDRESS --nthreads 1` on each machine, with what it prints"
    )


def _next(arrived: "SimpleQueue[Any]", client: Any, address: str) -> tuple[int, Any]:
    """Return what arrives next, watching meanwhile whether anything still can."""
    last_seen = time.monotonic()
    while True:
        try:
            outcome = arrived.get(timeout=1)
            break
        except Empty:
            last_seen = time.monotonic() if _has_workers(client) else last_seen
            if time.monotonic() > last_seen + PATIENCE:
                raise ClusterError(
                    f"{address}: the cluster has had no worker for {PATIENCE:.0f} s; {AGAIN}"
                ) from None
    if isinstance(outcome, BaseException):
        raise ClusterError(f"{address}: the cluster is gone ({_in_a_line(outcome)}); {AGAIN}") from outcome
    return outcome


def _has_workers(client: Any) -> bool:
    try:
        return bool(client.ncores())
    except (OSError, RuntimeError):  # no connection; what is lost is reported as cancelled, soon
        return False


def _in_a_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _collect(
    client: Any, function: Callable[[Any], Any], items: AbstractSequence[Any], arrived: "SimpleQueue[Any]"
) -> None:
    """Put every outcome into ``arrived``, and what ends them all; in a thread, as joblib waits for ever."""
    import joblib

    try:
        with joblib.parallel_config(backend=_make_backend(client)):
            parallel = joblib.Parallel(
                n_jobs=-1, return_as="generator_unordered", batch_size=1, pre_dispatch="all"
            )
            for outcome in parallel(
                joblib.delayed(_run_there)(function, index, item) for index, item in enumerate(items)
            ):
                arrived.put(outcome)
    except BaseException as error:
        arrived.put(error)


def _run_there(function: Callable[[Any], Any], index: int, item: Any) -> tuple[int, Any]:
    limit_threads()  # left so: this process may run other tasks meanwhile
    return index, function(item)


def _make_backend(client: Any) -> Any:
    """Return joblib's Dask backend, mended in two places (joblib 1.6).

    It is called back for results only, so joblib would wait for ever for a task that Dask has given up; and
    with a single worker joblib would run the tasks in this process.
    """
    from distributed import KilledWorker
    from joblib._dask import DaskDistributedBackend

    class AnsweringBackend(DaskDistributedBackend):  # type: ignore[misc]
        def effective_n_jobs(self, n_jobs: int) -> int:
            return 2  # any number but 1: all tasks are dispatched at once, the scheduler shares them out

        def submit(self, func: Any, callback: Callable[[Any], None] | None = None) -> Any:
            ((_, (_, index, _), _),) = func.items

            def answer(future: Any) -> None:
                error = future.exception()
                if error is not None and callback is not None:
                    callback([(index, DIED if isinstance(error, KilledWorker) else _in_a_line(error))])

            future = super().submit(func, callback)
            future.add_done_callback(answer)
            return future

    return AnsweringBackend(client=client)
