"""``udt track``: follow a target, or several, through a video or a folder of frames. Book: chapter 00."""

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from udtlib import viz
from udtlib.arguments import read_number, shown
from udtlib.boxes import Boxes, check_box
from udtlib.commands.common import add_option, file_path, whole_number
from udtlib.commands.frame_range import check_range, frame_at, name_of, read_on
from udtlib.commands.outputs import check_outputs, files_read
from udtlib.data.box_files import read_boxes, write_boxes
from udtlib.data.one_size import OneSize
from udtlib.data.sequences import Frames
from udtlib.data.video.file import VideoFile
from udtlib.data.video.live import LiveVideo, is_live, open_source
from udtlib.data.video.writer import SUFFIXES, VideoWriter
from udtlib.errors import BoxError, DataError, DecoderError, OptionError
from udtlib.files import make_folder, remove_unfinished
from udtlib.frames import Frame
from udtlib.locks import only_writer
from udtlib.printing import say
from udtlib.trackers import TRACKERS
from udtlib.trackers.group import load_group
from udtlib.trackers.own import FORMS

HEADER = "x,y,w,h in pixels, the first pixel is 0; one line a frame"
SAVE_EVERY, SAVING = 2.0, 0.05
"""Seconds between two writings of the boxes so far, and the share of the time that these may take."""
FPS = 25.0

EXAMPLE = "udt track holiday.mp4 --box 120,80,60,90 --out tracked.mp4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a video file, a folder of images, a camera (0, 1, ...) or a stream (rtsp://..., http://...); "
        "Ctrl-C ends a camera or a stream, and all results are written",
    )
    parser.add_argument(
        "--box",
        action="append",
        metavar="x,y,w,h",
        help="the target in the first frame; the first pixel is 0; with a minus first: --box=-3,0,20,20; "
        "may be repeated: then all targets are tracked in one pass; `udt select SOURCE` draws it",
    )
    parser.add_argument(
        "--truth",
        type=file_path,
        metavar="FILE",
        help="instead of --box: a file of true boxes x,y,w,h, one a frame; the first frame's is taken",
    )
    parser.add_argument(
        "--index-base",
        type=int,
        choices=(0, 1),
        help="number of the first pixel in the file of true boxes (default: 0)",
    )
    add_range(parser)
    parser.add_argument(
        "--tracker",
        default="udt",
        metavar="NAME",
        help=f"{', '.join(TRACKERS)}, or your own as {FORMS}; default: %(default)s",
    )
    parser.add_argument(
        "--weights",
        metavar="WEIGHTS",
        help="the tracker's network: a file, udt, udt-noise or random; the same as --option weights=WEIGHTS",
    )
    parser.add_argument(
        "--device", metavar="NAME", help="cpu, cuda, cuda:1 ...; the same as --option device=NAME"
    )
    add_option(parser)
    parser.add_argument(
        "--out",
        type=file_path,
        metavar="out.mp4",
        help="write the video (VP9, .mp4 or .webm) with the box drawn; that takes longer than tracking",
    )
    parser.add_argument(
        "--boxes",
        type=file_path,
        metavar="out.txt",
        help=f"write the boxes: {HEADER}; of several targets: out-1.txt, out-2.txt, ...",
    )


def add_range(parser: argparse.ArgumentParser) -> None:
    """Add ``--start N`` and ``--end N``."""
    parser.add_argument(
        "--start",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="the frame to begin with, where the box is; of all frames the first is 0; default: %(default)s",
    )
    parser.add_argument(
        "--end",
        type=whole_number(0),
        metavar="N",
        help="the number of the last of the frames to track; default: all of them",
    )


def run(arguments: argparse.Namespace) -> int:
    """Track, writing boxes as they come; return 1 if frames had to be passed over or the decoder died."""
    started = first_boxes(arguments)
    paths = box_paths(arguments.boxes, len(started))
    check_names(arguments.out, paths)
    check_outputs([*paths, *filter(None, [arguments.out])], files_read(arguments, ("out", "boxes")))
    check_range(arguments.start, arguments.end)
    # a user's tracker may change the current folder; a camera would not wait while one is loaded
    paths, video = [path.absolute() for path in paths], arguments.out and arguments.out.absolute()
    opened = None if is_live(arguments.source) else open_source(arguments.source)
    boxes, skipped, problem = [started], 0, ""
    tracker = load_group(arguments.tracker, len(boxes[0]), **options(arguments))
    frames = open_source(arguments.source) if opened is None else opened
    first = frame_at(frames, arguments.start, arguments.source)
    one_size = OneSize(name_of(frames, arguments.source), first)
    tracker.init(first, boxes[0])
    outputs = Outputs(paths, video, frames, first, arguments.start)
    try:
        outputs.add(first, boxes)
        for frame in read_on(frames, one_size, arguments.start, arguments.end):
            skipped += frame is None
            boxes.append(boxes[-1] if frame is None else tracker.update(frame))
            outputs.add(frame, boxes)
    except DecoderError as error:
        problem = f"{error}; what was tracked before is kept"
    except KeyboardInterrupt:
        if not isinstance(frames, LiveVideo):
            raise
    finally:
        outputs.close(boxes)
    say(summary(arguments, frames, boxes, skipped))
    if problem:
        say(f"udt track: {problem}", file=sys.stderr)
    return 1 if skipped or problem else 0


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options for the tracker's constructor.

    Raises:
        OptionError: one is given twice, as itself and with ``--option``.
    """
    found = dict(arguments.option)
    for name in ("weights", "device"):
        value = getattr(arguments, name)
        if value is not None and name in found:
            raise OptionError(f"--{name} {value} and --option {name}={found[name]}: give one of the two")
        if value is not None:
            found[name] = value
    return found


def first_boxes(arguments: argparse.Namespace) -> Boxes:
    """Return the boxes ``(n, 4)`` of the first frame: those of ``--box``, or one of the file of true boxes.

    Raises:
        OptionError: both, or none of them; or the index base of a file of true boxes, and no such file.
        BoxError, DataError, MissingDataError: no such box, or not four numbers.
    """
    if bool(arguments.box) == bool(arguments.truth):
        raise OptionError("the target in the first frame: give --box x,y,w,h or --truth FILE, one of the two")
    if arguments.box and arguments.index_base is not None:
        raise OptionError("--index-base is of the file of --truth: the first pixel of --box is always 0")
    if arguments.box:
        return np.array([parse_box(text) for text in arguments.box])
    truth = read_boxes(arguments.truth, arguments.index_base or 0)
    if arguments.start >= len(truth):
        raise DataError(
            f"{arguments.truth}: expected a box of frame {arguments.start}, found {len(truth)} boxes"
        )
    try:
        return check_box(truth[arguments.start])[None]
    except BoxError as error:
        raise BoxError(f"{arguments.truth}, frame {arguments.start}: {error}") from error


def parse_box(text: str) -> Boxes:
    """Return the box ``(4,)`` float64 written as ``x,y,w,h``.

    Raises:
        BoxError: not four numbers separated by commas, or as `udtlib.boxes.check_box`.
    """
    words = text.split(",")
    numbers = [number for word in words if (number := read_number(word)) is not None]
    if not len(words) == len(numbers) == 4:
        raise BoxError(f"--box is four numbers x,y,w,h separated by commas, found {shown(text)}")
    return check_box(numbers)


class Outputs:
    """The files written on the way; what was tracked so far is on disk two seconds later.

    Files of very many boxes take long to write, and are written less often.
    """

    def __init__(
        self, paths: list[Path], video: Path | None, frames: Frames, first: Frame, start: int
    ) -> None:
        self.paths, self.due = paths, 0.0
        self.writer: VideoWriter | None = None
        self.last = first
        self.comment = HEADER + (
            f"; the first line is frame {start}, of all frames the first is 0" if start else ""
        )
        with ExitStack() as held:
            for path in filter(None, (*paths, video)):
                make_folder(path.parent)
            held.enter_context(only_writer(*paths, video))
            for target in map(Path, map(os.path.realpath, filter(None, (*paths, video)))):
                remove_unfinished(target.parent, target.name)
            if video:
                fps = frames.fps if isinstance(frames, VideoFile) and frames.fps else FPS
                self.writer = VideoWriter(video, fps, first)
            self.held = held.pop_all()

    def add(self, frame: Frame | None, boxes: list[Boxes]) -> None:
        """Take the newest boxes ``(n, 4)`` and their frame; None repeats the last picture."""
        self.last = self.last if frame is None else frame
        if self.writer is not None:
            picture = self.last
            for box in boxes[-1]:
                picture = viz.draw_box(picture, box)
            self.writer.write(picture)
        if time.monotonic() > self.due:
            self.save(boxes)

    def save(self, boxes: list[Boxes]) -> None:
        """Replace each target's file of boxes by one with all boxes so far."""
        begun = time.monotonic()
        for target, path in enumerate(self.paths):
            write_boxes(path, [each[target] for each in boxes], index_base=0, comment=self.comment)
        ended = time.monotonic()
        self.due = ended + max(SAVE_EVERY, (ended - begun) / SAVING)

    def close(self, boxes: list[Boxes]) -> None:
        """Finish both files.

        Raises:
            StorageError: one of them cannot be written, because the disk is full, say.
        """
        with self.held:
            try:
                self.save(boxes)
            finally:
                if self.writer is not None:
                    self.writer.close()


def box_paths(path: Path | None, count: int) -> list[Path]:
    """Return the file of boxes for each target: ``path`` itself for one, ``out-1.txt`` ... for several."""
    if path is None:
        return []
    return [path] if count == 1 else [path.with_stem(f"{path.stem}-{k}") for k in range(1, count + 1)]


def check_names(video: Path | None, boxes: list[Path]) -> None:
    """Refuse outputs that would replace a folder, and other kinds of video.

    Raises:
        DataError: one of these.
    """
    known = " or ".join(SUFFIXES)
    if video is not None and video.suffix.lower() not in SUFFIXES:
        raise DataError(f"--out {video}: expected a video's name that ends in {known}")
    for option, path in (("--out", video), *(("--boxes", path) for path in boxes)):
        if path is not None and path.is_dir():
            raise DataError(f"{option} {path}: expected the name of a file to write, found a folder")


def summary(arguments: argparse.Namespace, frames: Frames, boxes: list[Boxes], skipped: int) -> str:
    """Return the closing lines: how far it came, and where the results are."""
    last = "; ".join(",".join(f"{number:.1f}" for number in box) for box in boxes[-1])
    lines = [f"{len(boxes)} frames tracked, last box {last} (the first pixel is 0)"]
    if skipped:
        lines.append(f"{skipped} frames could not be read and repeat the box before them")
    reached = arguments.start + len(boxes)
    if arguments.end is not None and arguments.end >= reached:
        lines.append(f"frame {reached - 1} was the last, before --end {arguments.end}")
    elif arguments.end is None and type(frames) is VideoFile and frames.announced > reached:
        lines.append(f"{frames.name} says it has {frames.announced} frames; the others could not be read")
    for path in box_paths(arguments.boxes, len(boxes[-1])):
        lines.append(f"boxes: {path} ({HEADER})")
    if arguments.out:
        lines.append(f"video: {arguments.out}")
    return "\n".join(lines)
