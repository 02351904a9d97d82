"""What a reader sees of a check: one line of hint, a grey "not filled in yet", or "correct".

Every check of a chapter is decorated with :func:`exercise`. What goes wrong inside one becomes a
:class:`HintError`, which Jupyter shows without a traceback: that would show how the answer is computed.
"""

import functools
import linecache
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from udtlib.check.hints import shown

Answer = Callable[..., Any]
CORRECT, EMPTY = "correct", "not filled in yet"
DEEPEST = 3  # lists in lists in which an answer may have tensors


class HintError(AssertionError):
    """What a failed check says: one line, and in Jupyter nothing else."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(text.split()))

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback."""
        return [str(self)]


class Note:
    """A short text below a cell, in the colour of the reader's theme."""

    def __init__(self, text: str, style: str) -> None:
        self.text, self.style = text, style

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<span style="{self.style}">{self.text}</span>'


def exercise(check: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a check that says what it found in one line.

    In Jupyter an answer that passes shows "correct", and an unfilled stub a grey "not filled in yet", which
    does not stop Run All. Elsewhere, and where nbgrader grades, the one is silent and the other raises.

    Args:
        check: takes the reader's function; raises ``AssertionError`` with a hint unless it is right.

    Returns:
        The same check. It raises `HintError` for every wrong answer, whatever its type, and where the answer
        itself stops with an error; ``NotImplementedError`` for a stub, as said above.
    """

    @functools.wraps(check)
    def judged(answer: Any) -> None:
        try:
            hint = hint_at(check, answer)
        except NotImplementedError:
            if not is_read():
                raise NotImplementedError(EMPTY) from None
            show(Note(EMPTY, "opacity: 0.7"))
            return
        if hint:
            raise HintError(hint)
        if is_read():
            show(Note(CORRECT, "font-weight: bold"))

    return judged


def hint_at(check: Callable[[Any], None], answer: Any) -> str:
    """Return the hint of a check at an answer, empty if the answer is right.

    Raises:
        NotImplementedError: the answer is a stub that nobody filled in.
    """
    if not callable(answer):
        return f"expected a function, found {shown(answer)}"
    found: list[Any] = []

    def recorded(*given: Any, **named: Any) -> Any:
        found[:] = [as_arrays(answer(*given, **named))]
        return found[0]

    try:
        check(functools.wraps(answer)(recorded))
    except (Exception, SystemExit) as error:
        frames = list(traceback.walk_tb(error.__traceback__))
        calls = [k for k, (frame, _) in enumerate(frames) if frame.f_code is recorded.__code__]
        inside = frames[calls[-1] + 1 :] if calls else []
        if isinstance(error, NotImplementedError) and len(inside) == 1 and not error.args:
            raise  # by a bare line of the answer itself; others come from what it calls
        if calls:
            return stopped(error, *inside[:1])
        if isinstance(error, AssertionError):
            return str(error)
        return f"expected another kind of answer, found {shown(found[0]) if found else 'nothing'}"
    return ""


def as_arrays(answer: Any, deepest: int = DEEPEST) -> Any:
    """Return an answer with arrays in the place of torch's tensors, also of those in lists and tuples.

    numpy by itself takes neither tensors with a gradient nor conjugated ones.
    """
    if deepest and type(answer) in (list, tuple):
        parts = [as_arrays(part, deepest - 1) for part in answer]
        changed = any(new is not old for new, old in zip(parts, answer, strict=True))
        return type(answer)(parts) if changed else answer
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(answer, torch.Tensor):
        return answer
    try:
        return answer.numpy(force=True)
    except (RuntimeError, TypeError):  # a sparse one, or a type that numpy lacks
        return answer


def stopped(error: BaseException, *place: tuple[Any, int]) -> str:
    """Return where and why an answer stopped with an error; without a place it could not be called."""
    if not place:
        return f"the check cannot call your function: {error}"
    frame, line = place[0]
    source = linecache.getline(frame.f_code.co_filename, line).strip()
    reason = f"{type(error).__name__}: {error}".removesuffix(": ")
    return f"line {line} of your code, `{source}`, stops with {reason}"


def is_read() -> bool:
    """Return whether somebody reads along: IPython runs us, and nbgrader does not."""
    ipython = sys.modules.get("IPython")
    return (
        ipython is not None and ipython.get_ipython() is not None and "NBGRADER_EXECUTION" not in os.environ
    )


def show(note: Note) -> None:
    """Show a note below the cell."""
    from IPython.display import display

    display(note)  # type: ignore[no-untyped-call]
