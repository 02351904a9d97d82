"""From folders of training runs to the small tables in data/results/ that chapter 11 prints.

    python book/tools/training_results.py collect --table DIR --recipes DIR --steps DIR --shipped NAME=DIR
    python book/tools/training_results.py random DIR --seeds 0 1 2     untrained networks, the table's last rows
    python book/tools/training_results.py commands                     print what makes all of it again

A run is a folder with ``weights.safetensors`` (and ``log.csv``); its card says what was asked for. An
evaluation is a folder of result files of ``udt evaluate --option weights=FILE``: the record beside each
result names FILE, and so the run. ``collect`` makes only the tables whose folders are named:

- ``training_runs.csv`` (--table: one run for each variant and seed): a row a run, dataset and sequence;
- ``training_recipes.csv`` (--recipes: short runs, one a recipe): a row a recipe, synthetic sequences only; what
  a recipe is, in words, from --notes, lines of a name, a tab and the words;
- ``training_steps.csv`` (--steps: runs of ``udt train --keep``): a row for each network kept and a dataset;
- ``training_curves.csv`` (--shipped, may be repeated): loss and learning rate along the run, thinned.

Beside each is a JSON file: commit, hardware, date, command, and for each run the command that made it.
"""

import argparse
import csv
import io
import json
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from udtlib.data import load_dataset
from udtlib.data.box_files import write_whole
from udtlib.evaluation.measured import provenance
from udtlib.evaluation.results import read_record
from udtlib.evaluation.scores import TrackerScore, score
from udtlib.training_log import read_log
from udtlib.weights import Weights, load_weights, random_weights, save_weights

RESULTS = Path(__file__).resolve().parents[2] / "data" / "results"
CACHE = "runs/training/patches.raw"
FINISHED = "weights.safetensors"
POINTS = 120  # of a curve
SETTINGS = (
    *("optimiser", "first_rate", "last_rate", "schedule", "warm_up", "momentum", "weight_decay"),
    *("batch", "triplets", "augment", "backward", "form"),
)
KEPT = ("name", "command", "settings", "data", "hardware", "wall time", "final loss", "steps")


@dataclass(frozen=True)
class TrainedRun:
    """Weights on disk, and how they were evaluated.

    Attributes:
        name: the folder's, or for weights kept on the way the file's.
        weights: with their card.
        folder: of the run.
        scores: by dataset.
    """

    name: str
    weights: Weights
    folder: Path
    scores: Mapping[str, TrackerScore]

    @property
    def settings(self) -> dict[str, str]:
        """What the card says was asked for, by name."""
        text = self.weights.card.get("settings", "").partition(", data=")[0]
        pairs = dict(part.split("=", 1) for part in text.split(", ") if "=" in part)
        scheme = re.search(r"\b(reference|ordered)\b", self.weights.card.get("data", ""))
        return pairs | ({"triplets": scheme[1]} if scheme else {})

    def about(self, kind: str) -> dict[str, Any]:
        """Return what stands about the run in the JSON file."""
        known = {key: self.weights.card[key] for key in KEPT if key in self.weights.card}
        if "command" in known:
            known["command"] = repeatable(known["command"], f"runs/training/{kind}/{self.name}")
        sequences = {
            dataset: {each.name: round(each.auc, 4) for each in scored.sequences}
            for dataset, scored in self.scores.items()
        }
        return known | {"fingerprint": self.weights.fingerprint, "auc": sequences}


def repeatable(command: str, out: str) -> str:
    """Return a command of ``udt train`` with the paths of the machine it ran on replaced."""
    words = shlex.split(command)
    for place, word in enumerate(words):
        if place and words[place - 1] == "--out":
            words[place] = out
        elif "/" in word or word.endswith(".raw"):
            words[place] = CACHE
    return shlex.join(words)


# --- finding runs and evaluations ---


def evaluation_folders(roots: Iterable[Path]) -> list[tuple[Path, dict[str, Any]]]:
    """Return every folder of result files below ``roots``, with the record of one of them."""
    records = {path.parent.resolve(): path for root in roots for path in sorted(root.rglob("*.json"))}
    found = []
    for folder, path in sorted(records.items()):
        record = read_record(path.with_suffix(".txt"))
        if record and "dataset" in record and path.with_suffix(".txt").exists():
            found.append((folder, record))
    return found


def belongs(weights: Path, folder: Path, record: Mapping[str, Any]) -> bool:
    """Say whether an evaluation is of these weights: by its record, else by where it lies.

    Without ``weights`` in the record it is the run it lies in, or the NAME of a folder ``ev-NAME`` or
    ``ev-NAME-DATASET`` beside it.
    """
    named = str(record.get("options", {}).get("weights", "")).strip("'\"")
    if named:
        return Path(named).parts[-2:] == weights.resolve().parts[-2:]
    if weights.name != FINISHED:
        return False
    beside = f"ev-{weights.parent.name}"
    return weights.parent.resolve() in folder.parents or folder.parent.name in (
        beside,
        f"{beside}-{record['dataset']}",
    )


def scores_of(
    weights: Path, evaluations: Sequence[tuple[Path, dict[str, Any]]], datasets: Mapping[str, Any]
) -> dict[str, TrackerScore]:
    """Return the scores of a weights file by dataset; two evaluations of one on a dataset are an error."""
    found: dict[str, TrackerScore] = {}
    for folder, record in evaluations:
        dataset = record["dataset"]
        if belongs(weights, folder, record) and dataset in datasets:
            if dataset in found:
                raise SystemExit(f"{weights}: evaluated twice on {dataset}, the second time in {folder}")
            found[dataset] = score(folder, datasets[dataset], dataset=dataset)
    return found


def load_run(path: Path, name: str, scores: Mapping[str, TrackerScore]) -> TrainedRun:
    """Return the run of a weights file."""
    return TrainedRun(name, load_weights(path), path.parent, scores)


def find_runs(
    roots: Sequence[Path],
    evaluations: Sequence[tuple[Path, dict[str, Any]]],
    datasets: Mapping[str, Any],
    files: str = FINISHED,
) -> list[TrainedRun]:
    """Return the runs below ``roots``; one without evaluation is named and left out, none at all an error."""
    paths = [path for root in roots for path in sorted(root.rglob(files))]
    runs = []
    for path in paths:
        name = path.parent.name if files == FINISHED else path.stem
        scores = scores_of(path, evaluations, datasets)
        if not scores:
            print(f"{path}: no evaluation found, left out", file=sys.stderr)
        else:
            runs.append(load_run(path, name, scores))
    if not runs:
        raise SystemExit(
            f"{roots[0]}: expected runs with weights.safetensors and evaluations of them, found none"
        )
    return runs


# --- the four tables ---


def run_rows(runs: Sequence[TrainedRun]) -> list[dict[str, Any]]:
    """Return a row for each run, dataset and sequence; a run is called VARIANT-sSEED."""
    rows = []
    for run in runs:
        variant, _, seed = run.name.rpartition("-s")
        steps = run.settings.get("steps", "0")
        for dataset, scored in sorted(run.scores.items()):
            for each in scored.sequences:
                numbers = {"auc": f"{each.auc:.4f}", "precision": f"{each.precision:.4f}"}
                place = {"dataset": dataset, "sequence": each.name}
                rows.append({"variant": variant, "seed": seed, "steps": steps} | place | numbers)
    return rows


def score_columns(scored: TrackerScore) -> dict[str, str]:
    """Return AUC with its interval, and precision, as text."""
    auc = scored.interval("auc")
    names = ("auc", "auc_low", "auc_high", "precision")
    numbers = (auc.mean, auc.low, auc.high, scored.precision)
    return {name: f"{number:.4f}" for name, number in zip(names, numbers, strict=True)}


def recipe_rows(runs: Sequence[TrainedRun], notes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a row for each recipe: what it is, its settings, its score on the synthetic sequences."""
    rows = []
    for run in runs:
        settings = run.settings
        seconds = run.weights.card.get("wall time", "").removesuffix(" s")
        chosen = {name: settings.get(name, "") for name in SETTINGS}
        chosen["convolutions"] = settings.get("precision", "")
        start = {"recipe": run.name, "what": notes.get(run.name, ""), "variant": settings.get("variant", "")}
        start["steps"] = settings.get("steps", "")
        rows.append(start | chosen | score_columns(run.scores["synthetic"]) | {"seconds": seconds})
    return rows


def step_rows(runs: Sequence[TrainedRun]) -> list[dict[str, Any]]:
    """Return a row for each network kept on the way and each dataset, by steps."""
    rows = []
    for run in runs:
        steps = int(run.weights.card.get("steps") or run.settings["steps"])
        for dataset, scored in sorted(run.scores.items()):
            rows.append({"steps": steps, "dataset": dataset} | score_columns(scored))
    return sorted(rows, key=lambda row: (row["dataset"], row["steps"]))


def curve_rows(name: str, log: Path, points: int = POINTS) -> list[dict[str, Any]]:
    """Return about ``points`` rows of a run's log: the mean loss up to each step since the one before."""
    lines = read_log(log)
    if not lines:
        raise SystemExit(f"{log}: no steps in it")
    groups = np.array_split(np.arange(len(lines)), min(points, len(lines)))
    rows = []
    for group in groups:
        last = lines[group[-1]]
        loss = float(np.mean([float(lines[index]["loss"]) for index in group]))
        rate = float(last["learning_rate"])
        speed = float(np.median([float(lines[index]["triplets_per_second"]) for index in group]))
        numbers = {
            "loss": f"{loss:.4f}",
            "learning_rate": f"{rate:.3e}",
            "triplets_per_second": f"{speed:.1f}",
        }
        rows.append({"run": name, "step": last["step"]} | numbers | {"seconds": last["seconds"]})
    return rows


# --- writing ---


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> None:
    """Write ``FILE.csv`` and ``FILE.json`` beside it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue())
    write_whole(path.with_suffix(".json"), json.dumps(about, indent=1) + "\n")
    print(f"{path}: {len(rows)} rows")


def read_notes(path: Path | None) -> dict[str, str]:
    """Return what stands behind the tab of each line, by what stands before it."""
    lines = path.read_text("utf-8").splitlines() if path else []
    return dict(line.split("\t", 1) for line in lines if "\t" in line)


def collect(arguments: argparse.Namespace) -> None:
    """Write the tables whose folders are named."""
    shipped = dict(pair.split("=", 1) for pair in arguments.shipped)
    folders = {kind: getattr(arguments, kind) for kind in ("table", "recipes", "steps")}
    near = {folder.resolve().parent for named in folders.values() for folder in named}
    evaluations = evaluation_folders(arguments.evaluations or sorted(near))
    roots = {"otb": arguments.otb}
    datasets = {name: load_dataset(name, roots.get(name)) for name in {r["dataset"] for _, r in evaluations}}
    measured = provenance("make results-training") | (
        {"commit": arguments.commit} if arguments.commit else {}
    )
    notes = read_notes(arguments.notes)
    makers = {
        "table": ("runs", FINISHED, run_rows),
        "recipes": ("recipes", FINISHED, partial(recipe_rows, notes=notes)),
        "steps": ("steps", "weights*.safetensors", step_rows),
    }
    for kind, (name, files, make) in makers.items():
        if folders[kind]:
            runs = find_runs(folders[kind], evaluations, datasets, files)
            about = measured | {"runs": {run.name: run.about(kind) for run in runs}}
            write_rows(arguments.out / f"training_{name}.csv", make(runs), about)
    if shipped:
        runs = [load_run(Path(d) / "weights.safetensors", name, {}) for name, d in shipped.items()]
        rows = [row for run in runs for row in curve_rows(run.name, run.folder / "log.csv")]
        about = measured | {"runs": {run.name: run.about("shipped") for run in runs}}
        write_rows(arguments.out / "training_curves.csv", rows, about)


def save_random(arguments: argparse.Namespace) -> None:
    """Write the networks that runs of these seeds start from, as ``DIR/random-sSEED/weights.safetensors``."""
    for seed in arguments.seeds:
        folder = arguments.folder / f"random-s{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        save_weights(folder / "weights.safetensors", random_weights(seed))


def command_lines(results: Path = RESULTS) -> list[str]:
    """Return the commands that train and evaluate every run of the stored tables again, the slowest last.

    They are to be run in the project's folder, with the cache of the videos at `CACHE`.
    """
    lines = []
    for name, kind in {"recipes": "recipes", "runs": "table", "curves": "shipped"}.items():
        for run, about in stored_runs(results, name).items():
            folder = f"runs/training/{kind}/{run}"
            if "command" in about:
                lines.append(f"[ -e {folder}/{FINISHED} ] || {about['command']}")
            lines += evaluate_lines(f"{folder}/{FINISHED}", folder, kind)
    for run in set(stored_runs(results, "steps")) - {"weights"}:  # the last one is evaluated already
        folder = "runs/training/shipped/udt"
        lines += evaluate_lines(f"{folder}/{run}.safetensors", f"{folder}/{run}", "steps")
    return lines


def stored_runs(results: Path, name: str) -> dict[str, dict[str, Any]]:
    """Return what is stored about the runs of a table, by their names."""
    path = results / f"training_{name}.json"
    return json.loads(path.read_text("utf-8"))["runs"] if path.exists() else {}


def evaluate_lines(weights: str, folder: str, kind: str) -> list[str]:
    """Return the commands that evaluate a weights file."""
    return [
        f"udt evaluate --tracker udt-bf16 --option weights={weights} "
        f"--dataset {dataset} --out {folder}/ev-{dataset}"
        for dataset in (("synthetic",) if kind == "recipes" else ("synthetic", "otb"))
    ]


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    one = actions.add_parser("collect")
    for kind in ("table", "recipes", "steps"):
        one.add_argument(f"--{kind}", nargs="+", type=Path, default=[], metavar="DIR")
    one.add_argument("--shipped", action="append", default=[], metavar="NAME=DIR")
    one.add_argument("--notes", type=Path, metavar="FILE", help="what the recipes are, in words")
    one.add_argument("--evaluations", nargs="+", type=Path, metavar="DIR", help="default: beside the runs")
    one.add_argument("--otb", metavar="DIR", help="the ten sequences (default: where found)")
    one.add_argument("--commit", help="that the runs were made with, if not this one")
    one.add_argument("--out", type=Path, default=RESULTS, metavar="DIR")
    two = actions.add_parser("random")
    two.add_argument("folder", type=Path, metavar="DIR")
    two.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="S")
    actions.add_parser("commands")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the three actions."""
    arguments = parse(argv)
    if arguments.action == "commands":
        print(*command_lines(), sep="\n")
    else:
        actions = {"collect": collect, "random": save_random}
        actions[arguments.action](arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
