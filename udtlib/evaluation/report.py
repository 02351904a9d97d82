"""A report of several trackers on one dataset as one HTML file that needs nothing else, no network.

The page is a list of sections (`SECTIONS`), each a function of the scores, best tracker first; a section
without anything to say leaves itself out. Book: chapter 13.
"""

import os
from collections.abc import Sequence as AbstractSequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

import udtlib
from udtlib.data.box_files import write_whole
from udtlib.data.synthetic_motion import KNOBS
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation import html
from udtlib.evaluation.html import Cell
from udtlib.evaluation.plots import by_score, precision_plot, success_plot, to_svg
from udtlib.evaluation.scores import TrackerScore
from udtlib.evaluation.statistics import Interval

Scores = AbstractSequence[TrackerScore]
MEASURES = {"auc": "AUC", "precision": "precision"}


def html_report(
    scores: Scores, *, title: str | None = None, bands: bool = False, notes: AbstractSequence[str] = ()
) -> str:
    """Return the report as the text of an HTML document.

    Args:
        scores: trackers of different names, scored on the same sequences under one policy.
        title: None names the dataset.
        bands: draw 95 % bootstrap bands over sequences into the plots.
        notes: lines for the end of the report, beside the scores' own.

    Raises:
        DataError: no tracker, two of one name, or trackers scored on different sequences or policies.

    Book: chapter 13.
    """
    plots = _plots(scores, bands)
    ordered = by_score(scores)
    first = ordered[0]
    intro = (
        f"{_count(len(ordered), 'tracker')}, {_count(len(first.sequences), 'sequence')} of {first.dataset}, "
        f"{sum(one.frames for one in first.sequences)} frames. One pass from the true first box, "
        f"policy {first.policy.name}. Means are over sequences; intervals are 95 % bootstrap intervals "
        "over sequences."
    )
    parts = [
        html.paragraph(intro),
        html.section("Overall", _overall(ordered)),
        html.section("Success and precision", plots),
        *(html.section(heading, write(ordered)) for heading, write in SECTIONS.items()),
        html.section("How it was scored", _method(ordered, notes)),
    ]
    return html.page(title or f"Tracking results on {first.dataset}", "".join(parts))


def write_report(path: str | Path, text: str) -> None:
    """Write the report; a reader sees the whole file or what was there before.

    Raises:
        MissingDataError: as `check_report_path`, like the next.
        DataError: the file cannot be written.
    """
    check_report_path(path)
    try:
        write_whole(Path(path), text)
    except OSError as error:
        raise DataError(f"{path}: the report cannot be written there ({error.strerror})") from error


def check_report_path(path: str | Path) -> None:
    """Refuse a path that `write_report` could not write, before the work is done.

    Raises:
        MissingDataError: the folder to write in does not exist.
        DataError: the path is a folder, or its folder may not be written in.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise MissingDataError(f"{path}: the folder {path.parent} does not exist; make it first")
    if path.is_dir():
        raise DataError(f"{path}: expected the name of an HTML file to write, found a folder")
    if not os.access(path.parent, os.W_OK):
        raise DataError(f"{path}: no permission to write in {path.parent}; choose another --out")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _overall(scores: Scores) -> str:
    pixels = f"precision@{scores[0].policy.pixels:g}px"
    head = ["tracker", "AUC", "95 % interval", pixels, "95 % interval", "fps", "AUC minus the best's"]
    best = {measure: max(getattr(score, measure) for score in scores) for measure in MEASURES}
    rows = []
    for score in scores:
        cells = [Cell(score.tracker)]
        for measure in MEASURES:
            found = score.interval(measure)
            is_best = len(scores) > 1 and found.mean == best[measure]
            cells += [Cell(f"{found.mean:.4f}", found.mean, is_best), Cell(_ends(found))]
        cells += [Cell(_fps(score.fps)), Cell(_to_the_best(score, scores[0]))]
        rows.append(cells if len(scores) > 1 else cells[:-1])
    note = "Frames a second are as recorded in the runs, without decoding; compare those of one machine only."
    head = head if len(scores) > 1 else head[:-1]
    return html.table("Best first", head, rows) + html.paragraph(note, small=True)


def _ends(interval: Interval, sign: str = "") -> str:
    return f"[{interval.low:{sign}.4f}, {interval.high:{sign}.4f}]"


def _fps(fps: float | None) -> str:
    return "-" if fps is None else f"{fps:.1f}"


def _to_the_best(score: TrackerScore, best: TrackerScore) -> str:
    if score is best:
        return "-"
    difference = score.difference(best)
    return f"{difference.mean:+.4f} {_ends(difference, '+')}"


def _plots(scores: Scores, bands: bool) -> str:
    pictures = []
    for draw, measure in ((success_plot, "auc"), (precision_plot, "precision")):
        figure = draw(scores, bands=bands)
        lines = "; ".join(
            f"{score.tracker} {getattr(score, measure):.3f}" for score in by_score(scores, measure)
        )
        pictures.append(html.image(to_svg(figure), f"{figure.axes[0].get_title()}. {lines}"))
    shaded = " Shaded: 95 % bootstrap interval over sequences at each threshold." if bands else ""
    note = "In brackets: area under the success curve, and precision at the grey line." + shaded
    return f'<div class="figures">\n{"".join(pictures)}</div>\n' + html.paragraph(note, small=True)


def _attributes(scores: Scores) -> str:
    groups = [score.by_attribute() for score in scores]
    head = ["attribute", "", "sequences", *(score.tracker for score in scores)]
    tables = []
    for measure, title in MEASURES.items() if groups[0] else ():
        rows = []
        for name, group in groups[0].items():
            means = [float(each[name].values(measure).mean()) for each in groups]
            label = Cell(KNOBS.get(name, "").replace("_", " "), is_text=True)
            rows.append([Cell(name), label, Cell(str(len(group.sequences))), *_compared(means, 4)])
        tables.append(html.table(f"Mean {title} over the sequences with each attribute", head, rows))
    return "".join(tables)


def _compared(values: list[float], digits: int) -> list[Cell]:
    best = max(values) if len(values) > 1 else None
    return [Cell(f"{value:.{digits}f}", value, value == best) for value in values]


def _sequences(scores: Scores) -> str:
    """Return all trackers side by side, the sequence with the worst mean first, then each alone."""
    first = scores[0].sequences
    table = np.array([score.values("auc") for score in scores])
    rows = [
        [
            Cell(first[i].name),
            Cell(", ".join(first[i].attributes), is_text=True),
            Cell(str(first[i].frames)),
            *_compared(table[:, i].tolist(), 3),
        ]
        for i in np.argsort(table.mean(axis=0), kind="stable")
    ]
    head = ["sequence", "attributes", "frames", *(score.tracker for score in scores)]
    together = html.table("AUC, the sequence that is hardest for all trackers first", head, rows)
    return together + "".join(_one_tracker(score) for score in scores)


def _one_tracker(score: TrackerScore) -> str:
    ordered = sorted(score.sequences, key=lambda one: one.auc)
    rows = [
        [
            Cell(one.name),
            Cell(", ".join(one.attributes), is_text=True),
            Cell(str(one.frames)),
            Cell(f"{one.auc:.3f}", one.auc),
            Cell(f"{one.precision:.3f}", one.precision),
            Cell(_fps(one.fps)),
        ]
        for one in ordered
    ]
    head = ["sequence", "attributes", "frames", "AUC", f"precision@{score.policy.pixels:g}px", "fps"]
    worst = f"{score.tracker}: worst on {ordered[0].name} ({ordered[0].auc:.3f})"
    return html.details(worst, html.table(f"{score.tracker}, worst first", head, rows))


SECTIONS = {"By attribute": _attributes, "By sequence": _sequences}
"""The sections after the plots: a heading, and a function of the scores (best first) that returns HTML."""


def _method(scores: Scores, notes: AbstractSequence[str]) -> str:
    policy = asdict(scores[0].policy)
    rows = [[Cell(key.replace("_", " ")), Cell(str(value), is_text=True)] for key, value in policy.items()]
    lines = [f"{score.tracker}: {note}" for score in scores for note in score.notes] + list(notes)
    choices = html.table("Policy", ["choice", "value"], rows)
    version = html.paragraph(f"Written by udtlib {udtlib.__version__}.", small=True)
    return "".join(map(html.paragraph, lines)) + html.details("The policy in full", choices) + version
