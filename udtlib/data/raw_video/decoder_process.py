"""The process in which `udtlib.data.raw_video.decoding` decodes; whatever codecs print goes nowhere."""

import sys

import cv2

from udtlib.child_process import messages_out
from udtlib.data.raw_video.decoding import serve

if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.path += sys.argv[1:]
    serve(sys.stdin.buffer, messages_out())
