"""``udt vot``: VOT's measures, and its toolkit; an action is a module like a command. Book: chapter 14."""

import argparse
from importlib import import_module
from types import ModuleType

ACTIONS = {
    "score": (
        "udtlib.commands.vot_score",
        "score result files of VOT's supervised experiment, no images needed",
    ),
    "serve": (
        "udtlib.commands.vot_serve",
        "let the official toolkit run a tracker: TraX on standard input and output",
    ),
    "workspace": (
        "udtlib.commands.vot_workspace",
        "write a workspace of the official toolkit with our trackers and the sequences at hand",
    ),
}
"""The module of each action, and what it does."""

EXAMPLE = "udt vot score --annotations vot2018.json --results results/mine --year 2018"
WRITES = ("json",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, (_, text) in ACTIONS.items():
        module = action_module(name)
        action = actions.add_parser(name, help=text, description=text, epilog=f"example: {module.EXAMPLE}")
        module.add_arguments(action)


def action_module(name: str) -> ModuleType:
    """Return the module of an action."""
    return import_module(ACTIONS[name][0])


def run(arguments: argparse.Namespace) -> int:
    """Run one action and return its exit status."""
    return int(action_module(arguments.action).run(arguments))
