"""Cameras and streams as frames, decoded in a child process; and what a source's text means.

Book: chapter 00.
"""

import os
import re
from pathlib import Path
from typing import Any

from udtlib.child_process import PATIENCE, Child
from udtlib.data.folder import open_frames
from udtlib.data.sequences import Frames
from udtlib.data.video.file import VideoFile
from udtlib.data.video.shared_frame import SharedFrame
from udtlib.errors import DataError

SCHEMES = ("http", "https", "rtmp", "rtmps", "rtp", "rtsp", "rtsps", "srt", "tcp", "udp")
CAMERA = re.compile(r"[0-9]{1,2}")
DEVICE = re.compile(r"/dev/video([0-9]{1,2})")


class LiveVideo(VideoFile):
    """The frames of a camera or a stream: each can be read once, in order, and nobody knows how many come.

    ``len()`` raises DataError. A frame that comes while the last one is worked on waits, as long as the
    camera's driver or the server keeps it.
    """

    module = "udtlib.data.video.live_process"

    def __init__(self, source: str, patience: float = PATIENCE) -> None:
        """Open a camera, by its number as text, or a URL of one of `SCHEMES`.

        Raises:
            DataError: another source, one that cannot be opened, or one that shows no frame.
            DecoderError: opening it, or decoding its first frame, crashed or hung.
        """
        if not is_live(source):
            raise DataError(f"{source}: expected a camera's number or a URL of {', '.join(SCHEMES)}")
        self.place, self.name = source, shown_name(source)
        self.path = Path(self.name)
        self._begin(patience)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as the source alone, which is opened again there."""
        return type(self), (self.place, self.patience)

    def _child(self, shared: SharedFrame) -> Child:
        return Child(
            self.module, [self.place, self.name], [shared.descriptor], self.patience, lambda: shared.at
        )


def is_live(source: str) -> bool:
    """Return whether a text names a camera or a stream, and not a file; an existing file is a file."""
    if os.path.lexists(source):
        return False
    return CAMERA.fullmatch(source) is not None or _scheme(source) in SCHEMES


def shown_name(source: str) -> str:
    """Return what messages call a source: a URL without the password and the query it may carry."""
    if CAMERA.fullmatch(source):
        return f"camera {source}"
    scheme, _, rest = source.partition("://")
    return f"{scheme}://{re.split('[?#]', rest)[0].rpartition('@')[2]}"


def open_source(source: str) -> Frames:
    """Return the frames of a video file, a folder of images, a camera (``"0"``) or a stream (a URL).

    Raises:
        DataError: no name at all, a camera's device, a URL of another kind than `SCHEMES`, or as `LiveVideo`
            and `open_frames`.
        MissingDataError, DecoderError: as `open_frames`.
    """
    if not source:
        raise DataError("expected a video, a folder, a camera or a stream, found an empty name")
    if is_live(source):
        return LiveVideo(source)
    if device := DEVICE.fullmatch(source):
        raise DataError(f"{source}: a camera is named by its number alone, here {int(device[1])}")
    if _scheme(source) and not os.path.lexists(source):
        raise DataError(f"{shown_name(source)}: expected a URL that starts with one of {', '.join(SCHEMES)}")
    return open_frames(source)


def _scheme(source: str) -> str:
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", source)
    return found[1].lower() if found else ""
