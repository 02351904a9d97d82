"""The frames from ``--start`` to ``--end``, counted from 0, with progress. Book: chapter 00."""

import sys
from collections.abc import Iterator
from itertools import count

from tqdm import tqdm

from udtlib.data.one_size import OneSize
from udtlib.data.sequences import Frames
from udtlib.data.video.file import VideoFile
from udtlib.data.video.live import LiveVideo
from udtlib.errors import DataError, DecoderError, MissingDataError
from udtlib.frames import Frame

STRIDE = 50
"""Frames passed over between two signs of progress."""


def check_range(start: int, end: int | None) -> None:
    """Check what can be checked before the source is opened.

    Raises:
        DataError: the end comes before the start.
    """
    if end is not None and end < start:
        raise DataError(f"--end {end} comes before --start {start}; both count from 0 and are tracked")


def frame_at(frames: Frames, index: int, name: str, option: str = "--start") -> Frame:
    """Return frame ``index``; a long way there shows its progress.

    Raises:
        DataError: there is no such frame, or it cannot be read.
        MissingDataError, DecoderError: as ``frames``.
    """
    way = range(0, index, STRIDE) if isinstance(frames, VideoFile) else ()
    try:
        with tqdm(total=index, unit="frame", desc="passing over", delay=1, leave=False, disable=None) as bar:
            for reached in way:
                frames[reached]
                bar.update(reached - bar.n)
        return frames[index]  # type: ignore[no-any-return]
    except IndexError as error:
        found = "ends before it" if isinstance(frames, LiveVideo) else f"has {len(frames)} frames"
        raise DataError(f"{option} {index}: {name_of(frames, name)} {found}; the first is frame 0") from error


def name_of(frames: Frames, source: str) -> str:
    """Return what messages call the frames of ``source``: of a URL, not its password."""
    return frames.name if isinstance(frames, VideoFile) else source


def read_on(frames: Frames, one_size: OneSize, start: int, end: int | None) -> Iterator[Frame | None]:
    """Yield the frames after ``start``, to ``end``, with a progress bar; None for one that cannot be read.

    Raises:
        DecoderError: no more frames can be read.
    """
    last = (frames.announced if isinstance(frames, VideoFile) else len(frames)) - 1
    last = last if end is None or 0 <= last < end else end
    with tqdm(
        total=last - start + 1 if last >= start else None, initial=1, unit="frame", disable=None
    ) as bar:
        for index in count(start + 1):
            if end is not None and index > end:
                return
            try:
                frame: Frame | None = one_size(frames[index], index)
            except IndexError:
                return
            except DecoderError:
                raise
            except (DataError, MissingDataError) as error:
                frame = None
                tqdm.write(f"frame {index} is passed over, the last box is kept: {error}", file=sys.stderr)
            yield frame
            bar.update()
