"""Learning on the first frames of a video: what is learned from, judged on, and refused by the guard."""

import logging

import numpy as np
import pytest
import torch

import udtlib
from udtlib.adaptation import AWAY, Video, adapt_to, held_out
from udtlib.data.synthetic import render_clip
from udtlib.dcf import default_sigma, gaussian_label
from udtlib.errors import BoxError, FrameError, OptionError, UnknownNameError
from udtlib.network import MEAN_RGB
from udtlib.unsupervised import track_forward_backward
from udtlib.weights import default

BOX = (60.0, 50.0, 40.0, 30.0)


@pytest.fixture(scope="module")
def clip():
    made = render_clip(8, seed=8, scale_variation=0.4, fast_motion=0.3, texture="mixed")
    return list(made.frames), made.boxes[0]


@pytest.fixture(scope="module")
def adapted(clip):
    return adapt_to(default(), [clip], iterations=4, rate=1e-3)


def numbered(count):
    """Frames of one colour each, which is their number."""
    return [np.full((120, 160, 3), 10 * index, np.uint8) for index in range(count)]


def plain_cycle_loss(weights, batch):
    """Eq. 8, by the plain network and layer: nothing of the training step."""
    mean = torch.tensor(MEAN_RGB).view(3, 1, 1)
    patches = torch.from_numpy(batch.patches).permute(1, 0, 4, 2, 3).float() - mean
    label = gaussian_label(121, 121, default_sigma(125, 125))
    network = weights.network(padded=False)
    with torch.no_grad():
        template, *searches = (network(patch) for patch in patches)
        back = track_forward_backward(template, searches, label).back
    return float((back - label).square().sum((1, 2)).mean())


def test_the_network_comes_home_better_on_frames_it_has_not_seen(clip, adapted):
    assert adapted.kept
    assert adapted.after < adapted.before
    judge = held_out([Video(*clip)], 0)
    assert plain_cycle_loss(default(), judge) == pytest.approx(adapted.before, rel=1e-3)
    assert plain_cycle_loss(adapted.weights, judge) == pytest.approx(adapted.after, rel=1e-3)
    assert adapted.weights.card["adapted"].startswith("4 iterations on 8 frames of 1 videos")


def test_the_short_form_gives_the_same_weights_again(clip):
    one = udtlib.adapt("udt", *clip, iterations=1)
    other = udtlib.adapt(default(), *clip, iterations=1)
    seeded = udtlib.adapt(None, *clip, iterations=1, seed=5)
    assert one.fingerprint == other.fingerprint
    assert len({one.fingerprint, seeded.fingerprint, default().fingerprint}) == 3


def test_the_last_quarter_is_never_learned_from():
    video = Video(numbered(8), BOX)
    random = np.random.default_rng(0)
    learned = np.array([video.triplet(random)[:, 62, 62, 0] // 10 for _ in range(300)])
    judged = np.array([video.triplet(random, last=True)[:, 62, 62, 0] // 10 for _ in range(300)])
    assert set(learned.ravel()) == set(range(6))
    assert (learned[:, 0] < learned[:, 1:].min(1)).all()
    assert set(judged[:, 2]) == {6, 7}
    assert judged[:, :2].max() == 5
    assert (judged[:, 0] < judged[:, 1]).all()


def test_patches_are_cut_at_one_place_near_the_box():
    frame = np.zeros((120, 160, 3), np.uint8)
    x, y, w, h = (int(value) for value in BOX)
    frame[y : y + h, x : x + w] = 255
    video, random = Video([frame] * 4, BOX), np.random.default_rng(1)
    centres = []
    for _ in range(40):
        patches = video.triplet(random)
        assert (patches[0] == patches[1]).all()
        assert (patches[0] == patches[2]).all()
        rows, columns = np.nonzero(patches[0, :, :, 0] > 127)
        sides = np.array([np.ptp(rows) + 1, np.ptp(columns) + 1])
        assert np.abs(sides - 125 / 3).max() < 4  # the box is a third of the window
        centres.append([rows.mean() - 62, columns.mean() - 62])
    reach = np.abs(centres).max(0)
    assert (reach < AWAY * 125 / 3 + 2).all()
    assert (reach > AWAY * 125 / 6).all()


def test_every_video_is_judged():
    videos = [Video(numbered(count), BOX) for count in (4, 5, 12)]
    batch = held_out(videos, 0)
    last = batch.patches[:, 2, 62, 62, 0] // 10
    assert len(last) == 18
    assert list(last[:6]) == [3] * 6
    assert list(last[6:12]) == [4] * 6
    assert set(last[12:]) <= {9, 10, 11}


@pytest.mark.parametrize("rate", [3e4, 1e20])
def test_the_guard_throws_away_what_an_absurd_learning_rate_made(clip, rate, caplog):
    with caplog.at_level(logging.WARNING, "udtlib.adaptation"):
        found = adapt_to("udt", [clip], iterations=3, rate=rate)
    assert not found.kept
    assert found.weights.fingerprint == default().fingerprint
    assert "not adapted" in caplog.text


def test_a_still_video_has_nothing_to_teach(clip, caplog):
    with caplog.at_level(logging.WARNING, "udtlib.adaptation"):
        found = adapt_to("udt", [([clip[0][0]] * 5, clip[1])], iterations=3)
    assert not found.kept
    assert found.weights.fingerprint == default().fingerprint
    assert "nothing to learn" in caplog.text


def test_black_frames_change_nothing(caplog):
    with caplog.at_level(logging.WARNING, "udtlib.adaptation"):
        weights = udtlib.adapt("udt", [np.zeros((90, 120, 3), np.uint8)] * 5, BOX, iterations=3)
    assert weights.fingerprint == default().fingerprint
    assert "nothing to be seen" in caplog.text


def test_what_cannot_be_used_is_refused(clip):
    frames, box = clip
    with pytest.raises(OptionError, match="at least 4 frames of a video, found 3"):
        udtlib.adapt("udt", frames[:3], box)
    with pytest.raises(OptionError, match="at least one video"):
        adapt_to("udt", [])
    with pytest.raises(OptionError, match="iterations"):
        udtlib.adapt("udt", frames, box, iterations=0)
    with pytest.raises(FrameError, match="one size"):
        udtlib.adapt("udt", [*frames[:4], frames[0][:100]], box)
    with pytest.raises(BoxError):
        udtlib.adapt("udt", frames, (500, 500, 10, 10))
    with pytest.raises((UnknownNameError, FileNotFoundError)):
        udtlib.adapt("no-such-network", frames, box)
