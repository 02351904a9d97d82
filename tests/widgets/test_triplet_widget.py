"""The demo of chapter 10: triplets are cut where and when the controls say."""

import numpy as np
import pytest

from udtlib.data.raw_video.patch_selection import SELECTIONS, cut_patches
from udtlib.widgets import triplet


def test_patches_are_those_that_packing_cuts():
    found = triplet.cut("calm", "centre", 3, 2, 7)
    assert found.indices == (3, 5, 10)
    frames = [triplet.clip_of("calm").frames[index] for index in found.indices]
    np.testing.assert_array_equal(found.patches, np.stack(list(cut_patches(frames))))


def test_follow_moves_its_window():
    followed = triplet.middles_of("calm", "follow")
    assert followed.shape == (triplet.FRAMES, 2)
    assert np.ptp(followed, axis=0).max() > 2
    assert np.ptp(triplet.middles_of("calm", "entropy"), axis=0).max() == 0


def test_beyond_the_end_is_the_last_frame():
    last = triplet.FRAMES - 1
    found = triplet.cut("calm", "centre", last - 1, 5, 9)
    assert found.indices == (last - 1, last, last)
    np.testing.assert_array_equal(found.patches[1], found.patches[2])


@pytest.mark.parametrize(
    ("box", "share"),
    [
        ((10, 10, 4, 4), 1),
        ((18, 10, 4, 4), 0.5),
        ((18, 18, 4, 4), 0.25),
        ((30, 10, 4, 4), 0),
        ((0, 0, 40, 40), 0.25),
    ],
)
def test_share_inside(box, share):
    window = np.array([0.0, 0.0, 20.0, 20.0])
    assert triplet.share_inside(np.array(box, float), window) == pytest.approx(share)


def test_twin_is_a_picture_and_controls_start_at_the_defaults():
    demo = triplet.demo()
    assert demo.twin.dtype == np.uint8
    assert demo.twin.shape[2] == 3
    assert np.array_equal(demo.start(), triplet.draw())
    assert set(demo.sliders["selection"].options) == set(SELECTIONS)
    for clip in demo.sliders["clip"].options:
        assert triplet.draw(clip, "centre", triplet.FRAMES - 2, 10, 10).shape == triplet.draw().shape
