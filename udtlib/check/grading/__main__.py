"""Grade one notebook: ``python -m udtlib.check.grading a1 NOTEBOOK.ipynb``.

Book: chapters 02 to 14.
"""

import argparse
import json
import sys
from pathlib import Path

from udtlib.check.grading.notebook import ASSIGNMENTS, grade
from udtlib.check.grading.student import read_cells
from udtlib.errors import UdtError
from udtlib.printing import say


def options() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m udtlib.check.grading", description=__doc__)
    parser.add_argument("assignment", choices=ASSIGNMENTS)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--seed", default="public", help="any text; the numbers of the tests depend on it")
    parser.add_argument(
        "--only", metavar="NAME", action="append", default=[], help="one function; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    return parser.parse_args()


def main() -> int:
    """Print the marks of a notebook's functions; return the exit status."""
    chosen = options()
    try:
        marks = grade(chosen.assignment, read_cells(chosen.notebook), chosen.seed, chosen.only)
    except UdtError as error:
        say(error, file=sys.stderr)
        return 2
    if chosen.json:
        say(json.dumps({name: mark._asdict() for name, mark in marks.items()}))
        return 0
    for name, mark in marks.items():
        say(mark.text(name), sep="\n")
    earned, possible = (sum(numbers) for numbers in list(zip(*marks.values(), strict=True))[:2])
    say(f"{earned} of {possible} points")
    return 0


if __name__ == "__main__":
    sys.exit(main())
