"""Score the authors' released boxes on OTB-2015 and store what chapter 13 draws: curves, not boxes.

    python book/tools/published_results.py       where `published/` is among the outside data

- ``published_otb2015_curves.csv``: a row for each tracker and sequence; how many of its frames have an overlap
  above 0, 0.05, ..., 1 (``s0`` to ``s20``) and a centre error of at most 0, 1, ..., 50 px (``p0`` to ``p50``);
- ``published_otb2015_attributes.csv``: a row for each attribute and tracker: number of sequences, AUC with its
  interval, precision, the mean success curve; and UDT+ less UDT with its paired interval.

Policy otb-strict. These files are text made from text: the hardware does not matter.
"""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from udtlib.files import write_whole
from udtlib.data.locate import require_data
from udtlib.data.benchmarks.otb import load_annotations
from udtlib.evaluation import Interval, TrackerScore, score
from udtlib.evaluation.running.measured import commit

RESULTS = Path(__file__).resolve().parents[2] / "data" / "results"
FOLDERS = {"UDT": "udt_otb100", "UDT+": "udtplus_otb100"}
Rows = list[list[str | int]]


def load_scores() -> dict[str, TrackerScore]:
    """Return the scores of the released boxes, with attributes."""
    annotations = require_data("published/otb2015.json", "OTB-2015's annotations")
    targets = load_annotations(annotations)
    return {
        tracker: score(annotations.parent / folder, targets, tracker=tracker)
        for tracker, folder in FOLDERS.items()
    }


def curve_rows(scores: dict[str, TrackerScore]) -> Rows:
    """Return the header and a row for each tracker and sequence, in numbers of frames."""
    success = [f"s{k}" for k in range(21)]
    precision = [f"p{k}" for k in range(51)]
    rows: Rows = [["tracker", "sequence", "frames", *success, *precision]]
    for tracker, scored in scores.items():
        for one in scored.sequences:
            counts = np.concatenate([one.success, one.precision_curve]) * one.frames
            assert np.allclose(counts, counts.round(), atol=1e-6), one.name
            rows.append([tracker, one.name, one.frames, *counts.round().astype(int).tolist()])
    return rows


def attribute_rows(scores: dict[str, TrackerScore]) -> Rows:
    """Return the header and a row for each attribute and tracker, and for the trackers' difference."""
    rows: Rows = [
        [
            "attribute",
            "tracker",
            "sequences",
            "auc",
            "low",
            "high",
            "precision",
            *(f"s{k}" for k in range(21)),
        ]
    ]
    groups = {tracker: scored.by_attribute() for tracker, scored in scores.items()}
    for attribute in groups["UDT"]:
        parts = {tracker: group[attribute] for tracker, group in groups.items()}
        count = len(parts["UDT"].sequences)
        for tracker, part in parts.items():
            curve = [f"{value:.4f}" for value in part.success_curve]
            rows.append(
                [attribute, tracker, count, *digits(part.interval()), f"{part.precision:.4f}", *curve]
            )
        gap = parts["UDT+"].difference(parts["UDT"])
        rows.append([attribute, "UDT+ less UDT", count, *digits(gap), *[""] * 22])
    return rows


def digits(interval: Interval) -> list[str]:
    """Return mean and ends with four decimals."""
    return [f"{number:.4f}" for number in (interval.mean, interval.low, interval.high)]


def write(name: str, rows: Rows) -> None:
    """Write a table with its origin."""
    text = io.StringIO()
    text.write("# The authors' released result boxes, scored by udtlib.evaluation, policy otb-strict\n")
    text.write(
        f"# measured {datetime.now(UTC).date()} at commit {commit()} by book/tools/published_results.py; "
        "text files only, so the hardware does not matter\n"
    )
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_whole(RESULTS / name, text.getvalue())


if __name__ == "__main__":
    found = load_scores()
    write("published_otb2015_curves.csv", curve_rows(found))
    write("published_otb2015_attributes.csv", attribute_rows(found))
