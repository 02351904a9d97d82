"""The process of one opened video, but its codec dies where the file's name says, as in `abort-12.avi`."""

import os
import time
from pathlib import Path

from udtlib.data.video import process
from udtlib.data.video.reader import VideoReader


def reader_that_dies(path, descriptor, notice):
    kind, _, number = Path(path).stem.partition("-")

    def notice_and_die(index):
        notice(index)
        if index == int(number or -1):
            {"abort": os.abort, "exit": lambda: os._exit(3), "hang": lambda: time.sleep(60)}[kind]()

    return VideoReader(path, descriptor, notice_and_die)


if __name__ == "__main__":
    process.VideoReader = reader_that_dies
    process.main()
