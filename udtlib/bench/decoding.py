"""What it costs to decode a video in a child process: ``udt bench --decoding``. Book: chapter 10.

The video is our own, so that decoding it in this process, for comparison, is safe.
"""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Annotated, Any

import cv2
import numpy as np
from tqdm import tqdm

from udtlib.arguments import Between, checked
from udtlib.data.registry import load_dataset
from udtlib.data.sequences import Frames
from udtlib.data.video.file import VideoFile
from udtlib.data.video.reader import VideoReader
from udtlib.data.video.writer import VideoWriter

SIZE = (640, 480)
"""Width and height of the video, VP9 in an mp4 as `udt track --out` writes it."""


@dataclass(frozen=True)
class Decoding:
    """What was measured; one number a round.

    Attributes:
        frames: how many the video has.
        direct: frames a second, decoded in this process.
        child: frames a second, decoded in a child process, whose start is not counted.
        start_ms: milliseconds of that start, up to the first frame.
    """

    frames: int
    direct: tuple[float, ...]
    child: tuple[float, ...]
    start_ms: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times as fast the child is as this process: the median over rounds."""
        return median(child / direct for child, direct in zip(self.child, self.direct, strict=True))


@checked
def measure_decoding(
    frames: Annotated[int, Between(2, 10**5)], rounds: Annotated[int, Between(1, 10**6)]
) -> Decoding:
    """Return the cost of reading the frames of a video in order, both ways in turn."""
    direct, child, starts = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        path = _write_video(Path(folder, "video.mp4"), frames)
        for _ in range(rounds):
            direct.append(_pace(VideoReader(path), frames))
            begin = perf_counter()
            opened = VideoFile(path)
            starts.append(1e3 * (perf_counter() - begin))
            try:
                child.append(_pace(opened, frames))
            finally:
                opened.close()
    return Decoding(frames, tuple(direct), tuple(child), tuple(starts))


def _write_video(path: Path, frames: int) -> Path:
    """Write a video of the synthetic benchmark's pictures, enlarged."""
    pictures = load_dataset("synthetic")[0].frames
    writer = VideoWriter(path, 25, np.zeros((*SIZE[::-1], 3), np.uint8))
    for index in tqdm(range(frames), unit="frame", desc="writing a video", leave=False, disable=None):
        picture = cv2.resize(pictures[index % len(pictures)], SIZE)
        writer.write(np.asarray(picture, dtype=np.uint8))
    writer.close()
    return path


def _pace(video: Frames, count: int) -> float:
    """Return frames a second; the first, which opening decodes, does not count."""
    video.read(0)
    begin = perf_counter()
    for index in range(1, count):
        video.read(index)
    return (count - 1) / (perf_counter() - begin)


def decoding_table(cost: Decoding) -> str:
    """Return frames a second both ways, their ratio, and the time of a child's start."""
    lines = [f"{'decoded':<18}{'fps':>8}{'lowest':>9}{'highest':>9}"]
    for name, fps in (("in this process", cost.direct), ("in a child", cost.child)):
        lines.append(f"{name:<18}{median(fps):>8.0f}{min(fps):>9.0f}{max(fps):>9.0f}")
    width, height = SIZE
    note = f"{cost.frames} frames of {width}x{height}, VP9; ratio {cost.ratio:.2f}, "
    return "\n".join([*lines, f"{note}start of a child {median(cost.start_ms):.0f} ms"])


def decoding_to_dict(cost: Decoding) -> dict[str, Any]:
    """Return the figures as JSON can hold them."""
    return asdict(cost) | {"size": list(SIZE), "ratio": cost.ratio}
