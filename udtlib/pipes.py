"""Pipes to a child process that may hang: neither reading nor writing waits for ever.

Imports nothing of ours.
"""

import io
import queue
import select
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

BLOCK = 1 << 16
"""Bytes that the thread of `_InThread` reads at most at once."""


class PatientReader(io.RawIOBase):
    """The reading end of a pipe; a read raises TimeoutError after ``patience`` seconds of silence."""

    def __init__(self, pipe: Any, patience: float, progress: Callable[[], object]) -> None:
        """Take an unbuffered pipe; silence is no fault while ``progress`` returns something new."""
        self.patience, self.progress = patience, progress
        self._source = _Polled(pipe) if hasattr(select, "poll") else _InThread(pipe)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there, at least a byte unless the pipe has ended.

        Raises:
            TimeoutError: nothing came, and no progress was made.
        """
        before = self.progress()
        while not self._source.wait(self.patience):
            now = self.progress()
            if now == before:
                raise TimeoutError(f"nothing for {self.patience:g} s")
            before = now
        return self._source.readinto(buffer)


class _Polled:
    """A pipe that the system lets us wait for."""

    _poll: Any

    def __init__(self, pipe: Any) -> None:
        self.readinto: Callable[[Any], int] = pipe.readinto
        if sys.platform != "win32":
            self._poll = select.poll()
            self._poll.register(pipe, select.POLLIN)

    def wait(self, seconds: float) -> bool:
        """Say whether a byte or the end comes within so many seconds."""
        return bool(self._poll.poll(1000 * seconds))


class _InThread:
    """The same by a thread that reads when it is asked to: Windows cannot wait for a pipe."""

    def __init__(self, pipe: Any) -> None:
        self._requests: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._blocks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._rest: bytes | None = None
        self._asked = False
        arguments = pipe, self._requests, self._blocks
        threading.Thread(target=_read_when_asked, args=arguments, daemon=True).start()
        weakref.finalize(self, self._requests.put, False)

    def wait(self, seconds: float) -> bool:
        if self._rest is None:
            if not self._asked:
                self._requests.put(True)
            self._asked = True
            with suppress(queue.Empty):
                self._rest = self._blocks.get(timeout=seconds)
                self._asked = False
        return self._rest is not None

    def readinto(self, buffer: Any) -> int:
        rest = self._rest or b""
        part = rest[: len(buffer)]
        buffer[: len(part)] = part
        self._rest = rest[len(part) :] or None
        return len(part)


def _read_when_asked(
    pipe: Any, requests: "queue.SimpleQueue[bool]", blocks: "queue.SimpleQueue[bytes]"
) -> None:
    while requests.get():
        block = b""
        with suppress(OSError, ValueError):  # it was closed meanwhile
            block = pipe.read(BLOCK)
        blocks.put(block)


def write_within(pipe: Any, data: bytes, seconds: float) -> None:
    """Write to an unbuffered pipe that may never be read; that nobody has it open any more is no error.

    Raises:
        TimeoutError: not all was taken in this time; a thread goes on writing until the pipe is closed.
    """
    writing = threading.Thread(target=_write, args=(pipe, data), daemon=True)
    writing.start()
    writing.join(seconds)
    if writing.is_alive():
        raise TimeoutError(f"nothing was read for {seconds:g} s")


def _write(pipe: Any, data: bytes) -> None:
    view = memoryview(data)
    with suppress(OSError, ValueError):  # its reader has ended, or it was closed meanwhile
        while view:
            view = view[pipe.write(view) :]
