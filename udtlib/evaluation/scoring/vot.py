"""A tracker's score by VOT's measures: accuracy, failures and EAO on a dataset. Book: chapter 14.

As in VOT's toolkit (0.7.4), a sequence's accuracy and failures are means over its repetitions; over sequences
they are weighted by their lengths; the EAO takes every part of every run alike. The number of failures that
papers print is the sum over the sequences.
"""

from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass, field
from functools import cached_property
from math import exp
from typing import Any

import numpy as np

from udtlib.errors import DataError
from udtlib.evaluation.scoring.expected_overlap import (
    eao_interval,
    expected_average_overlap,
    expected_overlap_curve,
    ratio,
    segments,
    sums_of,
)
from udtlib.evaluation.scoring.measures import without_nan
from udtlib.evaluation.scoring.ope import Floats
from udtlib.evaluation.scoring.statistics import Interval, check_redrawing, paired_difference
from udtlib.evaluation.scoring.supervised import (
    EMPTY,
    AccuracyRobustness,
    SupervisedRun,
    accuracy,
    accuracy_robustness,
)

SENSITIVITY = 30
"""Frames over which VOT's reliability is the chance not to fail."""


@dataclass(frozen=True)
class VotScore:
    """The runs of one tracker on a dataset, and what VOT measures on them.

    Attributes:
        tracker: its name.
        runs: the repetitions in each sequence, by its name, in the dataset's order.
        year: VOT's, which says the interval of the EAO.
        failed: what went wrong, by the name of a sequence without result.
    """

    tracker: str
    runs: Mapping[str, AbstractSequence[SupervisedRun]]
    year: int = 2018
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The sequences."""
        return list(self.runs)

    @property
    def has_truth(self) -> bool:
        """Whether overlaps are known; without, failures alone are."""
        return all(run.has_truth for run in self.all_runs)

    @property
    def all_runs(self) -> list[SupervisedRun]:
        """The runs of all sequences."""
        return [run for runs in self.runs.values() for run in runs]

    @cached_property
    def lengths(self) -> Floats:
        """The frames of each sequence, ``(S,)``."""
        return np.array([len(runs[0]) for runs in self.runs.values()], dtype=np.float64)

    @cached_property
    def accuracies(self) -> Floats:
        """Each sequence's accuracy, mean over repetitions, ``(S,)`` in 0..1."""
        return np.array([np.mean([accuracy(run) for run in runs]) for runs in self.runs.values()])

    @cached_property
    def failures_each(self) -> Floats:
        """Each sequence's failures, mean over repetitions, ``(S,)``."""
        return np.array([np.mean([len(run.failures) for run in runs]) for runs in self.runs.values()])

    @property
    def accuracy(self) -> float:
        """Mean over sequences weighted by their frames, in 0..1; NaN without true regions."""
        return float(np.average(self.accuracies, weights=self.lengths))

    @property
    def failures(self) -> float:
        """Failures in all sequences together, on average over repetitions: the number that papers print."""
        return float(self.failures_each.sum())

    @property
    def robustness(self) -> float:
        """VOT's robustness: failures a sequence, weighted by its frames; less is better."""
        return float(np.average(self.failures_each, weights=self.lengths))

    @property
    def reliability(self) -> float:
        """The chance not to fail within `SENSITIVITY` frames, as VOT estimates it, in 0..1."""
        return exp(-SENSITIVITY * self.robustness / float(self.lengths.mean()))

    @cached_property
    def curve(self) -> Floats:
        """The expected average overlap against the number of frames; all NaN without true regions."""
        curve = expected_overlap_curve(self.all_runs)
        return curve if self.has_truth else np.full_like(curve, np.nan)

    @property
    def eao(self) -> float:
        """Expected average overlap over the year's interval, in 0..1; NaN where no run is so long."""
        return expected_average_overlap(self.curve, self.year)

    def eao_interval(self, *, level: float = 0.95, draws: int = 2000, seed: int = 0) -> Interval:
        """Return the EAO and its bootstrap interval over sequences; NaN where it is not known.

        Args:
            level: coverage of the interval, in 0..1.
            draws: number of redrawn sets of sequences.
            seed: of the draws.

        Raises:
            OptionError: ``level`` or ``draws`` out of range.
        """
        check_redrawing(level, draws)
        low, high = eao_interval(self.year)
        parts = [[part for run in runs for part in segments(run)] for runs in self.runs.values()]
        sums = [sums_of(group, len(self.curve)) for group in parts]
        total, weight = (np.array([one[k][low : high + 1] for one in sums]) for k in (0, 1))
        if np.isnan(self.eao):
            return Interval(np.nan, np.nan, np.nan)
        count = len(sums)
        chosen = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=draws)
        curves = ratio(chosen @ total, chosen @ weight)
        means = np.array([curve[~np.isnan(curve)].mean() for curve in curves if not np.isnan(curve).all()])
        tail = 100 * (1 - level) / 2
        least, most = np.percentile(means, [tail, 100 - tail])
        return Interval(self.eao, float(least), float(most))

    def tags(self) -> list[str]:
        """Return the tags of the frames, sorted, and `EMPTY`; none if there are none."""
        found = sorted({tag for run in self.all_runs for tag in run.tags})
        return [*found, EMPTY] if found else []

    def by_tag(self, tag: str) -> AccuracyRobustness:
        """Return accuracy over the frames that have a tag, and the failures in them, of all sequences.

        Failures and frames are sums over sequences of means over repetitions; the accuracy pools the frames.
        """
        each = [accuracy_robustness(runs, tag=tag) for runs in self.runs.values()]
        pooled = accuracy_robustness(self.all_runs, tag=tag)
        return AccuracyRobustness(
            pooled.accuracy, sum(one.failures for one in each), sum(one.frames for one in each)
        )

    def to_json(self) -> dict[str, Any]:
        """Return what ``udt vot score --json`` writes for one tracker."""
        numbers = {
            name: float(getattr(self, name))
            for name in ("accuracy", "failures", "robustness", "reliability", "eao")
        }
        rows = zip(self.runs.items(), self.accuracies, self.failures_each, strict=True)
        sequences = {
            name: without_nan({"accuracy": float(mean), "failures": float(lost)})
            | {"frames": len(runs[0]), "repetitions": len(runs)}
            for (name, runs), mean, lost in rows
        }
        tags = {
            tag: without_nan({"accuracy": found.accuracy, "failures": found.failures, "frames": found.frames})
            for tag in self.tags()
            for found in [self.by_tag(tag)]
        }
        document = {
            "tracker": self.tracker,
            "year": self.year,
            **without_nan(numbers),
            "sequences": sequences,
        }
        failed = {"failed": dict(self.failed)} if self.failed else {}
        return document | ({"tags": tags} if tags else {}) | failed


@dataclass(frozen=True)
class FailureDifference:
    """How many failures more one tracker has than another on the same sequences.

    Attributes:
        total: in all sequences together, with its bootstrap interval over sequences.
        sequence: the sequence with the largest difference of the same sign.
        largest: the difference there.
    """

    total: Interval
    sequence: str
    largest: float


def failure_difference(first: VotScore, second: VotScore, **options: Any) -> FailureDifference:
    """Return how many failures more ``first`` has than ``second``, paired by sequence.

    Args:
        first: of one tracker.
        second: of another on the same sequences.
        options: as `udtlib.evaluation.paired_difference` takes them.

    Raises:
        DataError: not the same sequences.

    Book: chapter 14.
    """
    if sorted(first.names) != sorted(second.names):
        odd = sorted(set(first.names) ^ set(second.names))
        raise DataError(
            f"{first.tracker}, {second.tracker}: expected the same sequences, found {', '.join(odd[:5])} of "
            "one alone"
        )
    order = [second.names.index(name) for name in first.names]
    each = first.failures_each - second.failures_each[order]
    found = paired_difference(first.failures_each, second.failures_each[order], **options)
    total = Interval(*(float(value * len(each)) for value in (found.mean, found.low, found.high)))
    place = int(np.argmax(each if total.mean >= 0 else -each))
    return FailureDifference(total, first.names[place], float(each[place]))
