"""Measure what chapter 14 draws of VOT: `make results-vot`, where `published/` and `vot/` are among the outside data.

    python book/tools/vot_results.py [TABLE ...]      some of the three tables; none means all

- ``published_vot2016``: how often the authors' UDT and UDT+ failed in each sequence and repetition of VOT2016, counted
  in their raw results;
- ``published_vot2018``: SiamCAR's expected overlap curve on VOT2018 from its raw results and the true regions, and its
  accuracy, failures and EAO;
- ``vot_ball1``: trackers of the book on VOT's sequence ball1, in one pass and with restarts.

Each table is a CSV file; the JSON file beside it says how it was made. The first two are text made from text, so
hardware does not matter to them.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tracker_results import contenders

from kept import write_csv
from udtlib.data.benchmarks.vot import load_vot_truth
from udtlib.data.locate import require_data
from udtlib.data.registry import load_dataset
from udtlib.data.sequences import Sequence
from udtlib.evaluation import score_sequence, track_sequence
from udtlib.evaluation.running.measured import provenance, weights_by_name
from udtlib.evaluation.running.resets import track_supervised
from udtlib.evaluation.scoring.expected_overlap import segments
from udtlib.evaluation.scoring.supervised import accuracy, supervised_run
from udtlib.evaluation.scoring.vot import VotScore
from udtlib.evaluation.scoring.vot_results import score_vot
from udtlib.trackers import load_tracker

RESULTS = Path(__file__).resolve().parents[2] / "data" / "results"
FOLDERS = {"UDT": "udt_vot2016", "UDT+": "udtplus_vot2016"}
LONGEST = 400
"""Frames up to which the curve is stored: VOT2018's interval ends at 356."""

Rows = list[list[str | int]]
Table = tuple[Rows, dict[str, Any]]


def failure_table(scores: dict[str, VotScore]) -> Table:
    """Return a row for each sequence: its frames, and each tracker's failures in every repetition."""
    first = next(iter(scores.values()))
    repetitions = len(next(iter(first.runs.values())))
    columns = [f"{tracker} {k}" for tracker in scores for k in range(1, repetitions + 1)]
    rows: Rows = [["sequence", "frames", *columns]]
    for name, runs in first.runs.items():
        counts = [len(run.failures) for score in scores.values() for run in score.runs[name]]
        rows.append([name, len(runs[0]), *counts])
    totals = {tracker: round(score.failures, 4) for tracker, score in scores.items()}
    return rows, {"what": "failures in VOT2016, counted in the authors' raw results", "failures": totals}


def curve_table(score: VotScore) -> Table:
    """Return a row for each number of frames: the expected overlap, and how many segments it averages."""
    parts = [part for run in score.all_runs for part in segments(run)]
    rows: Rows = [["frames", "overlap", "segments"]]
    for frames in range(1, min(LONGEST, len(score.curve) - 1) + 1):
        known = sum(part.failed or frames < len(part) for part in parts)
        rows.append([frames, f"{score.curve[frames]:.5f}", known])
    numbers = {name: round(getattr(score, name), 5) for name in ("accuracy", "failures", "eao")}
    counts = {"segments": len(parts), "failed": sum(part.failed for part in parts)}
    return rows, {"what": f"{score.tracker} on VOT{score.year}, from its raw results"} | numbers | counts


def sequence_table(sequence: Sequence) -> Table:
    """Return a row for each tracker of the book: AUC of one pass; accuracy and failures with restarts."""
    rows: Rows = [["tracker", "auc", "accuracy", "failures"]]
    made = {name: load_tracker(tracker, **options) for name, (tracker, options) in contenders().items()}
    failed = {}
    for name, tracker in made.items():
        boxes, _ = track_sequence(tracker, sequence)
        regions, _ = track_supervised(tracker, sequence)
        run = supervised_run(regions, sequence)
        failed[name] = run.failures.tolist()
        auc = score_sequence(boxes, sequence.boxes).auc
        rows.append([name, f"{auc:.4f}", f"{accuracy(run):.4f}", len(failed[name])])
    moves = np.linalg.norm(np.diff(sequence.boxes[:, :2] + sequence.boxes[:, 2:] / 2, axis=0), axis=1)
    facts = {
        "what": f"trackers of the book on VOT's {sequence.name}: one pass, and with restarts",
        "frames": len(sequence.boxes),
        "size": np.round(sequence.boxes[:, 2:].mean(0), 1).tolist(),
        "move_mean": round(float(moves.mean()), 1),
        "move_most": round(float(moves.max()), 1),
        "failed_in_frame": failed,
        "weights": weights_by_name(made),
    }
    return rows, facts


def published_vot2016() -> Table:
    """Return the failures of UDT and UDT+."""
    folder = require_data("published", "the released results")
    scores = {
        tracker: score_vot(folder / name, None, year=2016, tracker=tracker)
        for tracker, name in FOLDERS.items()
    }
    return failure_table(scores)


def published_vot2018() -> Table:
    """Return SiamCAR's curve."""
    folder = require_data("published", "the released results")
    truth = load_vot_truth(folder / "vot2018.json")
    return curve_table(score_vot(folder / "siamcar_vot2018", truth, year=2018, tracker="SiamCAR"))


def vot_ball1() -> Table:
    """Return what the trackers do on ball1."""
    root = require_data("vot", "VOT's sequences with images")
    (sequence,) = (one for one in load_dataset("vot", root) if one.name == "ball1")
    return sequence_table(sequence)


TABLES: dict[str, Callable[[], Table]] = {
    "published_vot2016": published_vot2016,
    "published_vot2018": published_vot2018,
    "vot_ball1": vot_ball1,
}


def write(name: str, table: Table) -> None:
    """Write a table, and beside it the JSON file that says how it was made."""
    rows, facts = table
    write_csv(RESULTS / f"{name}.csv", rows, provenance("make results-vot") | facts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE")
    for chosen in parser.parse_args().tables or TABLES:
        write(chosen, TABLES[chosen]())
