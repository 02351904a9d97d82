"""The horizon curve: overlap against the frames since a tracker was started, from runs from anchors.

Just after a start every tracker is right, with or without features worth the name; what they are for shows
later. Computed from stored results (`SequenceScore.by_time`), no tracker is run. Book: chapter 13.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from udtlib.arguments import Between, check
from udtlib.errors import DataError
from udtlib.evaluation.scoring.bands import bootstrap_band
from udtlib.evaluation.scoring.ope import Floats
from udtlib.evaluation.scoring.scores import TrackerScore

SHARE = 0.5
"""A curve ends where fewer than this part of the sequences have a run so long."""


@dataclass(frozen=True)
class Curve:
    """A mean over sequences at each number of frames since the start, with the ends of its interval.

    Attributes:
        mean: ``(T,)`` at 0, 1, ... T-1 frames after the start.
        low: lower ends ``(T,)`` of the bootstrap interval over sequences, at each place by itself.
        high: upper ends ``(T,)``.
        sequences: ``(T,)`` how many sequences have runs so long; long ones only at the right end.
    """

    mean: Floats
    low: Floats
    high: Floats
    sequences: NDArray[np.int64]


def horizon_curve(
    score: TrackerScore, *, share: float = SHARE, level: float = 0.95, draws: int = 2_000, seed: int = 0
) -> Curve:
    """Return a tracker's mean overlap n frames after its start, in 0..1.

    At each n a sequence counts with the mean over those of its runs that are so long and have a target there.

    Args:
        score: from protocol ``"anchors"``.
        share: the curve ends where fewer than this part of the sequences are left, in 0..1.
        level: coverage of the interval at a place, in 0..1.
        draws: number of redrawn sets of sequences.
        seed: of the redrawing.

    Raises:
        DataError: a score from another protocol.
        OptionError: ``share``, ``level`` or ``draws`` out of range.

    Book: chapter 13.
    """
    return _curve(_table(score), share, level, draws, seed)


def horizon_difference(
    first: TrackerScore,
    second: TrackerScore,
    *,
    share: float = SHARE,
    level: float = 0.95,
    draws: int = 2_000,
    seed: int = 0,
) -> Curve:
    """Return how much more ``first`` overlaps than ``second`` n frames after the start, paired by sequence.

    Args:
        first: from protocol ``"anchors"``.
        second: likewise, on the same sequences.
        share: as in `horizon_curve`, like the next.
        level: coverage of the interval at a place, in 0..1.
        draws: number of redrawn sets of sequences.
        seed: of the redrawing.

    Raises:
        DataError: scores from another protocol, or not on the same sequences.
        OptionError: ``share``, ``level`` or ``draws`` out of range.

    Book: chapter 13.
    """
    first.difference(second, first.measures[0], draws=1)  # refuses what cannot be compared
    a, b = _table(first), _table(second)
    length = min(a.shape[1], b.shape[1])
    return _curve(a[:, :length] - b[:, :length], share, level, draws, seed)


def _table(score: TrackerScore) -> Floats:
    """Return the overlap by sequence and by frames since the start, NaN where there is none."""
    curves = [one.by_time for one in score.sequences if one.by_time is not None]
    if score.protocol != "anchors" or len(curves) < len(score.sequences):
        raise DataError(
            f"{score.tracker}: expected results of protocol anchors, which start everywhere in a sequence, "
            f"found {score.protocol}"
        )
    table = np.full((len(curves), max(map(len, curves))), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = curve
    return table


def _curve(table: Floats, share: float, level: float, draws: int, seed: int) -> Curve:
    check("share", share, Annotated[float, Between(0, 1)])
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    few = count < max(1, share * len(table))
    length = int(few.argmax()) if few.any() else len(count)
    table, count = table[:, :length], count[:length]
    mean = np.where(known[:, :length], table, 0).sum(axis=0) / count
    low, high = bootstrap_band(table, level=level, draws=draws, seed=seed)
    return Curve(mean, low, high, count)
