"""``udt check``: is this machine ready, and what to do if it is not. Book: chapter 00."""

import argparse

from udtlib.environment import report
from udtlib.printing import say

EXAMPLE = "udt check"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Print a line for everything looked at; return 1 if something must be fixed."""
    lines = report()
    say(*lines, sep="\n")
    problems = sum(not line.is_ok for line in lines)
    say(f"{problems} to fix, see the lines marked FIX" if problems else "ready")
    return 1 if problems else 0
