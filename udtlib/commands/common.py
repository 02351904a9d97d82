"""Arguments that several commands share."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

from udtlib.arguments import REFUSED, Between, check_name, expected, read_number, shown, take
from udtlib.data import DATASETS
from udtlib.errors import DataError, OptionError, UdtError
from udtlib.evaluation import POLICIES, Policy, load_policy
from udtlib.evaluation.protocols import PROTOCOLS
from udtlib.evaluation.scoring.policy import policy_for
from udtlib.files import user_path
from udtlib.trackers import TRACKERS
from udtlib.trackers.own import FORMS, is_own, tracker_name

CONSTANTS = {"False": False, "None": None, "True": True}


def add_tracker(parser: argparse.ArgumentParser, default: str = "") -> None:
    """Add ``--tracker NAME ...``; it is required unless ``default`` says what it is without."""
    note = f"; default: {default}" if default else ""
    parser.add_argument(
        "--tracker",
        nargs="+",
        required=not default,
        type=tracker_argument,
        metavar="NAME",
        help=f"one or more of {', '.join(TRACKERS)}, or your own as {FORMS}{note}",
    )


def tracker_argument(text: str) -> str:
    """Return a tracker's name, registered or of the form of a user's own, whose code is not run yet."""
    try:
        tracker_name(text) if is_own(text) else check_name("tracker", text, TRACKERS)
    except UdtError as error:
        own = "" if is_own(text) else f"; your own is named as {FORMS}"
        raise argparse.ArgumentTypeError(f"{error}{own}") from error
    return text


def named_trackers(names: Iterable[str]) -> dict[str, str]:
    """Return trackers by what they are called in results, each once.

    Raises:
        DataError: two of them are called the same.
    """
    found: dict[str, str] = {}
    for one in names:
        other = found.setdefault(tracker_name(one), one)
        if other != one:
            raise DataError(
                f"{other} and {one} would both be called {tracker_name(one)} in results; rename one of the "
                "files, or run them apart"
            )
    return found


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--option KEY=VALUE``, a list of pairs."""
    parser.add_argument(
        "--option",
        type=_option,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="for the tracker's constructor, such as weights=FILE or preset=paper; may be repeated",
    )


def _option(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.isidentifier():
        raise argparse.ArgumentTypeError(f"expected KEY=VALUE, found {shown(text)}")
    number = read_number(value)
    return key, CONSTANTS.get(value, value) if number is None else number


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Add ``--dataset`` and ``--root``."""
    parser.add_argument(
        "--dataset",
        default="synthetic",
        choices=sorted(DATASETS),
        help="which sequences; default: %(default)s",
    )
    parser.add_argument(
        "--root",
        type=file_path,
        metavar="DIR",
        help="the dataset's folder; without it one of its name (otb for all its lists) in UDT_DATA, data/, "
        "../shared",
    )


def add_truth(parser: argparse.ArgumentParser) -> None:
    """Add ``--truth`` and ``--index-base``, for boxes of one's own."""
    parser.add_argument(
        "--truth",
        type=file_path,
        metavar="FILE",
        help="true boxes x,y,w,h for --dataset folder, one a line; one alone is the first frame's "
        "(default: groundtruth.txt in the folder)",
    )
    parser.add_argument(
        "--index-base",
        type=int,
        choices=(0, 1),
        help="number of the first pixel in the file of true boxes (default: 0)",
    )


def own_truth(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return ``--truth`` and ``--index-base`` as the options of the dataset's loader.

    Raises:
        OptionError: given for another dataset than folder, whose files are known.
    """
    given = {"truth": arguments.truth, "index_base": arguments.index_base}
    options = {name: value for name, value in given.items() if value is not None}
    if options and arguments.dataset != "folder":
        name = next(iter(options)).replace("_", "-")
        raise OptionError(
            f"--{name} is for --dataset folder; the files of {arguments.dataset} and their base are known"
        )
    return options


def chosen_policy(arguments: argparse.Namespace) -> Policy:
    """Return the policy of ``--policy``, or the dataset's own."""
    return load_policy(arguments.policy) if arguments.policy else policy_for(arguments.dataset)


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Add ``--policy NAME``."""
    parser.add_argument(
        "--policy",
        choices=sorted(POLICIES),
        metavar="NAME",
        help=f"how boxes become scores: {', '.join(POLICIES)} (default: the dataset's; most: otb-strict)",
    )


def add_protocol(parser: argparse.ArgumentParser) -> None:
    """Add ``--protocol NAME``."""
    parser.add_argument(
        "--protocol",
        default="ope",
        choices=list(PROTOCOLS),
        help="started once (ope), at 20 frames (tre), from 12 inexact boxes (sre), from several nearly true "
        "boxes (starts; udt evaluate --starts N makes them), at seven frames towards the farther end "
        "(anchors), again after each failure (resets), on still frames whose target is moved (shift), "
        "with resets and repeated as in VOT's supervised experiment (vot); default: %(default)s",
    )


def number(text: str) -> int | float | str:
    """Return the number that an argument is, or its text: what it goes to says what was expected."""
    found = read_number(text)
    return text if found is None else found


def file_path(text: str) -> Path:
    """Return the path that an argument names, with ``~`` replaced: the type of every argument that is one."""
    if not text:
        raise argparse.ArgumentTypeError("expected a path, found nothing")
    try:
        return user_path(text)
    except UdtError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def make_absolute(arguments: argparse.Namespace, *names: str) -> None:
    """Make the paths of these arguments absolute: a user's tracker may change the current folder."""
    for name in names:
        if getattr(arguments, name) is not None:
            setattr(arguments, name, getattr(arguments, name).absolute())


def whole_number(least: int, most: int = 10**9) -> Callable[[str], int]:
    """Return what reads a whole number from ``least`` to ``most``, or says that one was expected."""
    hint = Annotated[int, Between(least, most)]

    def read(text: str) -> int:
        value = take(read_number(text), hint)
        if value is REFUSED:
            raise argparse.ArgumentTypeError(f"expected {expected(hint)}, found {shown(text)}")
        return value

    return read
