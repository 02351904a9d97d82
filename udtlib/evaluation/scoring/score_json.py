"""A tracker's score as the JSON of the command line. Book: chapter 13."""

from dataclasses import asdict
from typing import Any

from udtlib.evaluation.scoring.measures import without_nan
from udtlib.evaluation.scoring.starts import starts_json


def tracker_json(score: Any) -> dict[str, Any]:
    """Return what ``udt score --json`` and ``udt evaluate --json`` write for one `TrackerScore`."""
    document = {
        "tracker": score.tracker,
        "dataset": score.dataset,
        "policy": asdict(score.policy),
        **without_nan({"auc": score.auc, "precision": score.precision}),
        "fps": score.fps,
        "sequences": {one.name: _sequence(score, place) for place, one in enumerate(score.sequences)},
    }
    protocol = {} if score.protocol == "ope" else {"protocol": score.protocol}
    unscored = {"unscored": list(score.unscored)} if score.unscored else {}
    failed = {"failed": dict(score.failed)} if score.failed else {}
    return document | protocol | starts_json(score.by_start) | _measures(score) | unscored | failed


def _sequence(score: Any, place: int) -> dict[str, Any]:
    one, by_start = score.sequences[place], [each.sequences[place] for each in score.by_start]
    numbers = {key: getattr(one, key) for key in ("auc", "precision", "fps", "frames")}
    return numbers | without_nan(one.measures) | starts_json(by_start)


def _measures(score: Any) -> dict[str, float | None]:
    """Return the means of what is measured beside AUC and precision."""
    names = [name for name in score.measures if name not in ("auc", "precision")]
    totals = {"total_failures": score.total("failures")} if "failures" in names else {}
    return without_nan({name: score.mean(name) for name in names} | totals)
