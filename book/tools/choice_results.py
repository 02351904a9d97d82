"""Measure what can tell two networks apart: `make results-choice`; by attributes: `make results-attributes`.

    python book/tools/choice_results.py --real DIR --out RUN --table FILE.json [--network NAME=FILE ...]

Every network runs in the released tracker (``points`` and ``book``: the shipped one in the presets of these names) from
`STARTS` anchors of each sequence in DIR, which are laid out as OTB's are, towards the farther end
(`udtlib.evaluation.anchors`), in bfloat16, frames without a target left out. The table has, for each sequence, the mean
overlap of the whole run, its robustness, and the mean overlap of the first `HORIZONS` frames after a start; the
sequences' attributes, where they have some; and what the preset ``book`` costs, in milliseconds of processor time a
frame.

Resumable, as `udt evaluate` is. The authors' networks are measured where they are found among the outside data, and
``--network`` adds others, such as further seeds of a recipe; a network measured before stays in the table if it is not
there this time, as long as the sequences are the same.
"""

import argparse
import json
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ingredient_results import prices

from kept import write_json
from udtlib.boxes import Boxes
from udtlib.data import find_data, load_dataset
from udtlib.data.sequences import FrameSlice, Sequence
from udtlib.evaluation import evaluate
from udtlib.evaluation.anchors import anchors
from udtlib.evaluation.results.files import load_results
from udtlib.evaluation.running.measured import commit, provenance, weights_by_name
from udtlib.evaluation.scoring.anchors import anchor_measures, run_overlaps
from udtlib.evaluation.scoring.policy import load_policy
from udtlib.trackers import load_tracker
from udtlib.weights import random_weights, save_weights

STARTS = 3
HORIZONS = (1, 2, 4, 8, 16, 32, 64)
AUTHORS = {
    "authors' UDT": "weights/UDT_Unsupervised.mat",
    "authors' DCFNet": "weights/UDT_Supervised.mat",
    "authors' LUDT": "weights/LUDT_model.mat",
}
PRESENT = replace(load_policy("otb-strict"), absent="exclude")

Row = dict[str, Any]


def contenders(out: Path, given: AbstractSequence[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Return the tracker's options by the name of what is measured; ``given`` are further names and files."""
    found: dict[str, dict[str, str]] = {
        "udt": {"weights": "udt"},
        "points": {"weights": "udt", "preset": "points"},
        "book": {"weights": "udt", "preset": "book"},
        "random": {"weights": "random"},
    }
    for name, file in AUTHORS.items():
        path_found = find_data(file)
        if path_found:
            found[name] = {"weights": str(path_found)}
    found["udt-noise"] = {"weights": "udt-noise"}
    for seed in (1, 2):
        path = out / f"random-{seed}.safetensors"
        save_weights(path, random_weights(seed))
        found[f"random-{seed}"] = {"weights": str(path)}
    found |= {name: {"weights": file} for name, file in given}
    return {name: {"preset": "released", "dtype": "bfloat16"} | options for name, options in found.items()}


def runs_of(sequence: Sequence) -> list[Sequence]:
    """Return the runs from the anchors of a sequence, each as a sequence of its own."""
    height, width = sequence.frames[0].shape[:2]
    found = []
    for place, anchor in enumerate(anchors(sequence.boxes, height, width, STARTS), start=1):
        order = anchor.frames(len(sequence.frames))
        frames = FrameSlice(sequence.frames, order)
        boxes = sequence.boxes[list(order)]
        found.append(replace(sequence, name=f"{sequence.name}-{place}", frames=frames, boxes=boxes))
    return found


def measures(folder: Path, sequences: AbstractSequence[Sequence]) -> dict[str, Row]:
    """Return overlap, robustness and the mean overlaps up to each horizon, by sequence."""
    found = {}
    for sequence in sequences:
        runs = runs_of(sequence)
        results = load_results(folder, runs, dataset="otb")
        pairs = [(results[run.name].boxes, run.boxes) for run in runs]
        numbers, _ = anchor_measures(pairs, PRESENT)
        early = [early_overlap(pairs, frames) for frames in HORIZONS]
        found[sequence.name] = {
            **{name: round(number, 4) for name, number in numbers.items()},
            "early": [round(number, 4) for number in early],
        }
    return found


def of_network(
    name: str, options: dict[str, str], sequences: AbstractSequence[Sequence], out: Path, jobs: int = 1
) -> Row:
    """Return what the table has of a network, its runs kept in a folder of ``out``."""
    runs = [run for sequence in sequences for run in runs_of(sequence)]
    plain = name.replace("' ", "-")
    score = evaluate("udt", runs, out, dataset="otb", name=plain, options=options, jobs=jobs, progress=True)
    if score.failed:
        raise SystemExit(f"{name}: {dict(score.failed)}")
    return {
        "weights": weights_by_name({name: load_tracker("udt", **options)})[name],
        "preset": options["preset"],
        "commit": commit(),
        "sequences": measures(out / plain, sequences),
    }


def early_overlap(pairs: AbstractSequence[tuple[Boxes, Boxes]], frames: int) -> float:
    """Return the mean overlap of the first ``frames`` frames after the start, of each run, averaged over runs."""
    each = [run_overlaps(*pair)[1 : frames + 1] for pair in pairs]
    return float(np.mean([np.nanmean(one) for one in each if np.isfinite(one).any()]))


def kept(table: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what an earlier table has of the same sequences: ``networks``, ``ms``, and where these were ``priced``."""
    document = json.loads(table.read_text("utf-8")) if table.exists() else {}
    same = all(document.get(key) == value for key, value in facts.items())
    return {key: document[key] for key in ("networks", "ms", "priced") if same and key in document}


def parser_of(text: str | None, networks: bool = True) -> argparse.ArgumentParser:
    """Return the parser of a tool that measures on the sequences in a folder, maybe ``networks`` that are named."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--real", metavar="DIR", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--table", required=True, type=Path, metavar="FILE.json")
    if networks:
        parser.add_argument("--network", nargs="+", default=[], type=named_file, metavar="NAME=FILE")
    return parser


def named_file(text: str) -> tuple[str, str]:
    """Return the two parts of ``NAME=FILE``."""
    name, _, file = text.partition("=")
    if not name or not file:
        raise argparse.ArgumentTypeError(f"expected NAME=FILE, found {text!r}")
    return name, file


def main() -> None:
    """Run what is missing and write the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure these alone")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    sequences = load_dataset("otb", str(arguments.real))
    names, frames = [one.name for one in sequences], sum(len(one.frames) for one in sequences)
    runs = [run for sequence in sequences for run in runs_of(sequence)]
    facts = {"frames": frames, "starts": len(runs), "horizons": list(HORIZONS), "sequences": names}
    attributes = {one.name: list(one.attributes) for one in sequences if one.attributes}
    facts |= {"attributes": attributes} if attributes else {}
    measured = provenance(f"make results-{'attributes' if attributes else 'choice'}", arguments.jobs)
    before = kept(arguments.table, facts)
    networks = before.get("networks", {})
    ms = before.get("ms") or prices({name: (name, {}) for name in ("udt-released", "udt")})
    for name, options in contenders(arguments.out, arguments.network).items():
        if arguments.only and name not in arguments.only:
            continue
        networks[name] = of_network(name, options, sequences, arguments.out, arguments.jobs)
        document = measured | {
            "what": "overlap and robustness from anchors; mean overlap of the first frames after a start",
            **facts,
            "ms": ms,
            "priced": before.get("priced") or measured,
            "networks": networks,
        }
        write_json(arguments.table, document)


if __name__ == "__main__":
    main()
