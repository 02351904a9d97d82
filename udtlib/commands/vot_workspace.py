"""``udt vot workspace``: our trackers and sequences for the official VOT toolkit. Book: chapter 14."""

import argparse
import shlex

from udtlib.commands.common import add_option, add_tracker, file_path, make_absolute, named_trackers
from udtlib.data.locate import require_data
from udtlib.printing import say
from udtlib.trackers import load_tracker
from udtlib.trackers.own import absolute
from udtlib.vot.workspace import STACK, whole_paths, write_workspace

EXAMPLE = "udt vot workspace my-workspace --tracker udt udt+ kcf --root vot2018"
TOOLKIT = "vot-toolkit==0.7.4 attributee==0.1.9 vot-trax==4.0.2"
"""The newest that works together; in an environment of its own, for it brings another OpenCV."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action's arguments."""
    parser.add_argument(
        "workspace",
        type=file_path,
        metavar="DIR",
        help="the workspace: new, or one to which trackers and sequences are added",
    )
    add_tracker(parser)
    add_option(parser)
    parser.add_argument(
        "--root",
        type=file_path,
        metavar="ROOT",
        help="VOT's sequences, a folder with list.txt; they stay where they are (default: vot in UDT_DATA, "
        "data/, ../shared)",
    )
    parser.add_argument(
        "--stack",
        default=STACK,
        metavar="NAME",
        help="the toolkit's experiments in a new workspace; default: %(default)s",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the files, and say what to do with them."""
    named, options = named_trackers(arguments.tracker), whole_paths(dict(arguments.option))
    trackers = {name: absolute(one) for name, one in named.items()}
    make_absolute(arguments, "workspace", "root")
    for one in trackers.values():  # what is missing is said now, and not by the toolkit later
        load_tracker(one, **options)
    root = arguments.root or require_data("vot", "VOT's sequences")
    names = write_workspace(arguments.workspace, trackers, root, options, arguments.stack)
    folder, which = shlex.quote(str(arguments.workspace)), " ".join(names)
    say(
        f"{arguments.workspace}: trackers.ini ({which}), sequences, config.yaml\n\n"
        "Once, the toolkit in an environment of its own:\n"
        f"  python3 -m venv vot-env && vot-env/bin/pip install {TOOLKIT}\n"
        "Then, for each tracker until its last line says that the evaluation was concluded (its exit status "
        "does not tell):\n"
        f"  vot-env/bin/vot evaluate --workspace {folder} {which}\n"
        f"  vot-env/bin/vot analysis --workspace {folder} --format json {which}\n"
        f"Results are in {folder}/results. After a change of trackers or sequences remove {folder}/cache."
    )
    return 0
