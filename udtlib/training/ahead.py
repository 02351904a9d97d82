"""The next batch is fetched while one is worked on; the wait for one can be ended. Book: chapter 11."""

import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread

import numpy as np
from torch import Tensor

from udtlib.errors import TrainingError
from udtlib.training.settings import TrainingSettings
from udtlib.training.signals import StopRequest
from udtlib.training.step import Batch, Patches

BatchSource = Callable[[int], Batch | Patches]
"""The whole batch of a step (0-indexed), always the same for the same step."""

Found = Batch | BaseException

PATIENCE = 2.0
"""Seconds that a batch may still take after a signal; then the run stops without it."""

GLANCE = 0.2
"""Seconds between two looks at whether a signal has come."""


def ahead(
    batches: BatchSource, first: int, settings: TrainingSettings, stop: StopRequest | None = None
) -> Iterator[Batch]:
    """Yield the batches from step ``first`` on; end early if ``stop`` is asked while none comes.

    The thread that fetches them is not waited for: it may be stuck in a decoder for good.

    Raises:
        TrainingError: what is no batch, or one of another size than the settings say.
    """
    wanted: SimpleQueue[int | None] = SimpleQueue()
    found: SimpleQueue[Found] = SimpleQueue()
    Thread(target=fetch, args=(batches, wanted, found), daemon=True).start()
    try:
        wanted.put(first if first < settings.steps else None)
        for step in range(first, settings.steps):
            answer = wait_for(found, stop or StopRequest())
            if answer is None:
                return
            if isinstance(answer, BaseException):
                raise answer
            wanted.put(step + 1 if step + 1 < settings.steps else None)
            patches = answer.patches
            if not isinstance(patches, np.ndarray | Tensor):
                raise TrainingError(
                    f"step {step}: expected a Batch or its uint8 patches, an array or a tensor, found "
                    f"{type(patches).__name__}; does the function that gives them end without return?"
                )
            if len(patches) != settings.batch:
                raise TrainingError(f"step {step}: expected {settings.batch} triplets, found {len(patches)}")
            yield answer
    finally:
        wanted.put(None)


def or_saved(batches: Iterator[Batch], save: Callable[[], None]) -> Iterator[Batch]:
    """Yield batches; before an error that keeps the next one from coming is raised, ``save`` is called."""
    while True:
        try:
            batch = next(batches)
        except StopIteration:
            return
        except Exception:
            save()
            raise
        yield batch


def fetch(batches: BatchSource, wanted: SimpleQueue[int | None], found: SimpleQueue[Found]) -> None:
    """Put the batch of every step wanted into ``found``, or the error it ended with, until None is wanted."""
    while (step := wanted.get()) is not None:
        try:
            answer = batches(step)
            found.put(answer if isinstance(answer, Batch) else Batch(answer))
        except BaseException as error:  # raised again where the batch is waited for
            found.put(error)


def wait_for(found: SimpleQueue[Found], stop: StopRequest) -> Found | None:
    """Return what is found, or None if `PATIENCE` has passed since a signal and nothing came."""
    asked = None
    while asked is None or time.monotonic() < asked + PATIENCE:
        try:
            return found.get(timeout=GLANCE)
        except Empty:
            if stop.number and asked is None:
                asked = time.monotonic()
    return None
