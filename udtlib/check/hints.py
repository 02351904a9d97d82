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
ROUGH = 1e-5  # of the largest number expected: float32, torch's default, loses less in a sum or a transform
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
        AssertionError: it is nothing, no numbers, not finite, or of another shape. A number in an array
            without axes is one number; in an array of shape (1,) or a list it is not.
    """
    values = _values(found)
    text = _single(found, shape) or shown(found) + f" of shape {values.shape}" * (
        values.shape not in ((), shape)
    )
    expect(values.shape == shape and np.isfinite(values).all(), f"expected {what}, found {text}")
    return values if np.iscomplexobj(found) else values.real


def number(found: Any, what: str) -> float:
    """Return an answer as one finite real number, or say what was expected, as :func:`numbers` does."""
    value = numbers(found, (), what)
    expect(close(value.imag, 0), f"expected {what} without imaginary part, found {shown(found)}")
    return float(value.real)


def real(found: Any, what: str) -> None:
    """Raise a hint unless an answer is real: one if its imaginary part is rounding, another if it is not."""
    if np.iscomplexobj(found):
        rounding = np.abs(found.imag).max(initial=0) <= ROUGH * np.abs(found).max(initial=0)
        rest = (
            "drop the imaginary part, which is zero up to rounding"
            if rounding
            else "is this still a spectrum?"
        )
        raise AssertionError(f"{what} is real: {rest}")


def true_or_false(found: Any) -> bool:
    """Return an answer as True or False, also from an array without axes; numbers are neither.

    Raises:
        AssertionError: it is something else.
    """
    logical = isinstance(found, bool) or getattr(found, "dtype", None) == np.bool_
    right = logical and np.ndim(found) == 0
    expect(right, f"expected True or False, found {_single(found, ()) or shown(found)}")
    return bool(found)


def whole(found: Any, shape: tuple[int, ...], what: str) -> NDArray[np.int64]:
    """Return an answer as whole numbers, or say what was expected, as :func:`numbers` does."""
    values = numbers(found, shape, what)
    near = np.rint(values.real)
    expect(close(values, near), f"expected {what}, whole numbers, found {shown(found)}")
    return np.asarray(near, dtype=np.int64)


def compare(
    found: Any, expected: Any, mistakes: Mistakes, case: str, *, rtol: float = RTOL, atol: float = ATOL
) -> None:
    """Raise, unless an answer is right, the hint of the mistake that gives the same, or a general one.

    An answer that no mistake explains is also right if it is off by rounding as of float32 only.

    Args:
        found: the answer, as :func:`numbers` returns it.
        expected: the truth.
        mistakes: what likely mistakes give, each with its hint; the first that fits is named.
        case: the case in words; hints begin with it.
        rtol: as in :func:`close`.
        atol: as in :func:`close`.

    Raises:
        AssertionError: the answer is neither :func:`close` to the truth nor off by such rounding only.
    """
    if close(found, expected, rtol=rtol, atol=atol):
        return
    for wrong, hint in mistakes:
        expect(not close(found, wrong, rtol=rtol, atol=atol), f"{case}: {hint}")
    rough = ROUGH * float(np.abs(expected).max(initial=0))
    expect(close(found, expected, rtol=0, atol=rough), f"{case}: {_apart(expected, found)}")


def shown(found: Any) -> str:
    """Return how an answer, anything, stands in a hint: on one line, cut off if long."""
    try:
        text = " ".join(str(found).split())
    except Exception:  # its own words fail, or a whole number of too many digits
        text = f"a value of type {type(found).__name__}"
    return text[:LONGEST]


def _values(found: Any) -> Array:
    """Return anything as complex numbers, or one NaN; a text is no number, whatever stands in it."""
    try:
        values = np.asarray(found)
        return np.asarray(np.nan if values.dtype.kind in "SU" else values, dtype=np.complex128)
    except (TypeError, ValueError, OverflowError):
        return np.array(np.nan)


def _single(found: Any, shape: tuple[int, ...]) -> str:
    """Return the hint for one number in an array or a list where a bare one belongs, empty for all else."""
    several = isinstance(found, list | tuple)
    if several and shape == (len(found),):
        parts = [_single(part, ()) for part in found]
        return next((f"among them {part}" for part in parts if part), "")
    axes = _values(found).shape
    if shape or set(axes) != {1}:
        return ""
    kind = type(found).__name__
    return f"a {kind} of one: return what is in it" if several else f"an array of shape {axes}: use .item()"


def _apart(expected: Any, found: Any) -> str:
    """Return what was expected and found, with as many digits as tell the two apart."""
    texts = [[shown(np.round(np.asarray(one), digits)) for one in (expected, found)] for digits in (6, 12)]
    truth, answer = texts[0] if texts[0][0] != texts[0][1] else texts[1]
    return f"expected {truth}, found {answer}"
