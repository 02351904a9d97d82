"""``udt bench``: speed of our trackers and OpenCV's, side by side on the same frames. Book: chapter 03."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from udtlib.benchmark import machine, measure, pinned, speed_table, stage_table, to_dict
from udtlib.benchmark_layer import layer_table, layer_to_dict, measure_layer
from udtlib.data import DATASETS, load_dataset
from udtlib.errors import DataError, UdtError
from udtlib.evaluation.tables import check_json_path
from udtlib.trackers import TRACKERS, load_tracker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--tracker", nargs="+", choices=sorted(TRACKERS), metavar="NAME", help="default: all that can start"
    )
    parser.add_argument(
        "--dataset", default="synthetic", choices=sorted(DATASETS), help="default: %(default)s"
    )
    parser.add_argument("--root", metavar="DIR", help="the dataset's folder")
    parser.add_argument(
        "--frames", type=_count(2), default=40, metavar="N", help="of each sequence (%(default)s)"
    )
    parser.add_argument("--rounds", type=_count(1), default=3, metavar="N", help="repetitions (%(default)s)")
    parser.add_argument("--threads", type=_count(1), default=1, metavar="N", help="cores used (%(default)s)")
    parser.add_argument(
        "--layer", action="store_true", help="measure the layer and its backward passes, no trackers"
    )
    parser.add_argument("--batch", type=_count(1), default=8, metavar="N", help="of --layer (%(default)s)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")


def _count(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least}, found {text!r}")
        return int(text)

    return read


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write the JSON file."""
    check_json_path(arguments.json)
    if arguments.layer:
        return _run_layer(arguments)
    names = list(dict.fromkeys(arguments.tracker or _ready_trackers()))
    clips = load_dataset(arguments.dataset, arguments.root)
    if (
        not clips
        or min(len(clip.frames) for clip in clips) < 2
        or any(len(clip.boxes) == 0 for clip in clips)
    ):
        raise DataError(f"{arguments.dataset}: expected sequences of two or more frames with a first box")
    with pinned(arguments.threads) as cores:
        facts = machine(arguments.threads, cores)
        print(_machine_text(facts))
        timings = measure(names, clips, arguments.frames, arguments.rounds, progress=True)
    print(
        f"{arguments.dataset}: {len(clips)} sequences, up to {arguments.frames} frames, "
        f"{arguments.rounds} interleaved rounds, without decoding\n\n{speed_table(timings)}\n\n"
        f"milliseconds a frame by stage (a round of its own)\n{stage_table(timings)}"
    )
    if arguments.json:
        settings = {"dataset": arguments.dataset, "frames": arguments.frames, "rounds": arguments.rounds}
        content = {"machine": facts, **settings, "trackers": to_dict(timings)}
        Path(arguments.json).write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    return 0


def _run_layer(arguments: argparse.Namespace) -> int:
    with pinned(arguments.threads) as cores:
        facts = machine(arguments.threads, cores)
        costs = measure_layer(arguments.batch, arguments.rounds)
    print(
        f"{_machine_text(facts)}\n{arguments.batch} pairs of features, 32 x 121 x 121\n\n{layer_table(costs)}"
    )
    if arguments.json:
        content = {"machine": facts, "layer": layer_to_dict(costs, arguments.batch)}
        Path(arguments.json).write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    return 0


def _ready_trackers() -> list[str]:
    ready = []
    for name in TRACKERS:
        try:
            load_tracker(name)
            ready.append(name)
        except UdtError as error:
            print(f"left out {name}: {error}")
    return ready


def _machine_text(facts: dict) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    where = f"pinned to core {facts['pinned_to']}" if facts["pinned_to"] else "not pinned (no support)"
    return f"{facts['cpu']}, {facts['cores']} cores; threads: {facts['threads']}, {where}\n{versions}"
