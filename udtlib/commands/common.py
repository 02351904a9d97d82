"""Arguments that several commands share."""

import argparse
from ast import literal_eval
from collections.abc import Callable
from typing import Any

from udtlib.data import DATASETS
from udtlib.evaluation import POLICIES
from udtlib.evaluation.protocols import PROTOCOLS
from udtlib.trackers import TRACKERS


def add_tracker(parser: argparse.ArgumentParser, default: str = "") -> None:
    """Add ``--tracker NAME ...``; it is required unless ``default`` says what it is without."""
    note = f"; default: {default}" if default else ""
    parser.add_argument(
        "--tracker",
        nargs="+",
        required=not default,
        choices=sorted(TRACKERS),
        metavar="NAME",
        help=f"one or more of {', '.join(TRACKERS)}{note}",
    )


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
        raise argparse.ArgumentTypeError(f"expected KEY=VALUE, found {text!r}")
    try:
        return key, literal_eval(value)
    except (SyntaxError, ValueError):
        return key, value


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Add ``--dataset`` and ``--root``."""
    parser.add_argument(
        "--dataset", default="synthetic", choices=sorted(DATASETS), help="default: %(default)s"
    )
    parser.add_argument(
        "--root",
        metavar="DIR",
        help="the dataset's folder; without it otb (all its lists) or tc128 in UDT_DATA, data/, ../shared",
    )


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Add ``--policy NAME``."""
    parser.add_argument(
        "--policy",
        default="otb-strict",
        choices=sorted(POLICIES),
        metavar="NAME",
        help=f"how boxes become scores: {', '.join(POLICIES)}; default: %(default)s",
    )


def add_protocol(parser: argparse.ArgumentParser) -> None:
    """Add ``--protocol NAME``."""
    parser.add_argument(
        "--protocol",
        default="ope",
        choices=PROTOCOLS,
        help="start once (ope), at 20 frames (tre), from 12 inexact boxes (sre); default: %(default)s",
    )


def whole_number(least: int) -> Callable[[str], int]:
    """Return what reads a whole number from ``least`` on, or says that one was expected."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least}, found {text!r}")
        return int(text)

    return read
