"""The process in which `udtlib.data.video_file` has one video decoded.

It reads a request a line, ``{"frame": 5}`` or ``{"count": true}``, and answers with a line of JSON; after
``{"shape": [H, W, 3]}`` follow the pixels, RGB. Before each frame it decodes it says ``{"at": 5}``, so that
a crash has a place. When frames are asked for in order, the next is decoded while the caller is busy.
"""

import json
import sys
from collections.abc import Iterable
from typing import Any, BinaryIO

import cv2
import numpy as np

from udtlib.child_process import messages_out
from udtlib.data.video_reader import VideoReader
from udtlib.errors import DataError
from udtlib.frames import Frame


class Answers:
    """Answers to requests, written down as they come."""

    def __init__(self, messages: BinaryIO) -> None:
        self.messages = messages
        self.held: tuple[int, Frame] = -1, np.empty((0, 0, 3), np.uint8)

    def say(self, **message: Any) -> None:
        """Write one line."""
        self.messages.write(json.dumps(message).encode() + b"\n")
        self.messages.flush()

    def serve(self, requests: Iterable[bytes], path: str, descriptor: int) -> None:
        """Open the video and answer requests about it until there are no more."""
        try:
            video = VideoReader(path, descriptor, lambda index: self.say(at=index))
        except (DataError, cv2.error, OSError, MemoryError) as error:
            self.say(error=_in_a_line(error))
            return
        self.say(fps=video.fps, announced=video.announced)
        for line in requests:
            self.answer(video, json.loads(line))

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
        """Send a frame; after the one before it, and if ``ahead``, decode the next one too."""
        before, frame = self.held
        if before != index:
            frame = video.read(index)
            self.held = index, frame
        self.say(shape=frame.shape)
        self.messages.write(frame.data)
        self.messages.flush()
        if ahead and before == index - 1:
            video.pass_to(index + 1)


def _in_a_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


if __name__ == "__main__":
    cv2.setNumThreads(1)
    Answers(messages_out()).serve(sys.stdin.buffer, sys.argv[2], int(sys.argv[1]))
