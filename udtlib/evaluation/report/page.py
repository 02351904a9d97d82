"""A report of several trackers on one dataset as one HTML file that needs nothing else, no network.

The page is a list of sections (`SECTIONS`), each a function of the same `Material`; a section without
anything to say leaves itself out. Book: chapter 13.
"""

import os
from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from pathlib import Path
from typing import Any

from udtlib.errors import DataError
from udtlib.evaluation.report import html
from udtlib.evaluation.report.explorer import explorer
from udtlib.evaluation.report.material import Panel, count
from udtlib.evaluation.report.plots import by_score, check_comparable
from udtlib.evaluation.report.sections import (
    Material,
    attributes,
    by_tracker,
    method,
    origin,
    overall,
    plots,
    since_the_start,
)
from udtlib.evaluation.scoring.scores import TrackerScore
from udtlib.files import check_folder_of, is_special, user_path, write_whole

SECTIONS = {
    "Overall": overall,
    "Overlap since the start": since_the_start,
    "Success and precision": plots,
    "By attribute": attributes,
    "By sequence": explorer,
    "By tracker": by_tracker,
    "How it was scored": method,
    "Where the numbers come from": origin,
}
"""The sections: a heading, and a function of the `Material` that returns HTML."""

STARTS = {
    "ope": "One pass from the true first box (OPE)",
    "tre": "Temporal robustness (TRE): started at up to 20 frames spread over each sequence",
    "sre": "Spatial robustness (SRE): started from 12 inexact first boxes in each sequence",
    "starts": "One pass from each of several first boxes, the true one and others moved by up to one pixel "
    "and scaled by up to 1 %; ± is the standard deviation over these starts",
    "anchors": "Runs from anchors: up to seven start frames in each sequence, from each to the farther end",
    "resets": "Runs with resets: started again from the true box after every failure",
    "vot": "VOT's supervised experiment: started again after every failure, repeated up to 15 times",
    "shift": "Shift test: the target alone is moved in up to seven still frames of each sequence",
}


def html_report(
    scores: AbstractSequence[TrackerScore],
    *,
    title: str | None = None,
    bands: bool = False,
    notes: AbstractSequence[str] = (),
    panels: Mapping[str, Panel] | None = None,
    origins: Mapping[str, AbstractSequence[Mapping[str, Any]]] | None = None,
    written: Mapping[str, Any] | None = None,
) -> str:
    """Return the report as the text of an HTML document.

    Args:
        scores: trackers of different names, scored on the same sequences under one policy.
        title: None names the dataset.
        bands: draw 95 % bootstrap bands over sequences into the plots.
        notes: lines for "How it was scored", beside the scores' own.
        panels: what to show of a sequence, by its name.
        origins: where each tracker's boxes were made (`udtlib.evaluation.results.runs.recorded_origins`).
        written: where the report is (`udtlib.evaluation.running.measured.provenance`).

    Raises:
        DataError: no tracker, two of one name, or trackers scored on different sequences or policies.

    Book: chapter 13.
    """
    check_comparable(scores)
    material = Material(by_score(scores), bands, notes, panels or {}, origins or {}, written or {})
    first = material.scores[0]
    over = "the frames of all sequences alike" if first.policy.pool == "frames" else "sequences"
    intro = (
        f"{count(len(scores), 'tracker')}, {count(len(first.sequences), 'sequence')} of {first.dataset}, "
        f"{sum(one.frames for one in first.sequences)} frames. {STARTS[first.protocol]}, "
        f"policy {first.policy.name}. Means are over {over}; intervals are 95 % bootstrap intervals "
        "over sequences."
    )
    parts = [html.section(heading, write(material)) for heading, write in SECTIONS.items()]
    return html.page(title or f"Tracking results on {first.dataset}", html.paragraph(intro) + "".join(parts))


def write_report(path: str | Path, text: str) -> None:
    """Write the report; a reader sees the whole file or what was there before.

    Raises:
        MissingDataError: as `check_report_path`, like the next.
        DataError: the path is a folder, or its folder may not be written in.
        StorageError: the file cannot be written; what was there is as it was.
    """
    check_report_path(path)
    write_whole(path, text)


def check_report_path(path: str | Path) -> None:
    """Refuse a path that `write_report` could not write, before the work is done.

    Raises:
        MissingDataError: the folder to write in does not exist.
        DataError: the path is a folder, or its folder may not be written in.
    """
    path = user_path(path)
    if is_special(path):
        return
    check_folder_of(path)
    if path.is_dir():
        raise DataError(f"{path}: expected the name of an HTML file to write, found a folder")
    if not os.access(path.parent, os.W_OK):
        raise DataError(f"{path}: no permission to write in {path.parent}; choose another --out")
