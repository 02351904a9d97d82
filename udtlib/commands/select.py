"""``udt select``: draw the target's box on a frame in a browser, instead of typing four numbers.

Book: chapter 00.
"""

import argparse
import shlex
import sys
import webbrowser
from pathlib import PurePath

from udtlib.boxes import Boxes
from udtlib.commands.common import whole_number
from udtlib.commands.frame_range import frame_at, name_of
from udtlib.data.video.live import open_source
from udtlib.errors import DataError
from udtlib.frames import Frame
from udtlib.printing import say
from udtlib.widgets.box_picker.server import BoxServer

EXAMPLE = "udt select holiday.mp4 --frame 40"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a video file, a folder of images, a camera or a stream, as for udt track",
    )
    parser.add_argument(
        "--frame",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="the number of the frame to draw on, counted from 0 in frames; default: %(default)s",
    )
    parser.add_argument(
        "--port",
        type=whole_number(0, 65535),
        default=0,
        metavar="P",
        help="of the page's address, 1 to 65535; default: %(default)s, a free one. From another machine: "
        "ssh -L P:127.0.0.1:P HOST, then open the printed address there",
    )
    parser.add_argument("--open", action="store_true", help="open the page in this machine's browser too")


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until its box comes; print that, and the command that tracks it."""
    frames = open_source(arguments.source)
    frame = frame_at(frames, arguments.frame, arguments.source, "--frame")
    with open_server(arguments, frame, name_of(frames, arguments.source)) as server:
        say(f"draw the box at {server.address} (Ctrl-C gives up)", file=sys.stderr)
        if arguments.open:
            webbrowser.open(server.address)
        box = server.wait()
    say(f"--box {box_text(box)}")
    say(track_command(arguments.source, arguments.frame, box))
    return 0


def open_server(arguments: argparse.Namespace, frame: Frame, name: str) -> BoxServer:
    """Return the server of the page, which shows the command line when it has sent its box.

    Raises:
        DataError: the port cannot be had.
    """
    title = f"{PurePath(name).name}, frame {arguments.frame}"
    try:
        return BoxServer(
            frame, title, lambda box: track_command(arguments.source, arguments.frame, box), arguments.port
        )
    except OSError as error:
        raise DataError(
            f"--port {arguments.port}: {error.strerror}; without --port a free one is taken"
        ) from error


def box_text(box: Boxes) -> str:
    """Return a box ``(4,)`` as ``--box`` takes it."""
    return ",".join(f"{number:.10g}" for number in box)


def track_command(source: str, frame: int, box: Boxes) -> str:
    """Return the command line that tracks ``box`` ``(4,)`` from ``frame`` on, as a shell takes it."""
    start = ["--start", str(frame)] if frame else []
    return shlex.join(["udt", "track", source, f"--box={box_text(box)}", *start])
