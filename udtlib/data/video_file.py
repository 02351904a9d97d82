"""Video files as frames: lazy, any order, decoded in a child process. Book: chapters 00 and 10.

Files exist that make a codec crash or hang, and no ``except`` survives that. So each opened video has a
process of its own (`udtlib.data.video_process`); what happens there becomes a `DecoderError` here. An opened
video may be read by several threads, pickled, and used after a fork: the new process starts its own child.
"""

import json
import os
import weakref
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from udtlib.child_process import PATIENCE, Child
from udtlib.data.sequences import Frames
from udtlib.data.video_reader import MOST_PIXELS
from udtlib.errors import DataError, DecoderError, MissingDataError
from udtlib.frames import Frame

MOST_OPEN = 16
"""Videos that have a process at a time; of more, the one unused for longest loses its own until it is read again."""

LONGEST_LINE = 1 << 16


class VideoFile(Frames):
    """The frames of a video file; frame ``i`` is always the i-th decoded one.

    Attributes:
        path: the file.
        fps: frames per second as the file states them; 0 if it does not.
        announced: how many frames the file says it has; may be wrong, ``len()`` counts them.

    Raises:
        MissingDataError: no such file, or one that may not be read.
        DataError: not a video that OpenCV can decode.
        DecoderError: opening it, or decoding its first frame, crashed or hung.
    """

    module = "udtlib.data.video_process"

    def __init__(self, path: str | Path, patience: float = PATIENCE) -> None:
        """Open a video; ``patience`` seconds without a frame passed mean that its codec hangs."""
        self.path, self.patience = Path(path), patience
        self._place = os.path.abspath(path)
        self._lock = RLock()
        self._child: Child | None = None
        self._count: int | None = None
        self._at = 0  # the frame that the child is about to decode
        self._bad: tuple[int, str] | None = None  # the frame at which it died, and why
        self.fps, self.announced = 0.0, 0
        if not self.path.is_file():
            raise MissingDataError(f"{path}: no such video file")
        self._ask(0)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as the path alone."""
        return type(self), (self.path, self.patience)

    def __len__(self) -> int:
        """Return the number of frames that can be decoded; the first call passes over all of them.

        Raises:
            DecoderError: the decoder crashes or hangs on the way.
        """
        if self._count is None:
            self._count = int(self._ask(None, count=True)["count"])
        return self._count

    def read(self, index: int) -> Frame:
        """Return frame ``index``.

        Raises:
            IndexError: past the end.
            DataError: the frame is there but cannot be decoded.
            DecoderError: the decoder crashes or hangs at this frame or on the way to it.
        """
        return self._ask(index, frame=index, ahead=self._bad is None)["pixels"]

    def close(self) -> None:
        """End the video's process; reading another frame starts a new one."""
        with self._lock:
            _RECENT.pop(self, None)
            if self._child:
                self._child.close()
            self._child = None

    def _ask(self, goal: int | None, **request: Any) -> dict[str, Any]:
        """Return the answer to a request that needs the frames up to ``goal``, None for all.

        A child that died of a later frame, which it was decoding ahead, is started once more.
        """
        with self._lock:
            for _ in range(2):
                if self._bad and (goal is None or goal >= self._bad[0]):
                    break
                answer = self._try(request)
                if "past_the_end" in answer:
                    raise IndexError(answer["past_the_end"])
                if "error" in answer:
                    raise DataError(answer["error"])
                if answer:
                    return answer
            raise DecoderError(self._bad[1] if self._bad else f"{self.path}: the decoder gave no answer")

    def _try(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the child's answer; if it dies, write down where and of what, and return nothing."""
        try:
            answer = {} if self._child else self._start()
            if request and "error" not in answer:
                with suppress(BrokenPipeError):  # its last words are read below
                    self._running.input.write(json.dumps(request).encode() + b"\n")
                answer = self._answer()
            return answer
        except (EOFError, TimeoutError) as error:
            cause = self._running.cause_of_death(error, "frame")
            self._bad = self._at, f"{self.path}: the decoder {cause} at frame {self._at}"
            self.close()
            return {}
        except BaseException:
            self.close()  # The rest of its answer is of no use to anybody.
            raise

    @property
    def _running(self) -> Child:
        assert self._child is not None
        return self._child

    def _start(self) -> dict[str, Any]:
        """Start a child and return what it says about the video."""
        _make_room()
        _RECENT[self] = None
        self._at = 0
        try:
            with open(self._place, "rb") as file:
                arguments = [str(file.fileno()), str(self.path)]
                self._child = Child(self.module, arguments, [file.fileno()], self.patience)
        except PermissionError as error:
            raise MissingDataError(f"{self.path}: cannot be read ({error.strerror})") from error
        answer = self._answer()
        if "error" in answer:
            self.close()
        else:
            self.fps, self.announced = float(answer["fps"]), int(answer["announced"])
        return answer

    def _answer(self) -> dict[str, Any]:
        """Read on until something other than the next frame's number comes."""
        while True:
            line = self._running.output.readline(LONGEST_LINE)
            if not line.endswith(b"\n"):
                raise EOFError
            answer: dict[str, Any] = json.loads(line)
            if "shape" in answer:
                answer["pixels"] = self._pixels(*answer["shape"])
            if "at" not in answer:
                return answer
            self._at = int(answer["at"])

    def _pixels(self, height: int, width: int, channels: int) -> Frame:
        if channels != 3 or not 0 < height * width <= MOST_PIXELS:
            raise DataError(f"{self.path}: expected a frame, found {height} x {width} x {channels}")
        frame = np.empty((height, width, 3), np.uint8)
        if self._running.output.readinto(frame.data.cast("B")) < frame.size:
            raise EOFError
        return frame


_RECENT: "weakref.WeakKeyDictionary[VideoFile, None]" = weakref.WeakKeyDictionary()


def _make_room() -> None:
    """End the processes of videos that were opened long ago, but for those that are being read."""
    for video in list(_RECENT)[: max(0, len(_RECENT) - MOST_OPEN + 1)]:
        if video._lock.acquire(blocking=False):
            video.close()
            video._lock.release()


def _start_anew() -> None:
    """In a forked process: the children are the other one's, and locks may be held by threads that are not here."""
    for video in list(_RECENT):
        video._lock, video._child = RLock(), None
    _RECENT.clear()


os.register_at_fork(after_in_child=_start_anew)
