"""What a run with resets says, as VOT measures it: accuracy and failures. Book: chapter 14.

**Accuracy** is the mean overlap over the frames in which the target was followed. The first ten frames after
each start are left out (the *burn-in*): there the overlap is high because the tracker was just given the true
region. A **failure** is a frame without any overlap; after it the tracker is started again. The more
often a tracker fails, the more often it is helped, so that accuracy without failures says little.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from udtlib.arguments import look_up
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError
from udtlib.evaluation.results.regions import Regions, State
from udtlib.polygons import area_overlaps, pixel_overlaps

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

BURN_IN = 10
"""Frames from a start that do not count for accuracy, the start itself among them."""

OVERLAPS = {"pixels": pixel_overlaps, "area": area_overlaps}
"""How overlap is measured: pixels as VOT's toolkit counts them, or exact areas."""

LEAST_APART = 5
"""So many followed frames may lie apart from the true region: tools count pixels a little differently."""

EMPTY = "empty"
"""VOT's name for the frames that have none of the tags."""


@dataclass(frozen=True)
class SupervisedRun:
    """One run with resets in one sequence.

    Attributes:
        overlaps: ``(N,)`` float64 in 0..1, 0 in frames of a start, of a failure and skipped ones; NaN where
            there is no true region, everywhere if none is known.
        states: ``(N,)`` int64, of `udtlib.evaluation.results.regions.State`.
        tags: which frames have each tag, ``(N,)`` by its name.
    """

    overlaps: Floats
    states: NDArray[np.int64]
    tags: Mapping[str, Mask] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.states)

    @property
    def starts(self) -> NDArray[np.int64]:
        """The frames in which the tracker was started, from 0."""
        return np.flatnonzero(self.states == State.INITIALISED)

    @property
    def failures(self) -> NDArray[np.int64]:
        """The frames in which it had lost the target, from 0."""
        return np.flatnonzero(self.states == State.FAILED)

    @property
    def has_truth(self) -> bool:
        """Whether overlaps are known."""
        return not bool(np.isnan(self.overlaps).all())

    def tagged(self, tag: str | None) -> Mask:
        """Return which frames have a tag, ``(N,)``; for None all, for ``"empty"`` those without any."""
        if tag is None:
            return np.ones(len(self), dtype=np.bool_)
        if tag == EMPTY and tag not in self.tags:
            return ~np.logical_or.reduce([*self.tags.values(), np.zeros(len(self), dtype=np.bool_)])
        return self.tags.get(tag, np.zeros(len(self), dtype=np.bool_))

    def counted(self, burn_in: int = BURN_IN) -> Mask:
        """Return which frames count for accuracy: followed ones of known overlap, after the burn-in."""
        mask = (self.states == State.TRACKED) & ~np.isnan(self.overlaps)
        for start in self.starts:
            mask[start : start + burn_in] = False
        return mask


@dataclass(frozen=True)
class AccuracyRobustness:
    """Accuracy and failures of some runs.

    Attributes:
        accuracy: mean overlap in 0..1; NaN where no true region is known or no frame counts.
        failures: how many, on average over the runs.
        frames: how many frames were looked at, on average over the runs.
    """

    accuracy: float
    failures: float
    frames: float


def supervised_run(
    regions: Regions, sequence: Sequence | None, overlap: str = "pixels", *, where: str = "a result"
) -> SupervisedRun:
    """Return the overlaps of a run with a sequence's true regions.

    Args:
        regions: what the tracker gave.
        sequence: with true regions or boxes, tags and size; regions are cut to the image if the size is
            known. None: no truth is at hand, failures alone are known.
        overlap: one of `OVERLAPS`.
        where: stands in messages.

    Raises:
        UnknownNameError: no such kind of overlap.
        DataError: not one region a true one, a run that cannot be, or one of another sequence: most of its
            regions do not touch the true ones, where the tracker would have failed.

    Book: chapter 14.
    """
    measure = look_up("overlap", overlap, OVERLAPS)
    _check_states(regions, where)
    if sequence is None:
        return SupervisedRun(np.full(len(regions), np.nan), regions.states)
    truth = list(sequence.regions or sequence.boxes)
    if len(truth) != len(regions):
        raise DataError(
            f"{where}: expected {len(truth)} frames as in {sequence.name}, found {len(regions)}: truncated, "
            "or of another sequence?"
        )
    overlaps = measure(regions.each(), truth, sequence.size or _size_of_frames(sequence))
    missing = np.array([bool(np.isnan(region).any()) for region in truth])
    overlaps = np.where(regions.states == State.TRACKED, overlaps, 0.0)
    overlaps[missing] = np.nan
    no_box = np.isnan(regions.boxes).any(axis=1) & (regions.states == State.TRACKED)
    states = np.where(no_box, int(State.SKIPPED), regions.states)
    _check_sequence(overlaps[states == State.TRACKED], where, sequence.name)
    return SupervisedRun(overlaps, states, sequence.frame_tags)


def _size_of_frames(sequence: Sequence) -> tuple[int, int] | None:
    """Return width and height of the frames, None where there are none at hand."""
    if not len(sequence.frames):
        return None
    height, width = np.asarray(sequence.frames[0]).shape[:2]
    return width, height


def _check_states(regions: Regions, where: str) -> None:
    """Raise a `DataError` unless starts and failures take turns, and all regions are after a start."""
    asked = np.flatnonzero(regions.states != State.SKIPPED)
    states = regions.states[asked]
    is_over = np.concatenate([[True], states[:-1] == State.FAILED])[: len(states)]
    wrong = np.flatnonzero(is_over != (states == State.INITIALISED))
    if len(wrong):
        what = {State.INITIALISED: "a start (1) without a failure before", State.FAILED: "a failure (2)"}
        raise DataError(
            f"{where}: expected runs from a start (1) to a failure (2), found in frame {asked[wrong[0]] + 1} "
            f"{what.get(State(states[wrong[0]]), 'a region')}"
        )
    if not len(asked):
        raise DataError(f"{where}: expected a start (1), found none in {len(regions)} frames")


def _check_sequence(overlaps: Floats, where: str, name: str) -> None:
    known = overlaps[~np.isnan(overlaps)]
    apart = int((known == 0).sum())
    if apart > max(LEAST_APART, len(known) / 2):
        raise DataError(
            f"{where}: in {apart} of {len(known)} frames the region does not touch the true one of {name}, "
            "where a run with resets has a failure (2); of another sequence?"
        )


def accuracy(run: SupervisedRun, burn_in: int = BURN_IN) -> float:
    """Return the mean overlap of the frames that count (`SupervisedRun.counted`).

    As in VOT's toolkit it is 0 if no frame counts, because the tracker never followed for long enough; NaN
    if no true region is known. Book: chapter 14.
    """
    if not run.has_truth:
        return np.nan
    counted = run.counted(burn_in)
    return float(run.overlaps[counted].mean()) if counted.any() else 0.0


def accuracy_robustness(
    runs: Iterable[SupervisedRun], burn_in: int = BURN_IN, tag: str | None = None
) -> AccuracyRobustness:
    """Return accuracy and failures of runs, all frames pooled.

    Args:
        runs: one at least.
        burn_in: frames from each start that do not count for accuracy.
        tag: count only the frames that have it; `EMPTY`: those without any; None: all.

    Raises:
        DataError: no run.

    Book: chapter 14.
    """
    runs = list(runs)
    if not runs:
        raise DataError("expected a run, found none")
    masks = [run.tagged(tag) for run in runs]
    overlaps = np.concatenate(
        [run.overlaps[run.counted(burn_in) & mask] for run, mask in zip(runs, masks, strict=True)]
    )
    failures = [int(mask[run.failures].sum()) for run, mask in zip(runs, masks, strict=True)]
    mean = float(overlaps.mean()) if len(overlaps) else np.nan
    return AccuracyRobustness(mean, float(np.mean(failures)), float(np.mean([mask.sum() for mask in masks])))
