"""The demo of chapter 07: its trip against the library's and a literal one, its truth against the clip's."""

import numpy as np
import pytest

from udtlib.data.synthetic import render_clip
from udtlib.dcf import default_sigma, gaussian_label
from udtlib.errors import UnknownNameError
from udtlib.unsupervised import round_trip_errors, track_forward_backward
from udtlib.widgets import round_trip

START = {name: control.start for name, control in round_trip.demo().sliders.items()}
LABEL = gaussian_label(121, 121, default_sigma(125, 125))


def test_trip_is_the_librarys():
    step = round_trip.solve(**START)
    x, z = (round_trip.look(START["clip"], frame).features for frame in (0, START["frame"]))
    trip = track_forward_backward(x, [z], LABEL)
    assert step.there == pytest.approx(trip.responses[0][0].numpy(), abs=1e-4)
    assert step.label == pytest.approx(trip.pseudo_labels[0][0].numpy(), abs=1e-6)
    assert step.back == pytest.approx(trip.back[0].numpy(), abs=1e-4)
    assert step.error == pytest.approx(round_trip_errors(trip.back, LABEL, "paper").item(), rel=1e-3)


def test_no_time_no_loss():
    step = round_trip.solve(**START | {"frame": 0})
    assert step.found == (0, 0)
    assert step.error < 0.1
    assert np.abs(step.target).max() == np.abs(step.background).max() == 0


@pytest.mark.parametrize("clip", round_trip.CLIPS)
def test_peak_follows_target_or_background(clip):
    step = round_trip.solve(**START | {"clip": clip})
    assert min(np.linalg.norm(place - step.found) for place in (step.target, step.background)) < 4


def test_window_moves_the_peak_to_the_target():
    far = START | {"frame": 10}
    plain, windowed = (round_trip.solve(**far | {"window": window}) for window in (0, 1))
    assert np.linalg.norm(plain.found - plain.background) < 4 < np.linalg.norm(plain.found - plain.target)
    assert np.linalg.norm(windowed.found - windowed.target) < 4


def test_one_channel_comes_home_from_anywhere_with_the_raw_response_only():
    lost = START | {"search": "another clip", "channels": 1}
    assert round_trip.solve(**lost | {"way_back": "raw response"}).error < 0.1
    step = round_trip.solve(**lost)
    assert step.error > 50
    assert step.target is None is step.background


def test_target_moves_as_the_boxes_say():
    settings = dict(round_trip.CLIPS["turning target"])
    first = settings.pop("start")
    clip = render_clip(frames=first + round_trip.LONGEST + 1, **settings)
    boxes = clip.boxes[[first, first + 6]]
    step = ((boxes[1] - boxes[0])[:2] + (boxes[1] - boxes[0])[2:] / 2)[::-1]
    cell = 3 * np.sqrt(boxes[0, 2] * boxes[0, 3]) / 125
    assert round_trip.solve(**START).target == pytest.approx(step / cell)


@pytest.mark.parametrize("wrong", [{"clip": "cats"}, {"search": "both"}, {"way_back": "none"}])
def test_unknown_names_are_refused(wrong):
    with pytest.raises(UnknownNameError, match="known"):
        round_trip.solve(**START | wrong)


def test_twin_is_a_picture_and_controls_start_at_the_defaults():
    demo = round_trip.demo()
    assert demo.twin.dtype == np.uint8
    assert demo.twin.shape[2] == 3
    assert np.array_equal(demo.start(), round_trip.draw())
