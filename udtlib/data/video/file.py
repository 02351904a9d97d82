"""Video files as frames: lazy, any order, decoded in a child process. Book: chapters 00 and 10.

Files exist that make a codec crash or hang, and no ``except`` survives that. So each opened video has a
process of its own (`udtlib.data.video.process`); what happens there becomes a `DecoderError` here. An opened
video may be read by several threads, pickled, and used after a fork: the new process starts its own child.

That costs time: read in order, 640x480 pixels of VP9 came at 116 frames a second instead of 152 on two cores
of an Intel Xeon with other work beside it, and a child took 0.3 s to start: ``udt bench --decoding``.
"""

import json
import weakref
from pathlib import Path
from threading import RLock
from typing import Any

from udtlib.child_process import PATIENCE, Child, after_fork
from udtlib.data.images import largest_image
from udtlib.data.sequences import Frames
from udtlib.data.video.shared_frame import SharedFrame
from udtlib.errors import DataError, DecoderError, MissingDataError
from udtlib.files import user_path
from udtlib.frames import Frame

MOST_OPEN = 16
"""Videos that have a process at a time; of more, the oldest lose theirs until they are read again."""

LONGEST_LINE = 1 << 16


class VideoFile(Frames):
    """The frames of a video file; frame ``i`` is always the i-th decoded one.

    Attributes:
        path: the file's absolute path, which stays right when the current folder changes.
        name: what messages call it.
        patience: seconds.
        fps: frames per second as the file states them; 0 if it does not, or something else than
            0.01 to 1000.
        announced: how many frames the file says it has; may be wrong, ``len()`` counts them.

    Raises:
        MissingDataError: no such file, or one that may not be read.
        DataError: not a video that OpenCV can decode.
        OptionError: as `largest_image`.
        DecoderError: opening it, or decoding its first frame, crashed or hung.
    """

    module = "udtlib.data.video.process"

    def __init__(self, path: str | Path, patience: float = PATIENCE) -> None:
        """Open a video; ``patience`` seconds without a frame passed mean that its codec hangs."""
        self.path, self.name = user_path(path).absolute(), str(path)
        largest_image()  # what is wrong with it is said here, not in the child
        if not self.path.is_file():
            raise MissingDataError(f"{path}: no such video file")
        self._begin(patience)

    def _begin(self, patience: float) -> None:
        self.patience = patience
        self._lock = RLock()
        self._process: _Process | None = None
        self._count: int | None = None
        self._bad: tuple[int, str] | None = None  # the frame at which it died, and why
        self.fps, self.announced = 0.0, 0
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
        return self._ask(index, frame=index, ahead=self._bad is None)["pixels"]  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the video's process; reading another frame starts a new one."""
        with self._lock:
            _RECENT.pop(self, None)
            if self._process:
                self._process.close()
            self._process = None

    def _child(self, shared: SharedFrame) -> Child:
        """Start the process that decodes into ``shared``."""
        with open(self.path, "rb") as file:
            files = [file.fileno(), shared.descriptor]
            return Child(self.module, [str(self.path)], files, self.patience, lambda: shared.at)

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
            raise DecoderError(self._bad[1] if self._bad else f"{self.name}: the decoder gave no answer")

    def _try(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the process's answer; if it dies, write down where and of what, and return nothing."""
        process = self._process or self._start()
        try:
            answer = process.opened or process.answer()
            if process.opened is None:
                self.fps, self.announced = answer.get("fps", 0.0), answer.get("announced", 0)
            process.opened = answer
            return answer if "error" in answer or not request else process.answer(request)
        except (EOFError, TimeoutError) as error:
            cause, at = process.child.cause_of_death(error, "frame"), process.shared.at
            self._bad = at, f"{self.name}: the decoder {cause} at frame {at}"
            self.close()
            return {}
        except BaseException:
            self.close()  # The rest of its answer is of no use to anybody.
            raise

    def _start(self) -> "_Process":
        _make_room()
        _RECENT[self] = None
        try:
            self._process = _Process(self)
        except PermissionError as error:
            raise MissingDataError(f"{self.name}: cannot be read ({error.strerror})") from error
        return self._process


class _Process:
    """The child that decodes a video, and the memory it shares with this process."""

    def __init__(self, video: VideoFile) -> None:
        self.opened: dict[str, Any] | None = None
        self.shared = SharedFrame()
        self.child = video._child(self.shared)

    def answer(self, request: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to a request, or the next line; with the frame if it announces one."""
        if request:
            self.child.send(json.dumps(request).encode() + b"\n")
        line = self.child.output.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        if "height" in answer:
            answer["pixels"] = self.shared.read(answer["height"], answer["width"])
        return answer

    def close(self) -> None:
        self.child.close()
        self.shared.close()


_RECENT: "weakref.WeakKeyDictionary[VideoFile, None]" = weakref.WeakKeyDictionary()


def _make_room() -> None:
    """End the processes of videos that were opened long ago, but for those that are being read."""
    for video in list(_RECENT)[: max(0, len(_RECENT) - MOST_OPEN + 1)]:
        if video._lock.acquire(blocking=False):
            video.close()
            video._lock.release()


def _start_anew() -> None:
    """In a forked process: the children are the other's, and threads that are not here may hold locks."""
    for video in list(_RECENT):
        video._lock, video._process = RLock(), None
    _RECENT.clear()


after_fork(_start_anew)
