"""The README's picture is drawn by our own code; ``python tests/test_start_picture.py`` redraws it."""

from pathlib import Path

import cv2
import numpy as np

from udtlib import load_tracker, viz
from udtlib.data.synthetic import render_clip
from udtlib.widgets.scrubber import frame_drawer

PICTURE = Path(__file__).resolve().parents[1] / "book" / "figures" / "start.png"


def start_picture():
    """Three moments of chapter 00: MOSSE follows, is led astray, and is sure of the wrong place."""
    clip = render_clip(seed=6, fast_motion=0.3, occlusion=0.7)
    tracker = load_tracker("mosse")
    tracker.init(clip.frames[0], clip.boxes[0])
    boxes, responses = [clip.boxes[0]], [None]
    for frame in clip.frames[1:]:
        boxes.append(tracker.update(frame))
        responses.append(tracker.response)
    draw = frame_drawer(clip, boxes, responses, height=150)
    return viz.contact_sheet([draw(index) for index in (16, 30, 119)], columns=3)


def test_the_readme_shows_what_the_code_draws():
    stored = cv2.cvtColor(cv2.imread(str(PICTURE)), cv2.COLOR_BGR2RGB)
    drawn = start_picture()
    assert stored.shape == drawn.shape
    assert np.abs(stored.astype(int) - drawn).mean() < 2
    assert PICTURE.stat().st_size < 400_000


if __name__ == "__main__":
    cv2.imwrite(str(PICTURE), cv2.cvtColor(start_picture(), cv2.COLOR_RGB2BGR))
