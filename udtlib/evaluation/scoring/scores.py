"""A tracker's score on a dataset: means, intervals, attributes, JSON. Book: chapters 01 and 13."""

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from udtlib.arguments import checked
from udtlib.boxes import Boxes
from udtlib.data import load_dataset
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError
from udtlib.evaluation.protocols import PROTOCOLS, results_folder
from udtlib.evaluation.results.files import Result, index_base, load_results, load_runs
from udtlib.evaluation.results.runs import recorded_dataset
from udtlib.evaluation.scoring.means import difference_of_known, interval_of_known, mean_of_known
from udtlib.evaluation.scoring.measures import MEASURES, known, measures_of
from udtlib.evaluation.scoring.ope import Floats, SequenceScore
from udtlib.evaluation.scoring.policy import Policy, policy_for
from udtlib.evaluation.scoring.runs import score_sequence_runs
from udtlib.evaluation.scoring.score_json import tracker_json
from udtlib.evaluation.scoring.starts import results_by_start
from udtlib.evaluation.scoring.statistics import (
    Interval,
    Spread,
    difference_over_starts,
    spread,
)
from udtlib.files import user_path


@dataclass(frozen=True)
class TrackerScore:
    """The scores of one tracker on one dataset under one policy.

    Attributes:
        tracker: its name.
        dataset: the dataset's name.
        policy: how boxes became scores.
        sequences: one score a sequence, in the dataset's order.
        failed: what went wrong, by the name of a sequence without result.
        notes: what was done to line result files up with the truth.
        protocol: how the tracker was started (`udtlib.evaluation.protocols.PROTOCOLS`).
        by_start: for protocol ``"starts"`` the score from each start by itself, the first from the true box.
            ``sequences`` then are the means over them, and their ``frames`` the sums.
        unscored: names of sequences with one true box, which the tracker was given: nothing to score by.
    """

    tracker: str
    dataset: str
    policy: Policy
    sequences: tuple[SequenceScore, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    protocol: str = "ope"
    by_start: "tuple[TrackerScore, ...]" = ()
    unscored: tuple[str, ...] = ()

    @property
    def protocol_title(self) -> str:
        """What the protocol is called in titles, such as OPE."""
        return PROTOCOLS[self.protocol]

    @property
    def auc(self) -> float:
        """Area under the success curve, mean over sequences, in 0..1; NaN where none is scored."""
        return self.mean("auc")

    @property
    def precision(self) -> float:
        """Fraction of frames within the policy's distance, mean over sequences, in 0..1; NaN likewise."""
        return self.mean("precision")

    @property
    def fps(self) -> float | None:
        """All frames over all tracking time, decoding excluded; None unless every time is known."""
        rates = [(score.frames, score.fps) for score in self.sequences]
        seconds = [frames / fps for frames, fps in rates if fps]
        is_known = bool(seconds) and len(seconds) == len(rates)
        return sum(frames for frames, _ in rates) / sum(seconds) if is_known else None

    @property
    def success_curve(self) -> Floats:
        """Success at each threshold, mean over sequences as `mean` has it."""
        return np.average([score.success for score in self.sequences], axis=0, weights=self.weights())

    @property
    def precision_curve(self) -> Floats:
        """Precision at 0, 1, ..., 50 px, mean over sequences as `mean` has it."""
        curves = [score.precision_curve for score in self.sequences]
        return np.average(curves, axis=0, weights=self.weights())

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of the measures that the protocol is read by; the first ranks trackers."""
        return measures_of(self.protocol, self.policy)

    def values(self, measure: str) -> Floats:
        """Return ``"auc"``, ``"precision"`` or one of `measures` of every sequence, ``(N,)``."""
        return np.array([score.value(measure) for score in self.sequences])

    def mean(self, measure: str) -> float:
        """Return the mean of a measure over the sequences that have it, NaN if none has.

        A policy that pools frames weighs a sequence by its frames that count.
        """
        return mean_of_known(self.values(measure), self.weights())

    def weights(self) -> Floats | None:
        """Return what each sequence weighs in a mean, ``(N,)``; None where all weigh the same."""
        if self.policy.pool == "sequences":
            return None
        return np.array([score.counted for score in self.sequences], dtype=np.float64)

    def total(self, measure: str) -> float:
        """Return the sum of a measure over the sequences that have it."""
        return float(known(self.values(measure)).sum())

    def merit(self, measure: str | None = None) -> float:
        """Return a measure's mean, with a minus where less is better; None is the first of `measures`."""
        measure = measure or self.measures[0]
        mean = -self.mean(measure) if MEASURES[measure].less_is_better else self.mean(measure)
        return -np.inf if np.isnan(mean) else mean

    def interval(self, measure: str = "auc", **options: Any) -> Interval:
        """Return mean and bootstrap interval over sequences; options as `bootstrap_interval`."""
        return interval_of_known(self.values(measure), self.weights(), **options)

    def difference(self, other: "TrackerScore", measure: str = "auc", **options: Any) -> Interval:
        """Return how much better this tracker is than ``other``, paired by sequence, with interval.

        Raises:
            DataError: not the same sequences, another policy, or another protocol.
        """
        names = [[score.name for score in scored.sequences] for scored in (self, other)]
        if names[0] != names[1] or self.policy != other.policy:
            raise DataError(f"{self.tracker}, {other.tracker}: expected the same sequences and policy")
        if self.protocol != other.protocol:
            raise DataError(
                f"{self.tracker}, {other.tracker}: expected one protocol, "
                f"found {self.protocol} and {other.protocol}"
            )
        values = self.values(measure), other.values(measure)
        return difference_of_known(*values, self.weights(), **options)

    def spread(self, measure: str = "auc") -> Spread:
        """Return what the mean over sequences did over the starts.

        Raises:
            DataError: there was only one start.
        """
        return spread([one.mean(measure) for one in self.by_start])

    def spreads(self, measure: str = "auc") -> dict[str, Spread]:
        """Return what each sequence's score did over the starts, by its name; empty if there was only one."""
        table = np.array([one.values(measure) for one in self.by_start])
        return {one.name: spread(table[:, i]) for i, one in enumerate(self.sequences)} if len(table) else {}

    def difference_over_starts(
        self, other: "TrackerScore", measure: str = "auc", *, level: float = 0.95
    ) -> Interval:
        """Return how much better this tracker is than ``other`` on these sequences, paired by start.

        With 0 in the interval, starts a hair beside the true box can make the difference by themselves.
        Where one has more starts than the other, the first ones, which they share, are compared.

        Raises:
            DataError: as `difference`, or fewer than two starts.
        """
        self.difference(other, measure, draws=1)  # refuses what cannot be compared
        both = (self.by_start, other.by_start)
        count = min(map(len, both))
        first, second = ([one.mean(measure) for one in group[:count]] for group in both)
        return difference_over_starts(first, second, level=level)

    def by_attribute(self) -> "dict[str, TrackerScore]":
        """Return the scores on the sequences that have each attribute, by its short name, sorted."""
        names = sorted({attribute for score in self.sequences for attribute in score.attributes})
        return {name: self._only(name) for name in names}

    def _only(self, attribute: str) -> "TrackerScore":
        kept = tuple(score for score in self.sequences if attribute in score.attributes)
        by_start = tuple(one._only(attribute) for one in self.by_start)
        return replace(self, sequences=kept, failed={}, notes=(), by_start=by_start)

    def to_json(self) -> dict[str, Any]:
        """Return what ``udt score --json`` and ``udt evaluate --json`` write for one tracker."""
        return tracker_json(self)


@checked
def score(
    results: str | Path | Mapping[str, ArrayLike],
    sequences: str | Iterable[Sequence],
    policy: Policy | None = None,
    *,
    dataset: str | None = None,
    tracker: str | None = None,
    protocol: str = "ope",
) -> TrackerScore:
    """Score the boxes of one tracker; no images are read.

    Args:
        results: a folder of result files (see `load_results`, and for other protocols than ``"ope"``
            `load_runs`), or boxes ``(N, 4)``, 0-indexed, by sequence name (of one-pass evaluation).
        sequences: a registered dataset's name, or names and true boxes from `load_dataset` or
            `udtlib.data.benchmarks.otb.load_annotations`.
        policy: None is the dataset's own (`udtlib.evaluation.scoring.policy.policy_for`).
        dataset: its name; says the index base of the files. None is the name given as ``sequences``,
            else what `evaluate` recorded beside the files, else ``"otb"``.
        tracker: its name; None is the folder's.
        protocol: one of `udtlib.evaluation.protocols.PROTOCOLS`; its results are in a folder of that name
            in the tracker's.

    Raises:
        MissingDataError: a folder or file that is not there, or a sequence without boxes.
        DataError: a malformed result, too few or too many rows, records of several datasets, or no
            sequence at all.

    Book: chapters 01 and 13.
    """
    if isinstance(sequences, str):
        dataset, sequences = dataset or sequences, load_dataset(sequences)
    sequences = list(sequences)
    _check_scored(sequences)
    if isinstance(results, str | Path):
        tracker = tracker or user_path(results).resolve().name
        folder = results_folder(results, protocol)
        dataset = dataset or recorded_dataset([folder]) or "otb"
        found = _loaded(folder, [one for one in sequences if one.is_scored], dataset, protocol)
    else:
        found = {name: [Result(_as_boxes(name, boxes))] for name, boxes in results.items()}
    dataset, tracker = dataset or "otb", tracker or "tracker"
    return score_runs(found, sequences, policy, dataset=dataset, tracker=tracker, protocol=protocol)


def _check_scored(sequences: list[Sequence]) -> None:
    if sequences and not any(sequence.is_scored for sequence in sequences):
        raise DataError(
            f"{sequences[0].name}: expected true boxes after the first frame, found none, nor in any other "
            f"of {len(sequences)} sequences; a tracker is given the first, so there is nothing to score by. "
            "`udt results export` writes results for a benchmark's own server"
        )


def _loaded(folder: Path, sequences: list[Sequence], dataset: str, protocol: str) -> dict[str, list[Result]]:
    if protocol == "ope":
        return {name: [result] for name, result in load_results(folder, sequences, dataset).items()}
    return load_runs(folder, sequences, dataset, protocol)


def _as_boxes(name: str, boxes: ArrayLike) -> Boxes:
    try:
        return np.asarray(boxes, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: expected boxes (N, 4) of numbers, found {str(boxes)[:60]}") from error


def score_runs(
    results: Mapping[str, AbstractSequence[Result]],
    sequences: Iterable[Sequence],
    policy: Policy | None = None,
    *,
    dataset: str,
    tracker: str,
    protocol: str = "ope",
    failed: Mapping[str, str] | None = None,
) -> TrackerScore:
    """Score loaded results, of every run in each sequence; a sequence in ``failed`` needs none.

    A run of another protocol than OPE is scored against the last true boxes of its sequence, as many as it
    has rows.

    Raises:
        DataError: a sequence without result, no sequence left to score, or not as many starts in each.
    """
    policy = policy or policy_for(dataset)
    if policy.index_base is None:
        policy = replace(policy, index_base=1 if index_base(dataset) else 0)
    failed = failed or {}
    found = [sequence for sequence in sequences if sequence.name not in failed]
    scored = [sequence for sequence in found if sequence.is_scored]
    unscored = tuple(sequence.name for sequence in found if not sequence.is_scored)
    missing = [sequence.name for sequence in scored if sequence.name not in results]
    if missing or not found:
        raise DataError(f"{tracker}: no boxes for {', '.join(missing) or 'any sequence'}")
    scores = tuple(score_sequence_runs(results[one.name], one, policy, protocol) for one in scored)
    notes = tuple(run.note for sequence in scored for run in results[sequence.name] if run.note)
    names = [one.name for one in scored]
    each = results_by_start(results, names, tracker) if protocol == "starts" and names else []
    by_start = tuple(score_runs(one, scored, policy, dataset=dataset, tracker=tracker) for one in each)
    return TrackerScore(tracker, dataset, policy, scores, failed, notes, protocol, by_start, unscored)
