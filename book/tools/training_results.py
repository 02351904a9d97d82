"""From a folder of training runs to the small tables in data/results/ that chapter 11 prints.

    python book/tools/training_results.py collect ROOT [--commit HASH]
    python book/tools/training_results.py commands      print what makes all of it again, to be run in ROOT

ROOT holds what the commands write: ``runs/NAME`` (weights.safetensors, log.csv) for the shipped networks ``udt``
and ``udt-noise`` and for ``udt-long``, ``runs/table/VARIANT-sSEED`` for the ablation, and ``ev/NAME-DATASET``, the
evaluations, where NAME is a run's, ``udt-STEPS`` or ``udt-long-STEPS`` for weights that ``udt train --keep`` left on
the way, or ``random-sSEED``. The tables, each with a JSON file beside it (commit, hardware, date, the command of each run):

- ``training_runs.csv``: variant, seed, dataset, sequence, score;
- ``training_steps.csv``: the scores of ``udt`` and ``udt-long`` on their way;
- ``training_curves.csv``: loss and learning rate along the runs of the two and of ``udt-noise``, thinned.

What has no evaluation yet is named and left out; a table without any is left as it is.
"""

import argparse
import json
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kept import write_csv
from udtlib.data import load_dataset
from udtlib.evaluation.running.measured import provenance
from udtlib.evaluation.results.records import read_record
from udtlib.evaluation.scoring.scores import TrackerScore, score
from udtlib.training.log import read_log
from udtlib.training.settings import VARIANTS
from udtlib.weights import load_weights

RESULTS = Path(__file__).resolve().parents[2] / "data" / "results"
FOLLOWED = ("udt", "udt-long")  # runs whose networks on the way are measured too
RUNS = (*FOLLOWED, "udt-noise")
POINTS = 120  # of a curve
KEPT = ("command", "settings", "data", "hardware", "wall time", "final loss", "steps")
ON_THE_WAY = re.compile(r"(udt|udt-long)-(\d+)")
TABLE = re.compile(rf"({'|'.join(map(re.escape, (*VARIANTS, 'random')))})-s(\d+)")

Scores = dict[tuple[str, str], TrackerScore]
Row = dict[str, Any]


# --- evaluations ---


def evaluations(root: Path) -> dict[tuple[str, str], Path]:
    """Return the folders of result files in ``root``, by the name of what was evaluated and the dataset."""
    found: dict[tuple[str, str], Path] = {}
    for folder in sorted({path.parent for path in root.glob("*/*/*.txt")}):
        record = read_record(min(folder.glob("*.txt"))) or {}
        dataset = record.get("dataset")
        if isinstance(dataset, str):
            found[folder.parent.name.removesuffix(f"-{dataset}"), dataset] = folder
    return found


def score_all(folders: Mapping[tuple[str, str], Path], otb: str | None) -> Scores:
    """Return all scores; an evaluation that is not finished is named and left out."""
    roots = {"otb": otb}
    datasets = {name: load_dataset(name, roots.get(name)) for name in sorted({d for _, d in folders})}
    found: Scores = {}
    for (name, dataset), folder in folders.items():
        missing = len(datasets[dataset]) - len(list(folder.glob("*.txt")))
        if missing > 0:
            print(f"{folder}: {missing} sequences are missing, left out", file=sys.stderr)
        else:
            found[name, dataset] = score(folder, datasets[dataset], dataset=dataset)
    return found


def weights_of(root: Path, name: str) -> Path:
    """Return where the weights lie that are evaluated under ``name``."""
    kept = ON_THE_WAY.fullmatch(name)
    if kept:
        return root / "runs" / kept[1] / f"weights-{kept[2]}.safetensors"
    return root / "runs" / ("table" if TABLE.fullmatch(name) else "") / name / "weights.safetensors"


def is_stale(root: Path, name: str, folder: Path) -> bool:
    """Say whether an evaluation is older than the weights it is of."""
    weights = weights_of(root, name)
    oldest = min(path.stat().st_mtime for path in folder.glob("*.txt"))
    return weights.exists() and oldest < weights.stat().st_mtime


# --- the tables ---


def score_columns(scored: TrackerScore) -> dict[str, str]:
    """Return AUC with its interval, and precision, as text."""
    auc = scored.interval("auc")
    names = ("auc", "auc_low", "auc_high", "precision")
    numbers = (auc.mean, auc.low, auc.high, scored.precision)
    return {name: f"{number:.4f}" for name, number in zip(names, numbers, strict=True)}


def run_rows(scores: Scores) -> list[Row]:
    """Return a row for each variant, seed, dataset and sequence."""
    rows = []
    for (name, dataset), scored in sorted(scores.items()):
        match = TABLE.fullmatch(name)
        for each in scored.sequences if match else ():
            assert match
            place = {"variant": match[1], "seed": match[2], "dataset": dataset, "sequence": each.name}
            rows.append(place | {"auc": f"{each.auc:.4f}", "precision": f"{each.precision:.4f}"})
    return sorted(rows, key=lambda row: [*VARIANTS, "random"].index(row["variant"]))


def step_rows(scores: Scores, ends: Mapping[str, int]) -> list[Row]:
    """Return a row for each network kept on the way of a run, and each dataset.

    ``ends`` gives the steps of whole runs: the network at the end of one is a row too.
    """
    found: dict[tuple[str, str, int], TrackerScore] = {}
    for (name, dataset), scored in scores.items():
        kept = ON_THE_WAY.fullmatch(name)
        if kept:
            found[kept[1], dataset, int(kept[2])] = scored
        elif name in ends:
            found[name, dataset, ends[name]] = scored
    return [
        {"run": run, "steps": steps, "dataset": dataset} | score_columns(scored)
        for (run, dataset, steps), scored in sorted(found.items())
    ]


def curve_rows(name: str, log: Path, points: int = POINTS) -> list[Row]:
    """Return about ``points`` rows of a run's log: the mean loss up to each step since the one before."""
    lines = read_log(log)
    rows = []
    for group in np.array_split(np.arange(len(lines)), min(points, len(lines))):
        last = lines[group[-1]]
        loss, speed = (
            np.array([float(lines[index][key]) for index in group]) for key in ("loss", "triplets_per_second")
        )
        row = {"run": name, "step": last["step"], "loss": f"{loss.mean():.4f}"}
        row["learning_rate"] = f"{float(last['learning_rate']):.3e}"
        rows.append(row | {"triplets_per_second": f"{np.median(speed):.1f}", "seconds": last["seconds"]})
    return rows


# --- what stands beside them ---


def about_run(weights: Path) -> dict[str, str]:
    """Return what the card of a run says, the command without paths of the machine."""
    card = load_weights(weights).card if weights.exists() else {}
    known = {key: card[key] for key in KEPT if key in card}
    if "command" in known:
        known["command"] = plain_command(known["command"])
    return known


def plain_command(command: str) -> str:
    """Return a command with each path from the root, or from above, cut to its last part."""
    words = [Path(word).name if word.startswith(("/", "..")) else word for word in shlex.split(command)]
    return shlex.join(words)


def write_rows(path: Path, rows: Sequence[Row], about: Mapping[str, Any]) -> None:
    """Write ``FILE.csv`` and ``FILE.json`` beside it; without rows leave them as they are."""
    if not rows:
        print(f"{path}: nothing to write, left as it is")
        return
    columns = list(rows[0])
    write_csv(path, [columns, *([row[name] for name in columns] for row in rows)], about)
    print(f"{path}: {len(rows)} rows")


def collect(arguments: argparse.Namespace) -> None:
    """Write the three tables."""
    root, out = arguments.root, arguments.out
    folders = evaluations(root / "ev")
    for key in [key for key, folder in folders.items() if is_stale(root, key[0], folder)]:
        print(
            f"{folders.pop(key)}: older than its weights, left out: remove it, evaluate again",
            file=sys.stderr,
        )
    scores = score_all(folders, arguments.otb)
    measured = provenance("make results-training") | (
        {"commit": arguments.commit} if arguments.commit else {}
    )

    def about(names: set[str]) -> dict[str, Any]:
        return measured | {"runs": {name: about_run(weights_of(root, name)) for name in sorted(names)}}

    variants = {name for name, _ in scores if TABLE.fullmatch(name)}
    write_rows(out / "training_runs.csv", run_rows(scores), about(variants))
    steps = {name: about_run(weights_of(root, name)).get("steps") for name in FOLLOWED}
    ends = {name: int(number) for name, number in steps.items() if number}
    kept = {name for name, _ in scores if ON_THE_WAY.fullmatch(name)}
    write_rows(out / "training_steps.csv", step_rows(scores, ends), about(kept))
    logs = {name: root / "runs" / name / "log.csv" for name in RUNS}
    curves = [row for name, log in logs.items() if log.exists() for row in curve_rows(name, log)]
    write_rows(out / "training_curves.csv", curves, about({name for name in logs if logs[name].exists()}))


def command_lines(results: Path = RESULTS) -> list[str]:
    """Return the commands that train and evaluate again what the stored tables hold; run them in ROOT."""
    train, evaluate = [], []
    for table in ("curves", "runs", "steps"):
        path = results / f"training_{table}.json"
        for name, about in json.loads(path.read_text("utf-8"))["runs"].items() if path.exists() else ():
            weights = weights_of(Path(), name)
            if name.startswith("random-s"):
                train.append(f"{shlex.quote(sys.executable)} -c {shlex.quote(random_network(name))}")
            elif table != "steps" and "command" in about:
                train.append(f"[ -e {weights} ] || {about['command']}")
            evaluate += [
                f"udt evaluate --tracker udt-released --option weights={weights} --dataset {dataset} "
                f"--out ev/{name}-{dataset}"
                for dataset in ("synthetic", "otb")
            ]
    return [*train, *evaluate]


def random_network(name: str) -> str:
    """Return the Python line that writes the untrained network of ``random-sSEED``."""
    weights = weights_of(Path(), name)
    return (
        "from pathlib import Path; from udtlib.weights import random_weights, save_weights; "
        f"Path({str(weights.parent)!r}).mkdir(parents=True, exist_ok=True); "
        f"save_weights({str(weights)!r}, random_weights({name.removeprefix('random-s')}))"
    )


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    one = actions.add_parser("collect")
    one.add_argument("root", type=Path, metavar="ROOT")
    one.add_argument("--otb", metavar="DIR", help="the ten sequences (default: where found)")
    one.add_argument("--commit", help="that the runs were made with, if not this one")
    one.add_argument("--out", type=Path, default=RESULTS, metavar="DIR")
    actions.add_parser("commands")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the two actions."""
    arguments = parse(argv)
    if arguments.action == "commands":
        print(*command_lines(), sep="\n")
    else:
        collect(arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
