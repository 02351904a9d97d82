"""The sections of the report's page: what each says about the scores, as HTML. Book: chapter 13."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

import udtlib
from udtlib.evaluation.protocols import EQUAL, REPETITIONS, SKIP
from udtlib.evaluation.report import html
from udtlib.evaluation.report.attribute_plots import attribute_chart, attribute_plots, long_name
from udtlib.evaluation.report.horizon_plot import horizon_plot
from udtlib.evaluation.report.html import Cell
from udtlib.evaluation.report.material import Material, compared
from udtlib.evaluation.report.plots import by_score, precision_plot, success_plot, to_svg
from udtlib.evaluation.scoring.anchors import IN_A_ROW, LOST
from udtlib.evaluation.scoring.measures import MEASURES, WITHOUT_CURVES, title_of
from udtlib.evaluation.scoring.regions import NEAR
from udtlib.evaluation.scoring.scores import TrackerScore
from udtlib.evaluation.scoring.statistics import Interval
from udtlib.evaluation.scoring.supervised import BURN_IN
from udtlib.evaluation.shift import DIRECTIONS, DISTANCES

METHODS = {
    "anchors": f"Overlap is the mean intersection over union of a run's frames. Robustness is the share of a "
    f"run before {IN_A_ROW} frames in a row overlap less than {LOST:g}. Both are averaged over a sequence's "
    "runs, then over sequences. The start frame does not count; frames without a target have overlap 0, or "
    "do not count if the policy excludes them. What follows is about AUC and precision, over all frames of "
    "all runs.",
    "resets": "A tracker fails in a frame where its box and the true one do not overlap; it is started again "
    f"from the true box {SKIP} frames later. Failures are counted, mean over sequences; overlap is the mean "
    "intersection over union of the frames in which it followed a target, without those of a start. The "
    "policy plays no part.",
    "vot": "A tracker fails in a frame where its box and the true region have no pixel of the image in "
    f"common; it is started again {SKIP} frames later. Each run is repeated {REPETITIONS} times, or {EQUAL} "
    f"times if these are equal. Accuracy is the mean overlap without the first {BURN_IN} frames after each "
    "start. Both are means over a sequence's repetitions, then over sequences. The policy plays no part.",
    "shift": "In a still frame the target's box is cut out, the hole filled from around it, and the cut "
    f"pasted {', '.join(f'{one:g}' for one in DISTANCES)} target sizes away, in {DIRECTIONS} directions. The "
    f"tracker starts on the still and finds the target if its centre is nearer than {NEAR:g} of the target's "
    "size. Shares are of the moves that stay in the image, over a sequence's stills, then over sequences. "
    "The policy plays no part.",
}
"""What "How it was scored" says first, by protocol."""


def overall(material: Material) -> str:
    """Return the table of means, intervals and speeds."""
    scores = material.scores
    measures, policy = scores[0].measures, scores[0].policy
    several = bool(scores[0].by_start)
    head = ["tracker"]
    for measure in measures:
        head += [title_of(measure, policy), "95 % interval"]
        head += ["± over starts", "from, to"] if several else []
    first = MEASURES[measures[0]].title
    head += ["fps", f"{first} minus the best's", *(["the same over starts"] if several else [])]
    best = {measure: by_score(scores, measure)[0].merit(measure) for measure in measures}
    rows = []
    for score in scores:
        cells = [Cell(score.tracker)]
        for measure in measures:
            found = score.interval(measure)
            is_best = len(scores) > 1 and score.merit(measure) == best[measure]
            bar = found.mean if MEASURES[measure].is_share else None
            is_known = found.mean == found.mean  # not NaN
            shown = [Cell(f"{found.mean:.4f}", bar, is_best), Cell(_ends(found))]
            cells += shown if is_known else [Cell("-")] * 2
            cells += _over_starts(score, measure)
        cells += [Cell(_fps(score.fps)), *_to_the_best(score, scores[0])]
        rows.append(cells if len(scores) > 1 else cells[: head.index("fps") + 1])
    note = "Frames a second are as recorded in the runs, without decoding; compare those of one machine only."
    if several:
        note += (
            " Where the interval over starts has 0 in it, starts a hair beside the true box can make the "
            "difference by themselves."
        )
    head = head if len(scores) > 1 else head[: head.index("fps") + 1]
    return html.table("Best first", head, rows) + html.paragraph(note, small=True)


def _ends(interval: Interval, sign: str = "") -> str:
    return f"[{interval.low:{sign}.4f}, {interval.high:{sign}.4f}]"


def _fps(fps: float | None) -> str:
    return "-" if fps is None else f"{fps:.1f}"


def _over_starts(score: TrackerScore, measure: str) -> list[Cell]:
    """Return the standard deviation over starts and the range; nothing where there was one start."""
    if not score.by_start:
        return []
    found = score.spread(measure)
    return [Cell(f"±{found.deviation:.4f}"), Cell(f"{found.least:.4f}, {found.most:.4f}")]


def _to_the_best(score: TrackerScore, best: TrackerScore) -> list[Cell]:
    """Return the difference over sequences, and over starts where there were several."""
    differences = [] if score is best else [score.difference(best, score.measures[0])]
    if differences and score.by_start:
        differences.append(score.difference_over_starts(best))
    count = 1 + bool(score.by_start)
    known = [one for one in differences if one.mean == one.mean]
    return [Cell(f"{one.mean:+.4f} {_ends(one, '+')}") for one in known] or [Cell("-")] * count


def plots(material: Material) -> str:
    """Return the success and the precision plot, where the protocol is read by them."""
    if material.scores[0].protocol in WITHOUT_CURVES:
        return ""
    pictures = []
    for draw, measure in ((success_plot, "auc"), (precision_plot, "precision")):
        figure = draw(material.scores, bands=material.bands)
        lines = "; ".join(
            f"{score.tracker} {getattr(score, measure):.3f}" for score in by_score(material.scores, measure)
        )
        pictures.append(html.image(to_svg(figure), f"{figure.axes[0].get_title()}. {lines}"))
    shaded = " Shaded: 95 % bootstrap interval over sequences at each threshold." if material.bands else ""
    note = "In brackets: area under the success curve, and precision at the grey line." + shaded
    return f'<div class="figures">\n{"".join(pictures)}</div>\n' + html.paragraph(note, small=True)


def since_the_start(material: Material) -> str:
    """Return the horizon curves of runs from anchors; nothing for other protocols."""
    scores = material.scores
    if scores[0].protocol != "anchors":
        return ""
    last = scores[-1].tracker
    beside = f" Beside it: the same minus that of {last}, paired by sequence." if len(scores) > 1 else ""
    note = (
        "Mean overlap n frames after the start, over the runs that are so long; shaded: 95 % bootstrap "
        f"interval over sequences.{beside} The curves end where fewer than half of the sequences have one."
    )
    picture = html.image(to_svg(horizon_plot(scores)), f"Overlap against frames since the start.{beside}")
    return picture + html.paragraph(note, small=True)


def attributes(material: Material) -> str:
    """Return tables, a chart and success plots per attribute; nothing where no sequence has one."""
    scores = material.scores
    groups = [score.by_attribute() for score in scores]
    if not groups[0]:
        return ""
    head = ["attribute", "", "sequences", *(score.tracker for score in scores)]
    tables = []
    for measure in scores[0].measures:
        title, rows = MEASURES[measure].title, []
        for name, group in groups[0].items():
            means = [each[name].mean(measure) for each in groups]
            label = Cell(long_name(name) if long_name(name) != name else "", is_text=True)
            rows.append([Cell(name), label, Cell(str(len(group.sequences))), *compared(means, 4, measure)])
        tables.append(html.table(f"Mean {title} over the sequences with each attribute", head, rows))
    if scores[0].protocol in WITHOUT_CURVES:
        return "".join(tables)
    note = (
        "A sequence has several attributes. Bars of the chart are 95 % bootstrap intervals over the "
        "sequences with the attribute; numbers in round brackets count them."
    )
    chart = html.image(to_svg(attribute_chart(scores)), "AUC of each tracker per attribute, hardest on top")
    grid = to_svg(attribute_plots(scores, bands=material.bands))
    grids = (
        f'<div class="full">{html.image(grid, "Success plots of the sequences with each attribute")}</div>'
    )
    tail = chart + html.paragraph(note, small=True) + html.details("Success plots, one an attribute", grids)
    return "".join(tables) + tail


def by_tracker(material: Material) -> str:
    """Return each tracker's sequences, its worst first."""
    return "".join(_one_tracker(score) for score in material.scores)


def _one_tracker(score: TrackerScore) -> str:
    first, *others = score.measures
    values = -score.values(first) if MEASURES[first].less_is_better else score.values(first)
    ordered = [score.sequences[place] for place in np.argsort(values, kind="stable")]  # NaN last
    spreads = score.spreads()
    rows = [
        [
            Cell(one.name),
            Cell(", ".join(one.attributes), is_text=True),
            Cell(str(one.frames)),
            *compared([one.value(first)], 3, first),
            *([Cell(f"±{spreads[one.name].deviation:.3f}")] if spreads else []),
            *(cell for measure in others for cell in compared([one.value(measure)], 3, measure)),
            Cell(_fps(one.fps)),
        ]
        for one in ordered
    ]
    over = ["± over starts"] if spreads else []
    titles = [title_of(measure, score.policy) for measure in score.measures]
    head = ["sequence", "attributes", "frames", titles[0], *over, *titles[1:], "fps"]
    (worst_value,) = compared([ordered[0].value(first)], 3, first)
    worst = f"{score.tracker}: worst on {ordered[0].name} ({worst_value.text})"
    return html.details(worst, html.table(f"{score.tracker}, worst first", head, rows))


def method(material: Material) -> str:
    """Return the conventions, notes, and the policy in full."""
    scores, chosen = material.scores, material.scores[0].policy
    policy = asdict(chosen)
    rows = [[Cell(key.replace("_", " ")), Cell(str(value), is_text=True)] for key, value in policy.items()]
    passes = "above (>)" if chosen.strict else "at or above (>=)"
    convention = (
        f"Success is the share of frames whose overlap (intersection over union) is {passes} a threshold, at "
        f"{chosen.steps + 1} thresholds from 0 to 1; the area under it is the AUC. Precision is the share of "
        f"frames whose centre is within {chosen.pixels:g} pixels of the true one. The policy says "
        "what becomes of frames without a box or without a target."
    )
    also = [METHODS[scores[0].protocol]] if scores[0].protocol in METHODS else []
    lines = [f"{score.tracker}: {note}" for score in scores for note in score.notes] + list(material.notes)
    paragraphs = "".join(map(html.paragraph, [*also, convention, *lines]))
    return paragraphs + html.details("The policy in full", html.table("Policy", ["choice", "value"], rows))


def origin(material: Material) -> str:
    """Return where the boxes were made, and by what and when the report was."""
    rows = [
        [
            Cell(tracker),
            *(Cell(_shown(place, key), is_text=True) for key in ("commit", "cpu", "dates", "runs")),
        ]
        for tracker in (score.tracker for score in material.scores)
        for place in material.origins.get(tracker, ())
    ]
    head = ["tracker", "commit", "processor", "date", "result files"]
    made = html.table("Where the boxes were made, as recorded beside them", head, rows) if rows else ""
    written = material.written
    machine = written.get("hardware", {})
    by = f"Written by udtlib {udtlib.__version__}"
    if written:
        state = " with changes" if written.get("modified") else ""
        by += (
            f" (commit {written.get('commit') or 'unknown'}{state}) on {written.get('date')}, "
            f"{machine.get('cpu')}, {machine.get('cores')} cores"
        )
    return made + html.paragraph(f"{by}.", small=True)


def _shown(place: Mapping[str, Any], key: str) -> str:
    value = place.get(key)
    return "not recorded" if value is None else str(value)
