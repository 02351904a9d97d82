"""SIGINT, SIGTERM and SIGHUP as a request: finish the step, save, stop. Book: chapter 11."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class StopRequest:
    """The number of the signal that asked to stop, 0 so far."""

    number: int = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Note the signal, which the loop looks at after each step.

        A SIGINT after it raises KeyboardInterrupt at once. A second SIGTERM asks for nothing new: ``timeout``
        sends it twice.
        """
        self.number = number
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def signals() -> Iterator[StopRequest]:
    """Catch SIGINT, SIGTERM and SIGHUP meanwhile, but not one that is ignored, as by ``nohup``.

    In a thread other than the main one, catch nothing.
    """
    request = StopRequest()
    numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]  # Windows: no SIGHUP
    caught = [one for one in numbers if one is not None and signal.getsignal(one) is not signal.SIG_IGN]
    try:
        before = {number: signal.signal(number, request) for number in caught}
    except ValueError:  # another thread: signals are not ours to catch
        yield request
        return
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
