"""Scores as text tables and as the JSON file of the command line. Book: chapter 13."""

import json
from collections.abc import Sequence as AbstractSequence
from pathlib import Path
from typing import Any

import numpy as np

from udtlib.errors import DataError
from udtlib.evaluation.report.vot_tables import differences, sequence_table, vot_table
from udtlib.evaluation.scoring.measures import MEASURES, title_of
from udtlib.evaluation.scoring.scores import TrackerScore
from udtlib.evaluation.scoring.statistics import Interval, Spread, sequences_needed
from udtlib.evaluation.scoring.vot_results import vot_score_of
from udtlib.files import check_folder_of, user_path, write_whole


def main_table(scores: AbstractSequence[TrackerScore]) -> str:
    """Return the table that ``udt score`` and ``udt evaluate`` print first, as the protocol asks for."""
    if scores[0].protocol == "vot":
        return vot_table([vot_score_of(score) for score in scores])
    return score_table(scores)


def further_tables(scores: AbstractSequence[TrackerScore]) -> list[str]:
    """Return what they print after it: differences, and what each sequence says.

    Raises:
        DataError: trackers scored on different sequences.
    """
    if scores[0].protocol == "vot":
        found = [vot_score_of(score) for score in scores]
        return ["\n".join(differences(found)), sequence_table(found)]
    return [difference_table(scores), spread_table(scores), failure_table(scores)]


def score_table(scores: AbstractSequence[TrackerScore]) -> str:
    """Return the table that ``udt score`` and ``udt evaluate`` print: means and 95 % intervals."""
    first = scores[0]
    width = max(7, *(len(score.tracker) for score in scores))
    protocol = "" if first.protocol == "ope" else f"{first.protocol_title}, "
    several = bool(first.by_start)
    size, deviation = (32, ", ± standard deviation over starts") if several else (24, "")
    titles = "".join(f"{title_of(measure, first.policy):{size}}  " for measure in first.measures)
    count = len(first.sequences) + len(first.failed) + len(first.unscored)
    lines = [
        f"{first.dataset}, {count} sequences, {protocol}policy {first.policy.name}, "
        f"95 % bootstrap intervals over sequences{deviation}",
        f"{'tracker':{width}}  {titles}{'fps':>8}" + "  starts" * several,
    ]
    for score in scores:
        fps = "-" if score.fps is None else f"{score.fps:.1f}"
        starts = f"  {len(score.by_start):6}" if several else ""
        failed = f"  ({len(score.failed)} failed)" if score.failed else ""
        cells = "  ".join(_cell(score, measure) for measure in first.measures)
        lines.append(f"{score.tracker:{width}}  {cells}  {fps:>8}{starts}{failed}")
    if first.unscored:
        lines.append(
            f"not scored, for their one true box is given to the tracker: {len(first.unscored)} sequences"
        )
    return "\n".join(lines)


def _cell(score: TrackerScore, measure: str) -> str:
    interval = score.interval(measure)
    if np.isnan(interval.mean):
        return f"{'-':23}"
    deviation = f" ±{score.spread(measure).deviation:.4f}" if score.by_start else ""
    return f"{interval.mean:.4f} [{interval.low:.4f}, {interval.high:.4f}]{deviation}"


def spread_table(scores: AbstractSequence[TrackerScore]) -> str:
    """Return what several starts did to the AUC in each sequence, a column a tracker; empty for one start.

    The last rows are the mean over sequences: from all starts, and from the worst and the best of them.
    """
    if not scores[0].by_start:
        return ""
    name = max(8, *(len(one.name) for one in scores[0].sequences))
    width = max(14, *(len(score.tracker) for score in scores))
    lines = [f"{'AUC':{name}}  " + "  ".join(f"{score.tracker:>{width}}" for score in scores)]
    each, whole = [score.spreads() for score in scores], [score.spread() for score in scores]
    rows = [(one.name, [_plus_minus(group[one.name]) for group in each]) for one in scores[0].sequences]
    rows.append(("all", [_plus_minus(found) for found in whole]))
    rows.append(("from, to", [f"{found.least:.4f}, {found.most:.4f}" for found in whole]))
    lines += [f"{row:{name}}  " + "  ".join(f"{cell:>{width}}" for cell in cells) for row, cells in rows]
    return "\n".join(lines)


def _plus_minus(found: Spread) -> str:
    return f"{found.mean:.4f} ±{found.deviation:.4f}"


def failure_table(scores: AbstractSequence[TrackerScore]) -> str:
    """Return the failures in each sequence and in all, a column a tracker; empty but for runs with resets."""
    if scores[0].protocol not in ("resets", "vot"):
        return ""
    name = max(8, *(len(one.name) for one in scores[0].sequences))
    widths = [max(6, len(score.tracker)) for score in scores]
    rows = [
        (one.name, [score.sequences[place].value("failures") for score in scores])
        for place, one in enumerate(scores[0].sequences)
    ]
    rows.append(("all", [score.total("failures") for score in scores]))
    heads = "  ".join(f"{one.tracker:>{width}}" for one, width in zip(scores, widths, strict=True))
    cells = ("  ".join(f"{n:{w}g}" for n, w in zip(each, widths, strict=True)) for _, each in rows)
    lines = [f"{row:{name}}  {line}" for (row, _), line in zip(rows, cells, strict=True)]
    return "\n".join([f"{'failures':{name}}  {heads}", *lines])


def difference_table(scores: AbstractSequence[TrackerScore]) -> str:
    """Return each tracker's paired difference to the first; empty for a single tracker.

    For several starts the interval over them stands behind (`TrackerScore.difference_over_starts`).

    Raises:
        DataError: trackers scored on different sequences.
    """
    lines = []
    for score in scores[1:]:
        found = (
            f"{MEASURES[measure].title} {_signed(score.difference(scores[0], measure))}"
            for measure in score.measures
        )
        line = f"{score.tracker} - {scores[0].tracker}: {', '.join(found)}"
        lines.append(line + _over_starts(score, scores[0]) + _needed(score, scores[0]))
    return "\n".join(lines)


def _needed(score: TrackerScore, first: TrackerScore) -> str:
    """Return how many sequences a difference of .01 would take, for runs from anchors."""
    if score.protocol != "anchors" or len(score.sequences) < 2:
        return ""
    count = sequences_needed(score.values("overlap"), first.values("overlap"))
    return f"; an overlap difference of 0.01 takes {count} sequences"


def _over_starts(score: TrackerScore, first: TrackerScore) -> str:
    if not score.by_start:
        return ""
    found = score.difference_over_starts(first)
    carried = "" if found.low * found.high > 0 else ", not told apart by them"
    return f"; over starts AUC [{found.low:+.4f}, {found.high:+.4f}]{carried}"


def _signed(interval: Interval) -> str:
    if np.isnan(interval.mean):  # no sequence has a value for both
        return "-"
    return f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"


def attribute_table(scores: AbstractSequence[TrackerScore], measure: str = "auc") -> str:
    """Return the means of ``measure`` per attribute, a column a tracker; empty if none is known."""
    groups = [score.by_attribute() for score in scores]
    width = [max(6, len(score.tracker)) for score in scores]
    heads = (f"{score.tracker:>{size}}" for score, size in zip(scores, width, strict=True))
    lines = [f"{measure:9}  sequences  " + "  ".join(heads)]
    for name in groups[0]:
        means = (group[name].mean(measure) for group in groups)
        shown = ("-" if np.isnan(mean) else f"{mean:.4f}" for mean in means)
        cells = (f"{cell:>{size}}" for cell, size in zip(shown, width, strict=True))
        lines.append(f"{name:9}  {len(groups[0][name].sequences):9}  " + "  ".join(cells))
    return "\n".join(lines) if groups[0] else ""


def check_json_path(path: str | Path | None) -> None:
    """Refuse a path that `write_json` could not write, before the work is done; None is fine.

    Raises:
        MissingDataError: the folder to write in does not exist.
        DataError: the path is a folder.
    """
    if path is None:
        return
    path = user_path(path)
    check_folder_of(path)
    if path.is_dir():
        raise DataError(f"{path}: expected the name of a JSON file to write, found a folder")


def write_json(
    path: str | Path, scores: AbstractSequence[TrackerScore], measured: dict[str, Any] | None = None
) -> None:
    """Write the scores as JSON: one object for one tracker, a list for several.

    Args:
        path: where to.
        scores: an object each.
        measured: where they come from (`udtlib.evaluation.running.measured.provenance`); each object's
            "measured".

    Raises:
        MissingDataError: as `check_json_path`, like the next.
        DataError: the path is a folder.
        StorageError: the file cannot be written; what was there is as it was.
    """
    check_json_path(path)
    extra = {"measured": measured} if measured else {}
    documents = [score.to_json() | vot_json(score) | extra for score in scores]
    content = documents[0] if len(documents) == 1 else documents
    write_whole(path, json.dumps(content, indent=1) + "\n")


def vot_json(score: TrackerScore) -> dict[str, Any]:
    """Return VOT's measures of a tracker as ``{"vot": ...}``; empty for another protocol."""
    if score.protocol != "vot":
        return {}
    document = vot_score_of(score).to_json()
    return {"vot": {key: document[key] for key in document if key not in ("tracker", "sequences", "failed")}}
