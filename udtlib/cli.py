"""The ``udt`` command: a sorted table of commands, each a module of `udtlib.commands`."""

import argparse
import io
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

import udtlib
from udtlib.errors import UdtError
from udtlib.locks import only_writer
from udtlib.printing import printable, say

COMMANDS = {
    "bench": "measure the speed of our trackers and OpenCV's, side by side",
    "book": "copy the chapters into a folder, to run and change them there",
    "check": "say whether this machine is ready, and what to do if it is not",
    "data": "find and download benchmarks; cut and cache training patches from raw videos",
    "evaluate": "run trackers over a dataset (OPE, TRE, SRE, starts, anchors, resets, shift, VOT), resumable",
    "experiment": "train and compare the arms of an experiment: what each idea is worth",
    "report": "plots and tables of evaluated trackers, as one HTML file",
    "results": "write results as other toolkits have them (OTB .mat, pysot, got10k), and read theirs",
    "score": "score raw result files, no images needed",
    "select": "draw the box to track on a frame, in a browser",
    "track": "follow targets through a video, a folder of frames, a camera or a stream",
    "train": "train a network on raw videos, without labels",
    "vot": "VOT's measures of result files, and our trackers in its official toolkit",
    "weights": "convert a network to safetensors or ONNX, or show what a file holds",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, which may be names of a stranger's files, and end."""
        super().error(printable(message, "\n"))


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser; only ``command``'s own module is imported (None: none of them)."""
    parser = _Parser(
        prog="udt",
        description="Unsupervised deep tracking.",
        epilog="`udt COMMAND --help` says more, with an example; `udt check` is a good first one.",
    )
    parser.add_argument("--version", action="version", version=f"udtlib {udtlib.__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=text, description=text)
        if name == command:
            module = import_module(f"udtlib.commands.{name}")
            module.add_arguments(subparser)
            subparser.epilog = f"example: {module.EXAMPLE}"
    return parser


def outputs(module: ModuleType, arguments: argparse.Namespace) -> list[Path]:
    """Return the files a command is asked to write: those of its arguments that it names in ``WRITES``.

    Raises:
        DataError: one of them is also to be read, or to be written twice.
    """
    # here, so that `udt --version` does without it
    from udtlib.commands.outputs import check_outputs, files_read, files_written

    names = getattr(module, "WRITES", ())
    named = files_written(arguments, names)
    check_outputs(named, files_read(arguments, names))
    return [path for path in named if path.parent.is_dir() and not path.is_dir()]


class EndingSignal:
    """What ends a command as Ctrl-C does, so that it finishes its files and its children.

    Attributes:
        number: of the signal that came, 0 so far.
        came: whether one came, Ctrl-C too.
    """

    number = 0
    came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Note the signal; what comes after it is passed over, for ``timeout`` sends it twice.

        A second Ctrl-C is not.
        """
        self.came = True
        if number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        self.number = number
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt


@contextmanager
def ending_signals() -> Iterator[EndingSignal]:
    """Take Ctrl-C, SIGTERM, and SIGHUP of a closed terminal, meanwhile; not those that others take."""
    ending, taken = EndingSignal(), dict[int, Any]()
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    for number in (getattr(signal, name) for name in names if hasattr(signal, name)):  # Windows has no SIGHUP
        before = signal.getsignal(number)
        if before in (signal.SIG_DFL, signal.default_int_handler):  # `nohup` ignores one
            try:
                signal.signal(number, ending)
            except ValueError:  # another thread: signals are not ours to take
                break
            taken[number] = before
    try:
        yield ending
    finally:
        for number, before in taken.items():
            signal.signal(number, before)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    0 is done, 1 failed in part, 2 refused, 130 interrupted, 141 that nobody reads what it prints any more,
    143 and 129 ended by SIGTERM and SIGHUP.
    """
    with ending_signals() as ending:
        try:
            status = _run(argv)
        except Exception:
            if not ending.came:
                raise
            status = _interrupted(argv)  # compiled modules make an ImportError of it while they are imported
    return 128 + ending.number if ending.number else status


def _run(argv: Sequence[str] | None) -> int:
    argv = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show ends no command
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    command = _command(argv)
    try:
        arguments = build_parser(command).parse_args(argv)
        arguments.command_line = shlex.join(["udt", *argv])
        module = import_module(f"udtlib.commands.{arguments.command}")
        with only_writer(*outputs(module, arguments)):
            return module.run(arguments)
    except UdtError as error:
        say(f"udt {command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # as behind `| head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # a file that cannot be written, a full disk
        place = error.filename or "the system"
        say(f"udt {command}: {place}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return _interrupted(argv)


def _interrupted(argv: Sequence[str] | None) -> int:
    command = _command(sys.argv[1:] if argv is None else argv)
    say(f"\nudt {command}: interrupted; files written so far are kept", file=sys.stderr)
    return 130


def _command(argv: Sequence[str]) -> str | None:
    return argv[0] if argv and argv[0] in COMMANDS else None
