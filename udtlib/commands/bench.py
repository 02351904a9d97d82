"""``udt bench``: speed of our trackers and OpenCV's, side by side on the same frames. Book: chapter 03."""

import argparse
import json
from typing import Any

from udtlib.commands.common import (
    add_dataset,
    add_option,
    add_tracker,
    file_path,
    make_absolute,
    named_trackers,
    whole_number,
)
from udtlib.data import load_dataset
from udtlib.errors import DataError, UdtError
from udtlib.evaluation.report.tables import check_json_path
from udtlib.files import write_whole
from udtlib.printing import say
from udtlib.trackers import TRACKERS, load_tracker
from udtlib.trackers.own import absolute

EXAMPLE = "udt bench --tracker mosse kcf kcf-opencv"
WRITES = ("json",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_tracker(parser, default="all that can start")
    add_option(parser)
    add_dataset(parser)
    _add_count(parser, "--frames", 40, "how many frames of each sequence", least=2)
    _add_count(parser, "--rounds", 3, "how many repetitions")
    _add_count(parser, "--threads", 1, "how many cores are used")
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--layer", action="store_true", help="measure the layer and its backward passes, no trackers"
    )
    other.add_argument(
        "--decoding",
        action="store_true",
        help="measure what decoding a video in a process of its own costs, no trackers",
    )
    _add_count(parser, "--batch", 8, "how many pairs of patches --layer takes at once")
    parser.add_argument(
        "--json", type=file_path, metavar="FILE", help="write the figures there too (default: nowhere)"
    )


def _add_count(parser: argparse.ArgumentParser, option: str, default: int, text: str, least: int = 1) -> None:
    help_text = f"{text} (default: %(default)s)"
    parser.add_argument(option, type=whole_number(least), default=default, metavar="N", help=help_text)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write the JSON file."""
    from udtlib.bench.processes import own_processes  # with torch, which --help does without
    from udtlib.bench.trackers import (
        floor_table,
        machine,
        measure,
        pinned,
        speed_table,
        stage_table,
        to_dict,
    )

    check_json_path(arguments.json)
    if arguments.layer:
        return _run_layer(arguments)
    if arguments.decoding:
        return _run_decoding(arguments)
    make_absolute(arguments, "root", "json")
    options = dict(arguments.option)
    names = [absolute(one) for one in named_trackers(arguments.tracker or _ready_trackers(options)).values()]
    for name in names if arguments.tracker else []:  # what is missing for the last is said before the first
        load_tracker(name, **options)
    clips = load_dataset(arguments.dataset, arguments.root)
    if (
        not clips
        or min(len(clip.frames) for clip in clips) < 2
        or any(len(clip.boxes) == 0 for clip in clips)
    ):
        raise DataError(f"{arguments.dataset}: expected sequences of two or more frames with a first box")
    with pinned(arguments.threads) as cores, own_processes(names, arguments.threads, options) as run_one:
        facts = machine(arguments.threads, cores)
        say(_machine_text(facts))
        timings = measure(names, clips, arguments.frames, arguments.rounds, True, run_one, options)
    say(
        f"{arguments.dataset}: {len(clips)} sequences, up to {arguments.frames} frames, "
        f"{arguments.rounds} interleaved rounds, a process each, without decoding\n\n"
        f"{speed_table(timings)}\n\n"
        f"milliseconds a frame by stage (a round of its own)\n{stage_table(timings)}"
    )
    if floors := floor_table(timings):
        say(f"\nwhat the convolutions alone take at this processor's best, measured now\n{floors}")
    if arguments.json:
        settings = {"dataset": arguments.dataset, "frames": arguments.frames, "rounds": arguments.rounds}
        content = {"machine": facts, **settings, "trackers": to_dict(timings)}
        write_whole(arguments.json, json.dumps(content, indent=1) + "\n")
    return 0


def _run_layer(arguments: argparse.Namespace) -> int:
    from udtlib.bench.layer import layer_table, layer_to_dict, measure_layer
    from udtlib.bench.trackers import machine, pinned

    with pinned(arguments.threads) as cores:
        facts = machine(arguments.threads, cores)
        costs = measure_layer(arguments.batch, arguments.rounds)
    say(
        f"{_machine_text(facts)}\n{arguments.batch} pairs of features, 32 x 121 x 121\n\n{layer_table(costs)}"
    )
    if arguments.json:
        content = {"machine": facts, "layer": layer_to_dict(costs, arguments.batch)}
        write_whole(arguments.json, json.dumps(content, indent=1) + "\n")
    return 0


def _run_decoding(arguments: argparse.Namespace) -> int:
    from udtlib.bench.decoding import decoding_table, decoding_to_dict, measure_decoding
    from udtlib.bench.trackers import machine, pinned

    with pinned(arguments.threads) as cores:
        facts = machine(arguments.threads, cores)
        cost = measure_decoding(arguments.frames, arguments.rounds)
    say(f"{_machine_text(facts)}\n\n{decoding_table(cost)}")
    if arguments.json:
        content = {"machine": facts, "decoding": decoding_to_dict(cost)}
        write_whole(arguments.json, json.dumps(content, indent=1) + "\n")
    return 0


def _ready_trackers(options: dict[str, Any]) -> list[str]:
    ready = []
    for name in TRACKERS:
        try:
            load_tracker(name, **options)
            ready.append(name)
        except UdtError as error:
            say(f"left out {name}: {error}")
    return ready


def _machine_text(facts: dict) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    where = f"pinned to core {facts['pinned_to']}" if facts["pinned_to"] else "not pinned (no support)"
    return f"{facts['cpu']}, {facts['cores']} cores; threads: {facts['threads']}, {where}\n{versions}"
