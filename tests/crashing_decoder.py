"""The decoder's process, but it dies at videos whose name says so. Run by `test_decoding`."""

import os
import sys
import time
from unittest import mock

from udtlib.data.raw_video import decoding

open_frames = decoding.open_frames


def open_or_die(path):
    if "abort" in path.name:
        os.abort()
    if "exit" in path.name:
        os._exit(3)
    if "hang" in path.name:
        time.sleep(60)
    return open_frames(path)


if __name__ == "__main__":
    with mock.patch.object(decoding, "open_frames", open_or_die):
        decoding.serve(sys.stdin.buffer, sys.stdout.buffer)
