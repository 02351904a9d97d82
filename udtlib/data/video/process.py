"""The process in which `udtlib.data.video.file` has one video decoded.

It reads a request a line, ``{"frame": 5}`` or ``{"count": true}``, and answers with a line of JSON. Frames go
through shared memory, and so does the number of the frame being decoded, so that a crash has a place. When
frames are asked for in order, the next is decoded while the caller is busy.
"""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

import cv2

from udtlib.child_process import messages_out
from udtlib.data.video.reader import VideoReader
from udtlib.data.video.shared_frame import SharedFrame
from udtlib.errors import DataError

Notice = Callable[[int], None]


class Answers:
    """Answers to requests, written down as they come."""

    def __init__(self, messages: BinaryIO, shared: SharedFrame) -> None:
        self.messages, self.shared = messages, shared
        self.sent = {"frame": -1}

    def say(self, **message: Any) -> None:
        """Write one line."""
        self.messages.write(json.dumps(message).encode() + b"\n")
        self.messages.flush()

    def serve(self, requests: Iterable[bytes], open_video: Callable[[Notice], VideoReader]) -> None:
        """Open the video and answer requests about it until there are no more."""
        try:
            video = open_video(self.notice)
        except (DataError, cv2.error, OSError, MemoryError) as error:
            self.say(error=_in_a_line(error))
            return
        self.say(fps=video.fps, announced=video.announced)
        for line in requests:
            self.answer(video, json.loads(line))

    def notice(self, index: int) -> None:
        """Let the other process know which frame is decoded next."""
        self.shared.at = index

    def answer(self, video: VideoReader, request: dict[str, Any]) -> None:
        """Answer one request."""
        try:
            if "count" in request:
                self.say(count=len(video))
            else:
                self.send(video, request["frame"], request["ahead"])
        except IndexError as error:
            self.say(past_the_end=str(error))
        except (DataError, cv2.error, MemoryError) as error:
            self.say(error=_in_a_line(error))

    def send(self, video: VideoReader, index: int, ahead: bool) -> None:
        """Send a frame; if it follows the one sent before, and ``ahead``, decode the next one too."""
        before = self.sent["frame"]
        if before != index:
            self.sent = {"frame": -1}
            frame = video.read(index)
            self.shared.write(frame)
            self.sent = {"frame": index, "height": frame.shape[0], "width": frame.shape[1]}
        self.say(**self.sent)
        if ahead and before == index - 1:
            video.pass_to(index + 1)


def _in_a_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def main() -> None:
    """Serve the video and the memory whose descriptors, and the path, are in ``sys.argv``."""
    cv2.setNumThreads(1)
    video, shared, path = sys.argv[1:]
    answers = Answers(messages_out(), SharedFrame(int(shared)))
    answers.serve(sys.stdin.buffer, lambda notice: VideoReader(path, int(video), notice))


if __name__ == "__main__":
    main()
