"""The second outcome of an experiment, AUC from several starts: `make results-experiments-starts`.

    python book/tools/second_results.py --sets NAME=DIR ... --runs RUN --experiment NAME --out KEPT --table FILE.csv

RUN is a folder of `udt experiment run`. Each network in it that belongs to the experiment tracks other sequences than
those that decided: every set of sequences, their first `FRAMES` frames, from `STARTS` boxes a hair beside the true one
(`udtlib.evaluation.inexact`), with patches as large as in its training. The set ``synthetic`` is the embedded benchmark
and needs no DIR; others are laid out as OTB is. The tracker has the preset ``released`` at every scale, because the
points that the preset ``points`` follows are the same for every network.

Resumable: KEPT has a file for each network and sequence, which counts for the same sequence and code.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kept import code_of, content_of, measured, write_csv
from udtlib.data import load_dataset
from udtlib.data.sequences import Sequence as TestSequence
from udtlib.evaluation.protocols import protocol_runs
from udtlib.evaluation.running.measured import provenance
from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.evaluation.scoring.ope import score_sequence
from udtlib.experiments.catalogue import EXPERIMENTS
from udtlib.experiments.declared import Arm, Scale
from udtlib.experiments.runs import first_weights
from udtlib.experiments.verdicts import read_results
from udtlib.printing import say
from udtlib.trackers import load_tracker
from udtlib.training import WEIGHTS
from udtlib.weights import Weights, load_weights

STARTS, FRAMES = 3, 40
PRESET, DTYPE = "released", "bfloat16"  # bfloat16 gives the boxes of float32
COLUMNS = ("set", "arm", "seed", "sequence", "auc")


def network(result: dict[str, Any], runs: Path) -> Weights:
    """Return the weights of a run, trained or drawn.

    Raises:
        SystemExit: the folder's are not those that the result was made with.
    """
    arm, scale = Arm(**result["arm"]), Scale(**result["scale"])
    folder = runs / f"{arm.name}-s{result['seed']}"
    found = load_weights(folder / WEIGHTS) if arm.trained else first_weights(arm, result["seed"], scale)
    if found.fingerprint != result["weights"]:
        raise SystemExit(f"{folder}: expected weights {result['weights']}, found {found.fingerprint}")
    return found


def scores(weights: Weights, patch: int, sequence: TestSequence) -> dict[str, list[float]]:
    """Return the AUC from each start in a sequence."""
    tracker = load_tracker("udt", weights=weights, preset=PRESET, dtype=DTYPE, patch_size=patch)
    parts = [part for _, part in protocol_runs(sequence, "starts", STARTS)]
    return {"auc": [score_sequence(track_sequence(tracker, one)[0], one.boxes).auc for one in parts]}


def begun(sequence: TestSequence) -> TestSequence:
    """Return a sequence's first frames, decoded, for many networks to track."""
    truth = sequence.boxes[:FRAMES]
    return replace(
        sequence, frames=[np.asarray(sequence.frames[k]) for k in range(len(truth))], boxes=truth, regions=()
    )


def rows(
    name: str, sequences: Sequence[TestSequence], results: list[dict[str, Any]], runs: Path, out: Path
) -> list[tuple[str, ...]]:
    """Return a row for each network and sequence of a set, measuring those that are not kept."""
    networks = [(one, network(one, runs)) for one in results]
    made: dict[str, Any] = {"starts": STARTS, "frames": FRAMES, "preset": PRESET, "dtype": DTYPE}
    made["code"] = code_of(protocol_runs, track_sequence, score_sequence, load_tracker("udt").update)
    content, found = content_of(sequences), []
    for sequence in sequences:
        say(f"{name}: {sequence.name}")
        decoded = begun(sequence)
        for result, weights in networks:
            patch = result["scale"]["patch"]
            made_of = made | {
                "weights": weights.fingerprint,
                "patch": patch,
                "content": content[sequence.name],
            }
            path = out / name / sequence.name / f"{weights.fingerprint}-{patch}.json"
            each = measured(path, made_of, partial(scores, weights, patch, decoded))["auc"]
            run = result["arm"]["name"], str(result["seed"])
            found.append((name, *run, sequence.name, f"{np.mean(each):.4f}"))
    return found


def main() -> None:
    """Measure what is missing and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sets", nargs="+", required=True, metavar="NAME=DIR")
    parser.add_argument("--experiment", required=True, metavar="NAME")
    parser.add_argument("--runs", required=True, type=Path, metavar="RUN")
    parser.add_argument("--out", required=True, type=Path, metavar="KEPT")
    parser.add_argument("--table", required=True, type=Path, metavar="FILE.csv")
    arguments = parser.parse_args()
    origin, arms = provenance("make results-experiments-starts"), EXPERIMENTS[arguments.experiment].arms
    names = [arm.name for arm in arms]
    results = [one for one in read_results(arguments.runs) if one["arm"]["name"] in names]
    table: list[tuple[str, ...]] = [COLUMNS]
    for given in arguments.sets:
        name, _, folder = given.partition("=")
        sequences = list(load_dataset("otb", folder) if folder else load_dataset(name))
        table += rows(name, sequences, results, arguments.runs, arguments.out)
    about = origin | {
        "what": f"AUC over {FRAMES} frames from {STARTS} starts, preset {PRESET}, of the networks of an experiment",
        "scale": results[0]["scale"],
        "weights of the runs": {f"{one['arm']['name']}-s{one['seed']}": one["weights"] for one in results},
    }
    write_csv(arguments.table, table, about)


if __name__ == "__main__":
    main()
