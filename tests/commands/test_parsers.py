"""The parsers of all commands: quick to build, and every option says what it is."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from udtlib.cli import COMMANDS, build_parser

PROJECT = Path(__file__).resolve().parents[2]
NUMBERS = ("N", "STEP", "STEPS", "SHARE", "Q", "S", "X", "PX")
UNITS = (
    "boxes",
    "clips",
    "cores",
    "epochs",
    "factor",
    "frames",
    "patches",
    "pixels",
    "processes",
    "quality 1 to 100",
    "repetitions",
    "seed",
    "sequences",
    "share",
    "steps",
    "triplets",
)
"""What the numbers of options count or measure."""


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return every argument of a parser and of those below it but ``--help`` and the choice of a command."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [each for below in action.choices.values() for each in actions(below)]
        elif not isinstance(action, argparse._HelpAction | argparse._VersionAction):
            found.append(action)
    return found


def test_no_parser_imports_torch() -> None:
    code = (
        "import sys, json; from udtlib.cli import COMMANDS, build_parser; heavy = {}\n"
        "for command in COMMANDS:\n"
        "    build_parser(command)\n"
        "    heavy[command] = sorted({'torch', 'matplotlib', 'ipywidgets'} & sys.modules.keys())\n"
        "print(json.dumps(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {command: [] for command in COMMANDS}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_help_comes_soon(command: str) -> None:
    """In processor seconds, the least of three: other programs on the machine do not count."""
    spent = []
    for _ in range(3):
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "udtlib", command, "--help"], cwd=PROJECT, check=True, capture_output=True
        )
        after = os.times()
        spent.append(
            after.children_user + after.children_system - before.children_user - before.children_system
        )
        time.sleep(0.1)
    assert min(spent) < 2.0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_is(command: str) -> None:
    found = actions(build_parser(command))
    assert found or command == "check"
    for action in found:
        name = "/".join(action.option_strings) or action.dest
        text = action.help or ""
        assert len(text) > 3, f"{name}: {text!r}"
        assert text is not argparse.SUPPRESS, name
        if action.option_strings and action.default not in (None, False, []):
            assert "%(default)s" in text, f"{name} does not say its default: {text!r}"
        if action.metavar in NUMBERS:
            assert any(unit in text for unit in UNITS), f"{name} does not say its unit: {text!r}"
