"""VOT's measures as text tables. Book: chapter 14."""

from collections.abc import Sequence as AbstractSequence

import numpy as np

from udtlib.evaluation.scoring.expected_overlap import eao_interval
from udtlib.evaluation.scoring.vot import VotScore, failure_difference


def vot_table(scores: AbstractSequence[VotScore]) -> str:
    """Return accuracy, failures, robustness and EAO, a row a tracker, with the EAO's 95 % interval."""
    low, high = eao_interval(scores[0].year)
    width = _width(scores)
    count = len(scores[0].runs) + len(scores[0].failed)
    lines = [
        f"VOT's supervised experiment, {count} sequences; EAO over {low} to {high} frames "
        f"(VOT{scores[0].year}), 95 % bootstrap interval over sequences",
        f"{'tracker':{width}}  accuracy  failures  robustness  EAO",
    ]
    for one in scores:
        eao = one.eao_interval()
        spread = "" if np.isnan(eao.mean) else f" [{eao.low:.4f}, {eao.high:.4f}]"
        failed = f"  ({len(one.failed)} failed)" if one.failed else ""
        lines.append(
            f"{one.tracker:{width}}  {_number(one.accuracy, 8)}  {one.failures:8.6g}  {one.robustness:10.4f}"
            f"  {_number(eao.mean)}{spread}{failed}"
        )
    return "\n".join(lines)


def differences(scores: AbstractSequence[VotScore]) -> list[str]:
    """Return a line for each tracker but the first: how many failures more or less than the first.

    Raises:
        DataError: trackers scored on different sequences.
    """
    lines = []
    for one in scores[1:]:
        found = failure_difference(one, scores[0])
        total = found.total
        largest = (
            f"; {found.largest:+.6g} of them in {found.sequence}" if total.mean and found.largest else ""
        )
        lines.append(
            f"{one.tracker} - {scores[0].tracker}: failures {total.mean:+.6g} [{total.low:+.6g}, "
            f"{total.high:+.6g}]{largest}"
        )
    return lines


def sequence_table(scores: AbstractSequence[VotScore]) -> str:
    """Return accuracy and failures in each sequence, two columns a tracker."""
    names = list(dict.fromkeys(name for one in scores for name in one.runs))
    rows = [[_in_sequence(one, name) for one in scores] for name in names]
    return _table("accuracy, failures", names, rows, scores)


def _in_sequence(score: VotScore, name: str) -> tuple[float, float]:
    if name not in score.runs:
        return np.nan, np.nan
    place = score.names.index(name)
    return float(score.accuracies[place]), float(score.failures_each[place])


def tag_table(scores: AbstractSequence[VotScore]) -> str:
    """Return accuracy and failures in the frames that have each tag, two columns a tracker."""
    tags = scores[0].tags()
    if not tags:
        return "no tags: the annotations have no files NAME/TAG.tag"
    found = [[one.by_tag(tag) for one in scores] for tag in tags]
    rows = [[(one.accuracy, one.failures) for one in each] for each in found]
    return _table("accuracy, failures by tag", tags, rows, scores)


def _table(
    title: str,
    names: list[str],
    rows: list[list[tuple[float, float]]],
    scores: AbstractSequence[VotScore],
) -> str:
    width, column = max(len(title), *map(len, names)), max(16, *(len(one.tracker) for one in scores))
    lines = [f"{title:{width}}  " + "  ".join(f"{one.tracker:>{column}}" for one in scores)]
    for name, cells in zip(names, rows, strict=True):
        shown = (f"{_number(first)} {_number(second, 8, '.6g')}" for first, second in cells)
        lines.append(f"{name:{width}}  " + "  ".join(f"{cell:>{column}}" for cell in shown))
    return "\n".join(lines)


def _width(scores: AbstractSequence[VotScore]) -> int:
    return max(7, *(len(one.tracker) for one in scores))


def _number(value: float, width: int = 6, layout: str = ".4f") -> str:
    return f"{'-' if np.isnan(value) else format(value, layout):>{width}}"
