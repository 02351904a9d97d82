"""``udt experiment``: what each idea is worth, declared, run, compared. Book: chapter 15."""

import argparse
import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from udtlib.arguments import look_up
from udtlib.commands.common import file_path, whole_number
from udtlib.errors import DataError
from udtlib.files import write_whole
from udtlib.printing import say

EXAMPLE = "udt experiment run ablation --scale small --out runs/small"
WRITES = ("table",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="print every experiment: its question, arms, claims and rule")
    run_parser = actions.add_parser("run", help="train and judge what is not finished; resumable")
    run_parser.add_argument("name", metavar="NAME", help="which experiment, of `udt experiment list`")
    run_parser.add_argument(
        "--scale",
        default="small",
        metavar="NAME",
        help="small (procedural clips, nothing is needed), medium (a folder of videos, 300 steps a run) or "
        "full (the same, the reference's schedule; both start under torchrun too); default: %(default)s",
    )
    run_parser.add_argument("--out", required=True, type=file_path, metavar="RUN", help="folder of the runs")
    run_parser.add_argument("--arms", nargs="+", metavar="ARM", help="only these arms (default: all)")
    run_parser.add_argument(
        "--seeds", type=whole_number(1, 1000), metavar="N", help="seeds, each a run of every arm (default: 5)"
    )
    run_parser.add_argument(
        "--steps", type=whole_number(1), metavar="N", help="steps of each run (default: the scale's)"
    )
    run_parser.add_argument(
        "--anchors",
        type=whole_number(2, 99),
        metavar="N",
        help="starts in each of the sequences (default: the scale's)",
    )
    run_parser.add_argument(
        "--videos",
        type=file_path,
        metavar="PATCHES",
        help="packed videos for medium and full (udt data pack)",
    )
    run_parser.add_argument(
        "--val",
        type=file_path,
        metavar="DIR",
        help="sequences to judge on for medium and full, laid out as OTB",
    )
    run_parser.add_argument(
        "--device", default="cpu", metavar="D", help="cpu, cuda ...; default: %(default)s"
    )
    table_parser = actions.add_parser("table", help="compare the arms, with intervals and verdicts")
    table_parser.add_argument("runs", nargs="+", type=file_path, metavar="RUN", help="folders of runs")
    table_parser.add_argument(
        "--table", type=file_path, metavar="FILE.csv", help="write every score there, and FILE.json beside it"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run one action."""
    return {"list": print_list, "run": run_experiment, "table": print_table}[arguments.action](arguments)


def print_list(arguments: argparse.Namespace) -> int:
    """Print what the experiments ask."""
    from udtlib.experiments.catalogue import EXPERIMENTS

    for one in EXPERIMENTS.values():
        say(f"{one.name}: {one.question}")
        for arm in one.arms:
            say(f"    {arm.name:26} {arm.what}")
        for comparison in one.comparisons:
            say(f"  {comparison.better} above {comparison.worse}: {comparison.claim}")
        say(f"  rule: {one.rule}\n")
    return 0


def run_experiment(arguments: argparse.Namespace) -> int:
    """Run what is missing of an experiment and print its table."""
    from udtlib.experiments.catalogue import EXPERIMENTS, SCALES
    from udtlib.experiments.runs import Place, is_first, run_arms
    from udtlib.experiments.verdicts import read_rows, text

    experiment = look_up("experiment", arguments.name, EXPERIMENTS)
    scale = look_up("scale", arguments.scale, SCALES)
    if arguments.steps:
        scale = scale.shortened(arguments.steps)
    if arguments.anchors:
        scale = replace(scale, anchors=arguments.anchors)
    arms = [experiment.arm(name) for name in arguments.arms] if arguments.arms else list(experiment.arms)
    place = Place(
        arguments.out, scale, arguments.videos, arguments.val, arguments.device, arguments.command_line
    )
    run_arms(arms, range(arguments.seeds or scale.seeds), place)
    if is_first():
        say(text(experiment, read_rows(arguments.out)))
    return 0


def print_table(arguments: argparse.Namespace) -> int:
    """Print the tables of the experiments that the runs belong to, and write the scores."""
    from udtlib.experiments.catalogue import EXPERIMENTS
    from udtlib.experiments.verdicts import read_rows, text

    rows = read_rows(*arguments.runs)
    arms = {row["arm"] for row in rows}
    for experiment in EXPERIMENTS.values():
        if any({one.better, one.worse} <= arms for one in experiment.comparisons):
            say(text(experiment, rows) + "\n")
    if arguments.table:
        write_scores(arguments.table, rows, arguments)
    return 0


def write_scores(path: Path, rows: list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    """Write every score as CSV, and beside it what they are made of.

    Raises:
        DataError: the name does not end in .csv.
    """
    from udtlib.experiments.cards import about

    if path.suffix != ".csv":
        raise DataError(f"{path}: expected a name that ends in .csv")
    lines = io.StringIO()
    writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, lines.getvalue())
    write_whole(path.with_suffix(".json"), json.dumps(about(arguments.runs), indent=1) + "\n")
    say(f"{path}: {len(rows)} scores")
