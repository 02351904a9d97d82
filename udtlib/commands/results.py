"""``udt results``: results to and from the formats of other toolkits. Book: chapter 13."""

import argparse
import sys

from udtlib.commands.common import file_path
from udtlib.data import DATASETS
from udtlib.evaluation.exchange.formats import EXPECTED, FILES, FIND
from udtlib.evaluation.exchange.transfer import Transfer, export_run, export_vot, import_results
from udtlib.printing import say

VOT = "vot"
"""The format of runs with resets; what the toolkit wrote, `udt vot score` reads where it is."""

EXAMPLE = "udt results export runs/first --as pysot --out runs/pysot"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    text = "write the results of a run as another toolkit has them; nothing is replaced"
    out = actions.add_parser("export", help=text, description=text)
    out.add_argument("source", type=file_path, metavar="RUN", help="a folder that `udt evaluate --out` wrote")
    _add_format(out, sorted([*FILES, VOT]))
    out.add_argument("--out", required=True, type=file_path, metavar="DIR", help="the folder to write in")
    out.add_argument(
        "--dataset", choices=sorted(DATASETS), help="on what it ran (default: what the run recorded)"
    )
    out.set_defaults(action_function=_export)
    text = "take over another toolkit's results as RUN/TRACKER/SEQUENCE.txt, to score and report them"
    taken = actions.add_parser("import", help=text, description=text)
    taken.add_argument("source", type=file_path, metavar="DIR", help="the folder that holds them")
    _add_format(taken, sorted(FIND))
    taken.add_argument("--out", required=True, type=file_path, metavar="RUN", help="the folder to write in")
    taken.add_argument(
        "--dataset",
        choices=sorted(DATASETS),
        help="of what they are the results (default: got10k for its format, else otb)",
    )
    taken.add_argument(
        "--tracker", metavar="NAME", help="only this tracker's, or what to call that of DIR (default: all)"
    )
    taken.set_defaults(action_function=_import)


def _add_format(parser: argparse.ArgumentParser, names: list[str]) -> None:
    shapes = "; ".join(f"{name}: {EXPECTED[name]}" for name in names)
    parser.add_argument("--as", dest="form", required=True, choices=names, help=f"the format, {shapes}")


def run(arguments: argparse.Namespace) -> int:
    """Run the action; 1 if a file could not be read."""
    return arguments.action_function(arguments)


def _export(arguments: argparse.Namespace) -> int:
    source, out, dataset = arguments.source, arguments.out, arguments.dataset
    if arguments.form == VOT:
        return _tell(export_vot(source, out, dataset), out)
    return _tell(export_run(source, arguments.form, out, dataset), out)


def _import(arguments: argparse.Namespace) -> int:
    dataset = arguments.dataset or ("got10k" if arguments.form == "got10k" else "otb")
    done = import_results(arguments.source, arguments.form, arguments.out, dataset, arguments.tracker)
    return _tell(done, arguments.out)


def _tell(done: Transfer, out: object) -> int:
    kept = f", {done.kept} were there already" if done.kept else ""
    say(f"{out}: {done.written} files written{kept}")
    for problem in done.problems.values():
        say(f"FAILED {problem}", file=sys.stderr)
    if done.problems:
        say(f"{len(done.problems)} files could not be read; the others were taken", file=sys.stderr)
    return 1 if done.problems else 0
