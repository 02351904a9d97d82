"""The README's pictures are drawn by our own code; ``python tests/test_start_picture.py`` redraws them."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageSequence

from udtlib import load_tracker, viz
from udtlib.animation import webp_animation
from udtlib.data.cast import render_cast
from udtlib.data.synthetic import render_clip
from udtlib.files import write_whole
from udtlib.widgets.scrubber import frame_drawer

FIGURES = Path(__file__).resolve().parents[1] / "book" / "figures"
PICTURE, ANIMATION = FIGURES / "start.png", FIGURES / "start.webp"


def tracked(clip, name):
    """Return a tracker's boxes and response maps, one a frame."""
    tracker = load_tracker(name)
    tracker.init(clip.frames[0], clip.boxes[0])
    boxes, responses = [clip.boxes[0]], [None]
    for frame in clip.frames[1:]:
        boxes.append(tracker.update(frame))
        responses.append(tracker.response)
    return np.array(boxes), responses


def start_picture():
    """Three moments of chapter 00: MOSSE follows, is led astray, and is sure of the wrong place."""
    clip = render_clip(seed=6, fast_motion=0.3, occlusion=0.7)
    draw = frame_drawer(clip, *tracked(clip, "mosse"), height=150)
    return viz.contact_sheet([draw(index) for index in (16, 30, 119)], columns=3)


def start_animation():
    """A toy car comes nearer and drives off: UDT's box changes with it, MOSSE's does not."""
    clip = render_cast("car", 100, seed=9, scale_variation=0.5)
    (mosse, _), (udt, responses) = (tracked(clip, name) for name in ("mosse", "udt-released"))
    draw = frame_drawer(clip, {"MOSSE": mosse, "UDT": udt}, responses, height=200)
    return [draw(index) for index in range(0, len(clip), 2)]


def test_the_readme_shows_what_the_code_draws():
    stored = cv2.cvtColor(cv2.imread(str(PICTURE)), cv2.COLOR_BGR2RGB)
    drawn = start_picture()
    assert stored.shape == drawn.shape
    assert np.abs(stored.astype(int) - drawn).mean() < 2
    assert PICTURE.stat().st_size < 400_000


def test_the_readme_moves_as_the_code_does():
    """Half-way through and at the end: the trackers' boxes are where they are when the code runs here."""
    stored = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(Image.open(ANIMATION))]
    drawn = start_animation()
    assert len(stored) == len(drawn)
    for index in (len(drawn) // 2, -1):
        blurred = [cv2.GaussianBlur(picture[index], None, 2).astype(int) for picture in (stored, drawn)]
        assert np.abs(blurred[0] - blurred[1]).mean() < 4
    assert ANIMATION.stat().st_size < 300_000


if __name__ == "__main__":
    cv2.imwrite(str(PICTURE), cv2.cvtColor(start_picture(), cv2.COLOR_RGB2BGR))
    write_whole(ANIMATION, webp_animation(start_animation()))
