"""The process in which `udtlib.data.raw_video.decoding` decodes; whatever codecs print goes nowhere."""

import os
import sys

import cv2

from udtlib.data.raw_video.decoding import serve

if __name__ == "__main__":
    cv2.setNumThreads(1)
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, messages)
