"""A student's notebook as functions that can be called: each call is answered by a child process.

Whatever the notebook does, a call ends: with an answer, which is numbers, or with `UnansweredError`.
Book: chapters 02 to 14.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from udtlib.check.grading.wire import LARGEST_TEXT, LENGTHS, lengths, pack, unpack
from udtlib.child_process import Child
from udtlib.errors import DataError
from udtlib.pipes import write_within

WORKER = "udtlib.check.grading.worker"
SECONDS = 10.0
"""A call that takes longer is stopped. Ours take less than a tenth of a second."""

STARTING = 20.0
"""Seconds that a process may take besides to start, on a busy machine."""

MEMORY = 2 << 30
LARGEST_NOTEBOOK = 32 << 20


class UnansweredError(AssertionError):
    """A call that gave no answer; the text says why, to the student."""


class Student:
    """The functions of one notebook; use it as a context, so that its process ends with it."""

    def __init__(self, cells: Sequence[str], seconds: float = SECONDS) -> None:
        """Remember the code cells; a process starts with the first call, and after one that killed it."""
        self.cells, self.seconds = list(cells), seconds
        self._child: Child | None = None

    def __enter__(self) -> "Student":
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._child:
            self._child.close()
        self._child = None

    def function(self, name: str) -> Callable[..., Any]:
        """Return the notebook's function ``name``; calls raise `UnansweredError` where it gives no answer."""

        def call(*arguments: Any) -> Any:
            reply = self._exchange([name, *arguments])
            if isinstance(reply, dict) and set(reply) == {"answer"}:
                return reply["answer"]
            text = reply.get("error") if isinstance(reply, dict) else None
            raise UnansweredError(text if isinstance(text, str) else "what came back is no answer")

        return call

    def _exchange(self, request: list[Any]) -> Any:
        try:
            child = self._child or self._started()
            return self._sent(child, request, self.seconds)
        except (OSError, ValueError, EOFError) as error:
            raise UnansweredError(f"the function's process {self._cause(error)}") from None

    def _cause(self, error: Exception) -> str:
        child, self._child = self._child, None
        if child is None:
            return f"could not be started ({error})"
        if isinstance(error, TimeoutError):
            child.close()
            return f"gave no answer for {self.seconds:g} s and was stopped"
        if isinstance(error, ValueError):
            child.close()
            return "sent something that is no answer and was stopped"
        return child.cause_of_death(error)

    def _started(self) -> Child:
        self._child = Child(WORKER, patience=self.seconds + STARTING, memory=MEMORY)
        self._sent(self._child, self.cells, self.seconds + STARTING)
        return self._child

    def _sent(self, child: Child, request: list[Any], seconds: float) -> Any:
        end = time.monotonic() + seconds
        write_within(child.input, pack(request), seconds)
        text, payload = lengths(_read(child, LENGTHS.size, end))
        return unpack(_read(child, text, end), _read(child, payload, end))


def _read(child: Child, size: int, end: float) -> bytes:
    """Read so many bytes; a trickle of them takes no longer than silence."""
    found, raw = b"", cast(Any, child.output.raw)
    while len(found) < size:
        raw.patience = max(0.01, end - time.monotonic())
        part = child.output.read1(size - len(found))
        if not part:
            raise EOFError
        if time.monotonic() > end:
            raise TimeoutError
        found += part
    return found


def read_cells(path: Path) -> list[str]:
    """Return the sources of a notebook's code cells.

    Raises:
        DataError: not a notebook, or too large.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_NOTEBOOK + 1)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if len(text) > LARGEST_NOTEBOOK:
        raise DataError(f"{path}: a notebook of more than {LARGEST_NOTEBOOK >> 20} MiB is not graded")
    try:
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        return bounded(["".join(cell["source"]) for cell in cells])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError(f"{path}: expected a notebook (JSON with cells), found something else") from None


def bounded(cells: Sequence[str]) -> list[str]:
    """Return the cells up to what one frame takes; a notebook of honest answers is far below."""
    kept, room = [], LARGEST_TEXT // 12  # a character is up to 12 bytes there
    for cell in cells:
        if len(cell) + 30 <= room:
            kept.append(cell)
            room -= len(cell) + 30
    return kept
