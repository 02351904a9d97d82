"""The video writer: what it refuses before an encoder meets it."""

import math

import numpy as np
import pytest
from video_files import write_video

from udtlib.data.video import reader
from udtlib.data.video.reader import VideoReader
from udtlib.data.video.writer import VideoWriter
from udtlib.errors import FrameError, OptionError

FRAME = np.zeros((48, 64, 3), np.uint8)


@pytest.mark.parametrize("fps", [math.inf, -math.inf, math.nan, 0, -25, 1e-9, 1001, 1e12, "25", None, True])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_frame_rates_no_encoder_can_take(tmp_path, suffix, fps):
    """At an infinite one OpenCV never returned, at 10,000 a WebM had another one."""
    with pytest.raises(OptionError, match=r"fps: expected a number from 0.01 to 1,000, found"):
        VideoWriter(tmp_path / f"out{suffix}", fps, FRAME)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fps", [0.01, 29.97, 1000])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_frame_rates_come_back(tmp_path, suffix, fps):
    writer = VideoWriter(tmp_path / f"out{suffix}", fps, FRAME)
    for grey in range(3):
        writer.write(np.full_like(FRAME, 80 * grey))
    writer.close()
    video = VideoReader(tmp_path / f"out{suffix}")
    assert (len(video), video.fps) == (3, pytest.approx(fps, rel=0.01))


@pytest.mark.parametrize(("stated", "believed"), [(math.inf, 0), (math.nan, 0), (-1, 0), (1e9, 0), (50, 50)])
def test_a_file_that_states_an_impossible_rate(tmp_path, monkeypatch, stated, believed):
    class Capture:
        def __init__(self, *arguments):
            self.real = real(*arguments)

        def __getattr__(self, name):
            return getattr(self.real, name)

        def get(self, property):
            return stated if property == reader.cv2.CAP_PROP_FPS else self.real.get(property)

    path = write_video(tmp_path / "clip.avi", np.zeros((3, 48, 64, 3), np.uint8))
    real = reader.cv2.VideoCapture
    monkeypatch.setattr(reader.cv2, "VideoCapture", Capture)
    assert VideoReader(path).fps == believed


@pytest.mark.parametrize(
    "frame", [FRAME[:-1], np.zeros((48, 64), float), np.zeros((0, 64, 3), np.uint8), None, FRAME[..., :2]]
)
def test_frames_of_another_kind_or_size(tmp_path, frame):
    """OpenCV leaves out a frame of another size without an error."""
    writer = VideoWriter(tmp_path / "out.mp4", 25, FRAME)
    writer.write(FRAME)
    with pytest.raises(FrameError):
        writer.write(frame)
    writer.write(FRAME[..., 0])  # grey is a frame
    writer.close()
    assert len(VideoReader(tmp_path / "out.mp4")) == 2
