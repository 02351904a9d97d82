"""The process in which `udtlib.data.video.live` has a camera or a stream decoded; as `video_process`."""

import sys
from collections.abc import Callable

import cv2

from udtlib.child_process import messages_out
from udtlib.data.video.process import Answers
from udtlib.data.video.reader import FRAME_RATES, VideoReader
from udtlib.data.video.shared_frame import SharedFrame
from udtlib.errors import DataError
from udtlib.frames import Frame

WAIT = 10.0
"""Seconds for a stream to open, and for its next frame."""


class LiveReader(VideoReader):
    """The frames of a camera or a stream: each passes once, in order."""

    def __init__(self, source: str, name: str, notice: Callable[[int], None] = lambda index: None) -> None:
        """Open a camera, by its number, or a URL; ``name`` stands in errors.

        Raises:
            DataError: it cannot be opened, or shows no frame.
        """
        self._name, self._notice, self._next = name, notice, 0
        if source.isdecimal():
            self._capture = cv2.VideoCapture(int(source))
        else:
            times = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC]
            limits = [number for each in times for number in (each, int(1000 * WAIT))]
            self._capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)
        if not self._capture.isOpened():
            raise DataError(f"{name}: cannot be opened{HINTS[source.isdecimal()]}")
        stated = self._capture.get(cv2.CAP_PROP_FPS)  # of RTSP often the clock's 90,000
        self.fps = stated if stated in FRAME_RATES else 0.0
        self.announced = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        if not self.pass_to(0):
            raise DataError(f"{name}: found no frame that can be decoded{BLIND[source.isdecimal()]}")

    def __len__(self) -> int:
        """Raise DataError: how many frames are still to come nobody knows."""
        raise DataError(f"{self._name}: a camera or a stream has no number of frames")

    def pass_to(self, index: int) -> bool:
        """Let frames pass up to and including ``index``; False if it ends before, or is silent for `WAIT`."""
        while self._next <= index:
            self._notice(self._next)
            if not self._capture.grab():
                return False
            self._next += 1
        return True

    def read(self, index: int) -> Frame:
        """Return frame ``index``.

        Raises:
            IndexError: past the end.
            DataError: it has passed, or cannot be decoded.
        """
        if index < self._next - 1:
            raise DataError(f"{self._name}: frame {index} has passed; a camera or a stream does not go back")
        if not self.pass_to(index):
            raise IndexError(f"frame {index} of {self._next} in {self._name}")
        return self._decoded(index)


HINTS = {
    True: "; is it plugged in, not used by another program, and yours to use (on Linux: the group video)?",
    False: "; is the address right, and does the server send video?",
}

BLIND = {
    True: "; another program may have taken the camera",
    False: "; many MP4 files need a server that answers Range requests: download the file instead",
}


def main() -> None:
    """Serve the source named in ``sys.argv`` after the shared memory's descriptor, the name last."""
    cv2.setNumThreads(1)
    shared, source, name = sys.argv[1:]
    answers = Answers(messages_out(), SharedFrame(int(shared)))
    answers.serve(sys.stdin.buffer, lambda notice: LiveReader(source, name, notice))


if __name__ == "__main__":
    main()
