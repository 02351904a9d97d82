"""The report's explorer: a table of sequences, the worst first, and what happened in the one chosen.

Book: chapter 13.
"""

import numpy as np

from udtlib.evaluation.report import html
from udtlib.evaluation.report.attribute_plots import long_name
from udtlib.evaluation.report.html import Cell
from udtlib.evaluation.report.material import Material, Panel, Scores, compared
from udtlib.evaluation.report.overlap_plot import thinned
from udtlib.evaluation.report.plots import Style, ranked_styles
from udtlib.evaluation.scoring.measures import MEASURES
from udtlib.evaluation.scoring.ope import Floats, SequenceScore
from udtlib.evaluation.scoring.scores import TrackerScore


def worst_first(scores: Scores) -> list[int]:
    """Return the places of the sequences, the worst first: by the first measure, mean over the trackers."""
    table = _table(scores)
    sign = -1 if MEASURES[scores[0].measures[0]].less_is_better else 1
    return [int(place) for place in np.argsort(sign * table.mean(axis=0), kind="stable")]


def _table(scores: Scores) -> Floats:
    """Return the protocol's first measure, ``(trackers, sequences)``."""
    return np.array([score.values(score.measures[0]) for score in scores])


def explorer(material: Material) -> str:
    """Return the table of all trackers side by side, and a panel a sequence where one is given."""
    scores, order = material.scores, worst_first(material.scores)
    table, measure = _table(scores), scores[0].measures[0]
    sequences = scores[0].sequences
    rows = [
        [
            Cell(sequences[i].name),
            Cell(", ".join(sequences[i].attributes), is_text=True),
            Cell(str(sequences[i].frames)),
            *compared(table[:, i].tolist(), 3, measure),
        ]
        for i in order
    ]
    head = ["sequence", "attributes", "frames", *(score.tracker for score in scores)]
    caption = f"{MEASURES[measure].title}, the sequence that is hardest for all trackers first"
    shown = bool(material.panels)
    made = html.table(caption, head, rows, opens=shown)
    if not shown:
        return made + _left_out(scores)
    hint = (
        "Choose a row, by click or with the arrow keys, to see that sequence; click a column's head to sort."
    )
    styles = ranked_styles(scores)
    contents = [_panel(scores, i, material.panels[sequences[i].name], styles) for i in order]
    return html.paragraph(hint, small=True) + made + html.panels(contents)


def _left_out(scores: Scores) -> str:
    if scores[0].protocol == "ope":
        return ""
    note = "Each sequence was run more than once: curves over its frames and strips are for OPE only."
    return html.paragraph(note, small=True)


def _panel(scores: Scores, place: int, panel: Panel, styles: dict[str, Style]) -> tuple[str, str]:
    """Return the title and the content of one sequence's panel."""
    ranked = sorted(scores, key=lambda score: -score.sequences[place].auc)
    one = scores[0].sequences[place]
    names = ", ".join(long_name(name) for name in one.attributes)
    entries = [
        (score.tracker, styles[score.tracker]["color"], f"{score.sequences[place].auc:.3f}")
        for score in ranked
    ]
    content = html.paragraph(names, small=True) if names else ""
    content += html.key(entries) + _strip(one, panel) + _curves(one, panel, ranked, styles)
    return one.name, content


def _strip(one: SequenceScore, panel: Panel) -> str:
    if panel.strip is None:
        return html.paragraph(panel.note or "No strip.", small=True)
    numbers = ", ".join(str(panel.start + index) for index in panel.frames)
    note = (
        f"Frames {numbers}: of each stretch, the one where the trackers differ most. "
        "Dashed in black and white: the true box."
    )
    return html.strip(panel.strip, f"{one.name}, frames {numbers}") + html.paragraph(note, small=True)


def _curves(one: SequenceScore, panel: Panel, ranked: list[TrackerScore], styles: dict[str, Style]) -> str:
    lines = []
    for score in reversed(ranked):  # the best on top
        places, values = thinned(panel.overlaps[score.tracker])
        lines.append((panel.start + places, values, styles[score.tracker]))
    span = (panel.start, panel.start + one.frames - 1)
    marks = [panel.start + index for index in panel.frames]
    chart = html.line_chart(lines, span, marks=marks, description=f"Overlap over the frames of {one.name}")
    note = "Overlap with the true box over the frames" + ("; grey: the frames above." if panel.strip else ".")
    return chart + html.paragraph(note, small=True)
