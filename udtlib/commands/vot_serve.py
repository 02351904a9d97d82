"""``udt vot serve``: a tracker for the official VOT toolkit, which starts it itself. Book: chapter 14."""

import argparse
import sys

from udtlib.child_process import messages_out
from udtlib.commands.common import add_option, tracker_argument
from udtlib.evaluation.running.workers import one_thread
from udtlib.trackers import TRACKERS, load_tracker
from udtlib.trackers.own import FORMS, tracker_name
from udtlib.vot.server import serve

EXAMPLE = "udt vot serve --tracker udt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action's arguments."""
    parser.add_argument(
        "--tracker",
        type=tracker_argument,
        default="udt",
        metavar="NAME",
        help=f"{', '.join(TRACKERS)}, or your own as {FORMS}; default: %(default)s",
    )
    add_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client goes away. What anything prints goes to stderr, which the toolkit logs."""
    replies = messages_out()
    tracker = load_tracker(arguments.tracker, **dict(arguments.option))
    with one_thread():
        serve(tracker, tracker_name(arguments.tracker), sys.stdin.buffer, replies)
    return 0
