"""Expected average overlap (EAO): one number for accuracy and robustness together. Book: chapter 14.

What mean overlap may be expected over the first n frames after a start, if nobody helps? The parts of a run
between starts are samples of that. One that ends in a failure goes on with overlap 0, for as long as
one likes: the target was lost. One that the sequence's end cut off says nothing of later frames, and is left
out there. The mean over the parts, against n, is the curve; its mean over the lengths that are usual for
sequences is the EAO.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from udtlib.errors import DataError, UnknownNameError
from udtlib.evaluation.scoring.ope import Floats
from udtlib.evaluation.scoring.supervised import SupervisedRun

EAO_INTERVALS = {2015: (108, 371), 2016: (108, 371), 2017: (100, 356), 2018: (100, 356), 2019: (46, 291)}
"""The lengths over which the curve is averaged, both ends included, by VOT's year."""


@dataclass(frozen=True)
class Segment:
    """The part of a run from a start to a failure or to the sequence's end.

    Attributes:
        overlaps: ``(n,)`` in 0..1, from the start, whose own overlap does not count, to before the failure.
        failed: whether it ended in a failure.
        first: the frame of the start, from 0.
    """

    overlaps: Floats
    failed: bool
    first: int

    def __len__(self) -> int:
        """Return the number of frames before the failure, the start among them."""
        return len(self.overlaps)


def segments(run: SupervisedRun) -> list[Segment]:
    """Return the parts of a run, from each start to the failure after it or to the end of the sequence.

    Args:
        run: of known overlaps; in frames without a true region they count as 0.

    Book: chapter 14.
    """
    overlaps, failures = np.nan_to_num(run.overlaps), run.failures
    found = []
    for first in run.starts.tolist():
        after = failures[failures > first]
        end = int(after[0]) if len(after) else len(run)
        found.append(Segment(overlaps[first:end], bool(len(after)), first))
    return found


def expected_overlap_curve(runs: Iterable[SupervisedRun]) -> Floats:
    """Return the overlap that is to be expected on average over the first n frames after a start.

    Args:
        runs: of any sequences and repetitions, one at least; every part of every run counts alike.

    Returns:
        ``(L,)`` float64 in 0..1, for n = 0..L-1, L the length of the longest part; 0 for n = 0, NaN where no
        part is so long.

    Raises:
        DataError: no run.

    Book: chapter 14.
    """
    return curve_of([part for run in runs for part in segments(run)])


def curve_of(parts: Iterable[Segment]) -> Floats:
    """Return the curve of segments; see `expected_overlap_curve`."""
    parts = list(parts)
    if not parts:
        raise DataError("expected a run with a start, found none")
    return ratio(*sums_of(parts, max(map(len, parts))))


def sums_of(parts: Iterable[Segment], length: int) -> tuple[Floats, Floats]:
    """Return the sum over segments of their mean overlap in n frames, and how many are known so long.

    Args:
        parts: the segments.
        length: of the curve; longer segments are cut.

    Returns:
        ``(length,)`` each; the first divided by the second is the curve.
    """
    total, count, lengths = np.zeros(length), np.zeros(length), np.maximum(np.arange(length), 1)
    for part in parts:
        known = min(len(part), length)
        so_far = np.zeros(length)
        so_far[1:known] = np.cumsum(part.overlaps[1:known])
        so_far[known:] = so_far[known - 1]
        end = length if part.failed else known
        total[:end] += (so_far / lengths)[:end]
        count[:end] += 1
    return total, count


def ratio(total: Floats, count: Floats) -> Floats:
    """Return a quotient of two arrays, NaN where the second is 0."""
    return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)


def eao_interval(year: int) -> tuple[int, int]:
    """Return the lengths of a VOT year's EAO, both ends included.

    Raises:
        UnknownNameError: not a year in `EAO_INTERVALS`.
    """
    if year not in EAO_INTERVALS:
        raise UnknownNameError(f"no EAO interval of VOT{year}; known: {', '.join(map(str, EAO_INTERVALS))}")
    return EAO_INTERVALS[year]


def expected_average_overlap(curve: Floats, interval: int | tuple[int, int] = 2018) -> float:
    """Return the mean of a curve over an interval of lengths: the EAO, in 0..1.

    Args:
        curve: `expected_overlap_curve`'s.
        interval: a year of `EAO_INTERVALS`, or the first and the last length.

    Returns:
        NaN if the curve does not reach the interval; if it ends within, the mean of what is there, as in the
        toolkit.

    Raises:
        UnknownNameError: an unknown year.

    Book: chapter 14.
    """
    low, high = interval if isinstance(interval, tuple | list) else eao_interval(interval)
    inside = curve[low : high + 1]
    inside = inside[~np.isnan(inside)]
    return float(inside.mean()) if len(inside) else np.nan
