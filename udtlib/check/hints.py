"""What the checks of exercises share: to say what was expected, and to name the likely mistake.

A check turns the answer into :func:`numbers` first; :func:`compare` then holds them against the truth and
against what likely mistakes give. :func:`expect` is for everything else.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Mistakes = Sequence[tuple[Any, str]]
RTOL, ATOL = 1e-6, 1e-9
LONGEST = 60  # characters of an answer that a hint repeats


def expect(condition: Any, hint: str) -> None:
    """Raise ``AssertionError`` with a hint unless a condition holds (unlike ``assert`` also with ``-O``)."""
    if not condition:
        raise AssertionError(hint)


def close(found: Any, expected: Any, *, rtol: float = RTOL, atol: float = ATOL) -> bool:
    """Return whether an answer has the shape and, up to rounding, the values expected; other things are not.

    Args:
        found: the answer, anything.
        expected: numbers or arrays of numbers, real or complex.
        rtol: what each number may be off, as a share of what is expected.
        atol: what it may be off besides.
    """
    values, truth = _values(found), np.asarray(expected)
    return values.shape == truth.shape and bool(np.allclose(values, truth, rtol=rtol, atol=atol))


def numbers(found: Any, shape: tuple[int, ...], what: str) -> Array:
    """Return an answer as finite ``float64`` (``complex128`` if it is complex), or say what was expected.

    Args:
        found: the answer, anything.
        shape: what its shape must be; ``()`` for one number.
        what: what is expected, in words.

    Raises:
        AssertionError: it is nothing, no numbers, not finite, or of another shape.
    """
    values = _values(found)
    shown = str(found)[:LONGEST]
    if values.shape not in ((), shape):
        shown += f" of shape {values.shape}"
    expect(values.shape == shape and np.isfinite(values).all(), f"expected {what}, found {shown}")
    return values if np.iscomplexobj(found) else values.real


def number(found: Any, what: str) -> float:
    """Return an answer as one finite real number, or say what was expected, as :func:`numbers` does."""
    value = numbers(found, (), what)
    expect(close(value.imag, 0), f"expected {what} without imaginary part, found {found}")
    return float(value.real)


def whole(found: Any, shape: tuple[int, ...], what: str) -> NDArray[np.int64]:
    """Return an answer as whole numbers, or say what was expected, as :func:`numbers` does."""
    values = numbers(found, shape, what)
    near = np.rint(values.real)
    expect(close(values, near), f"expected {what}, whole numbers, found {str(found)[:LONGEST]}")
    return np.asarray(near, dtype=np.int64)


def compare(
    found: Any, expected: Any, mistakes: Mistakes, case: str, *, rtol: float = RTOL, atol: float = ATOL
) -> None:
    """Raise, unless an answer is right, the hint of the mistake that gives the same, or a general one.

    Args:
        found: the answer, as :func:`numbers` returns it.
        expected: the truth.
        mistakes: what likely mistakes give, each with its hint; the first that fits is named.
        case: the case in words; hints begin with it.
        rtol: as in :func:`close`.
        atol: as in :func:`close`.

    Raises:
        AssertionError: the answer is not :func:`close` to the truth.
    """
    if close(found, expected, rtol=rtol, atol=atol):
        return
    for wrong, hint in mistakes:
        expect(not close(found, wrong, rtol=rtol, atol=atol), f"{case}: {hint}")
    raise AssertionError(f"{case}: expected {_rounded(expected)}, found {_rounded(found)}")


def _values(found: Any) -> Array:
    """Return anything as complex numbers, or one NaN; a text is no number, whatever stands in it."""
    try:
        values = np.asarray(found)
        return np.asarray(np.nan if values.dtype.kind in "SU" else values, dtype=np.complex128)
    except (TypeError, ValueError, OverflowError):
        return np.array(np.nan)


def _rounded(values: Any) -> str:
    return str(np.round(np.asarray(values), 6))[:LONGEST]
