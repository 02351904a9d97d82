"""A stranger's tracker, watched: what it raises, and answers that are no boxes, become our own errors.

Book: chapter 13.
"""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numpy.typing import ArrayLike

from udtlib.arguments import shown
from udtlib.boxes import Boxes, as_numbers
from udtlib.errors import TrackerError, UdtError
from udtlib.frames import Frame

SHOWN = ("response", "score", "lost", "weights")
"""What trackers may have beside the two methods; passed on where a stranger's has it."""

STYLES = {
    ("initialize", "track"): ("pytracking", "FromPytracking"),
    ("init", "track"): ("pysot", "FromPysot"),
}
"""Other interfaces by their methods: whose they are, and our adapter for them."""


class Watched:
    """A user's tracker with the interface of ours.

    Attributes:
        tracker: what the user's class made.
        made_by: the class or function.
    """

    def __init__(self, tracker: Any, made_by: Any) -> None:
        """Take what ``made_by`` made.

        Raises:
            TrackerError: it is no object with ``init(frame, box)`` and ``update(frame)``.
        """
        self.tracker, self.made_by = tracker, made_by
        lacking = methods(tracker, "init", "update")
        if lacking or isinstance(tracker, type):
            raise TrackerError(f"{self._what}: {_no_tracker(tracker, lacking)}")

    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` with the target in ``box``; raises TrackerError for whatever it raises."""
        with self._watch("init"):
            self.tracker.init(frame, box)

    def update(self, frame: Frame) -> Boxes:
        """Return its box ``(4,)`` float64 in the next ``frame``; numbers that are not finite are left.

        Raises:
            TrackerError: an exception in it, or an answer that is not four numbers.
        """
        with self._watch("update"):
            answer = self.tracker.update(frame)
        try:
            box = as_numbers(answer)
        except Exception as error:  # whatever somebody's objects raise when they are read as numbers
            raise TrackerError(f"{self._what}: {_no_box(answer)}") from error
        if box.shape != (4,):
            raise TrackerError(f"{self._what}: {_no_box(answer)}")
        return box

    def __getattr__(self, name: str) -> Any:
        if name not in SHOWN:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.tracker, name)

    @contextmanager
    def _watch(self, call: str) -> Iterator[None]:
        try:
            yield
        except UdtError:
            raise
        except (Exception, SystemExit) as error:
            name = getattr(self.made_by, "__name__", "the tracker")
            raise TrackerError(described(error, _file_of(self.made_by), f"{call} of {name}")) from error

    @property
    def _what(self) -> str:
        return f"{_file_of(self.made_by)}: {getattr(self.made_by, '__name__', 'the tracker')}"


def methods(tracker: Any, *names: str) -> list[str]:
    """Return which of these methods an object, or a class, lacks."""
    return [name for name in names if not callable(getattr(tracker, name, None))]


def described(error: BaseException, file: str, call: str) -> str:
    """Return what went wrong in a stranger's code: file, line, what was called, what it said."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return f"{file}, line {error.lineno}: expected a file of Python, found {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    place = f"{file}, line {lines[-1]}" if lines else file
    text = " ".join(str(error).split())[:300]
    return f"{place}: {call} raised {type(error).__name__}{': ' if text else ''}{text}"


def _file_of(made_by: Any) -> str:
    module = getattr(made_by, "__module__", None) or type(made_by).__module__
    return str(getattr(sys.modules.get(module), "__file__", None) or module)


def _no_tracker(tracker: Any, lacking: list[str]) -> str:
    expected = "expected a new object with init(frame, box) and update(frame)"
    if tracker is None:
        return f"{expected}, found None: a function must return the tracker"
    if isinstance(tracker, type):
        return f"{expected}, found the class {tracker.__name__} itself"
    for names, (toolkit, adapter) in STYLES.items():
        if not methods(tracker, *names):
            return (
                f"{expected}, found {' and '.join(names)}, as {toolkit}'s have them; name a function that "
                f"returns udtlib.trackers.adapters.{adapter}({type(tracker).__name__}(...))"
            )
    return f"{expected}, found {type(tracker).__name__} without {' and '.join(lacking)}"


def _no_box(answer: Any) -> str:
    found = f"found {shown(answer)}" + (": does it end without return?" if answer is None else "")
    return f"update must return a box of four numbers x, y, w, h, {found}"
