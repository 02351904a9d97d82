"""Animations: what comes back from the file, its size, and what is refused."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageSequence

from udtlib.animation import animation, webp_animation
from udtlib.errors import FrameError, OptionError

SMOOTH = np.linspace(0, 200, 64).astype(np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)


def moving(count):
    """A bright square that moves by two pixels a picture over a smooth background."""
    pictures = [SMOOTH.copy() for _ in range(count)]
    for index, picture in enumerate(pictures):
        picture[20:28, 2 * index : 2 * index + 8] = 255
    return pictures


def decoded(data):
    image = Image.open(io.BytesIO(data))
    pictures, times = [], []
    for frame in ImageSequence.Iterator(image):
        pictures.append(np.asarray(frame.convert("RGB")))
        times.append(frame.info["duration"])
    return image, pictures, times


def test_what_is_shown_is_what_was_given():
    given = moving(10)
    image, pictures, times = decoded(webp_animation(given, 40))
    assert image.info["loop"] == 0, "for ever"
    assert times == [40] * 10
    assert all(np.abs(a.astype(int) - b).mean() < 3 for a, b in zip(pictures, given, strict=True))


def test_a_picture_that_stays_is_stored_once():
    first, second = moving(2)
    _, pictures, times = decoded(webp_animation([first, first, second, second, second], [10, 20, 30, 40, 50]))
    assert (len(pictures), times) == (2, [30, 120])


def test_a_time_may_be_a_number_of_numpy():
    plain = webp_animation(moving(3), 120)
    assert webp_animation(moving(3), np.int64(120)) == plain
    assert webp_animation(moving(3), np.full(3, 120)) == plain


def test_as_much_quality_as_fits():
    noise = list(np.random.default_rng(0).integers(0, 256, (4, 90, 90, 3), dtype=np.uint8))
    best = len(webp_animation(noise))
    assert len(webp_animation(noise, largest=best // 2)) <= best // 2
    with pytest.raises(OptionError, match=r"4 pictures take [0-9]+ bytes, more than 500"):
        webp_animation(noise, largest=500)


def test_in_a_notebook_one_picture_stands_still_in_print():
    given = moving(3)
    shown = animation(given, 'a "square" moves', still=0).data
    assert shown.count('alt="a &quot;square&quot; moves"') == 2
    assert "prefers-reduced-motion" in shown
    moves, rests = (base64.b64decode(text) for text in re.findall(r"base64,([^\"]+)", shown))
    assert len(decoded(moves)[1]) == 3
    (still,) = [np.asarray(Image.open(io.BytesIO(rests)).convert("RGB"))]
    assert np.abs(still.astype(int) - given[0]).mean() < 3


def test_refusals():
    with pytest.raises(FrameError, match="found none"):
        webp_animation([])
    with pytest.raises(FrameError, match="expected 64x48, found 63x48"):
        webp_animation([SMOOTH, SMOOTH[:, 1:]])
    with pytest.raises(OptionError, match="expected 2, one a picture, found 1"):
        webp_animation(moving(2), [5])
    with pytest.raises(OptionError, match="expected words"):
        animation(moving(2), " ")
