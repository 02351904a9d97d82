from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from clips import follow, moving_clip, texture
from scipy import ndimage

from udtlib import cli, load_dataset, load_tracker
from udtlib.arguments import preset_with
from udtlib.data import Sequence, find_data
from udtlib.dcf import gaussian_label, learn_filter, response_map
from udtlib.dcf.lowpass import LowPassTransform, label_cutoff
from udtlib.errors import (
    BoxError,
    FrameError,
    MissingDataError,
    OptionError,
    TrackerError,
    UnknownNameError,
    WeightsError,
)
from udtlib.labels import peak_displacement
from udtlib.trackers.base import Tracker
from udtlib.trackers.udt import LOST, UdtTracker
from udtlib.trackers.udt.batch import MultiTracker
from udtlib.trackers.udt.look import displacement
from udtlib.trackers.udt.settings import PRESETS
from udtlib.weights import random_weights, save_weights

NAMES = ["udt", "udt-bf16", "udt-plain", "udt-released"]


def clip(length):
    """Frames of a textured target that moves by three pixels and two over a still background; boxes."""
    return moving_clip([(3, 2)] * (length - 1), start=(40, 30))


@pytest.fixture
def weights():
    return random_weights(0)


@pytest.mark.parametrize("name", NAMES)
def test_follows_a_textured_target(name, weights):
    frames, boxes = clip(6)
    copies = [frame.copy() for frame in frames]
    tracker = load_tracker(name, weights=weights)
    assert isinstance(tracker, Tracker)
    found = follow(tracker, frames, boxes[0])
    assert found.dtype == np.float64
    np.testing.assert_allclose(found[:, :2] + found[:, 2:] / 2, boxes[1:, :2] + boxes[1:, 2:] / 2, atol=2)
    assert tracker.response.shape == (125, 125)
    assert tracker.score == pytest.approx(tracker.response.max())
    assert tracker.score > 0.3
    assert all((frame == copy).all() for frame, copy in zip(frames, copies, strict=True))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("size", "start"), [((40, 32), (40, 30)), ((25, 70), (-20, 60)), ((60, 60), (95, 55))]
)
def test_same_boxes_as_the_plain_version(dtype, size, start, weights):
    """Inside the image, half outside it to the left, and at its right and lower border."""
    rng = np.random.default_rng(4)
    background, target = texture(120, 160, 1), texture(*size, 2)
    frames = []
    for _ in range(9):
        image = background.astype(float) + rng.normal(0, 4, background.shape)
        x, y = np.array(start) + rng.integers(-3, 4, 2)
        left, top = max(x, 0), max(y, 0)
        part = target[top - y : 120 - y, left - x : 160 - x]
        image[top : top + part.shape[0], left : left + part.shape[1]] = part
        frames.append(image.clip(0, 255).astype(np.uint8))
    box = (*start, size[1], size[0])
    fast = follow(load_tracker("udt-released", weights=weights, dtype=dtype), frames, box)
    plain = follow(load_tracker("udt-plain", weights=weights), frames, box)
    np.testing.assert_allclose(fast, plain, atol=1e-6)


def test_bfloat16_repeats_close_calls_in_float32(weights, monkeypatch):
    frames, boxes = clip(4)
    tracker, dtypes = load_tracker("udt-bf16", weights=weights), []
    search = tracker.search
    monkeypatch.setattr(tracker, "search", lambda frame, dtype: dtypes.append(dtype) or search(frame, dtype))
    monkeypatch.setattr(tracker, "is_close_call", lambda look: True)
    always = follow(tracker, frames, boxes[0])
    assert dtypes == [torch.bfloat16, torch.float32] * 3
    np.testing.assert_array_equal(always, follow(load_tracker("udt", weights=weights), frames, boxes[0]))
    look = tracker.look
    monkeypatch.undo()
    top = look.responses[look.best].max()
    assert tracker.is_close_call(replace(look, peaks=np.array([1.0, 1.2, 0.2])))
    assert not tracker.is_close_call(replace(look, peaks=np.array([0.2, 0.9, 0.3]))) or top < 0.3
    flat = replace(look, responses=torch.ones_like(look.responses), peaks=np.array([0.2, 0.9, 0.3]))
    assert tracker.is_close_call(flat)


def test_presets_are_what_their_sources_say():
    released = PRESETS["released"]
    assert (released.padding, released.learning_rate, released.scale_step, released.scale_penalty) == (
        1.8,
        0.01,
        1.015,
        1.2,
    )
    assert released.sigma == pytest.approx(4.464, abs=1e-3)
    assert PRESETS["paper"].update == "filter"
    port = PRESETS["pytorch-port"]
    assert (port.padding, port.scale_step, port.scale_penalty) == (2.0, 1.0275, 0.9925)
    assert port.sigma == pytest.approx(4.1667, abs=1e-4)
    assert not port.normalise
    assert preset_with(PRESETS, "paper", {"padding": 1.5}) == replace(PRESETS["paper"], padding=1.5)


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_tracks(preset, weights):
    frames, boxes = clip(5)
    found = follow(load_tracker("udt", weights=weights, preset=preset), frames, boxes[0])
    np.testing.assert_allclose(found[:, :2], boxes[1:, :2], atol=3)
    assert all(PRESETS[preset] != PRESETS[other] for other in PRESETS if other != preset)


def test_what_is_compared_is_released_and_what_is_used_is_the_books():
    used = {name: load_tracker(name, weights="random").settings for name in ("udt", "udt-bf16")}
    assert used == dict.fromkeys(used, PRESETS["book"])
    assert UdtTracker("random").settings == MultiTracker("random").shared.settings == PRESETS["book"]
    compared = [load_tracker("udt-released", weights="random"), load_tracker("udt-noise")]
    assert [tracker.settings for tracker in compared] == [PRESETS["released"]] * 2
    assert load_tracker("udt-noise", preset="book").settings.flow
    assert PRESETS["points"] == replace(PRESETS["released"], flow=True)
    assert PRESETS["book"] == replace(PRESETS["points"], padding=1.5)


def test_dcfnet_is_the_same_tracker_with_its_own_settings(weights):
    tracker = load_tracker("dcfnet", weights=weights)
    assert isinstance(tracker, UdtTracker)
    assert tracker.settings == PRESETS["dcfnet"]
    assert load_tracker("dcfnet", weights=weights, preset="released").settings.scale_penalty == 1.2
    with pytest.raises(MissingDataError, match="weights='DCFNet"):
        load_tracker("dcfnet")


@pytest.mark.parametrize("center", [(80.3, 61.7), (2.0, 3.0), (158.5, 119.0), (-30.0, 40.0), (700.0, 40.0)])
def test_patches_against_scipy(center, weights):
    """Linspace samples, bilinear, zero outside: also for windows partly and wholly outside the image."""
    tracker = load_tracker("udt", weights=weights)
    frame = texture(120, 160)
    tracker.init(frame, (60, 40, 30, 20))
    tracker.center = np.array(center)
    windows = np.array([[84.0, 56.0], [85.3, 56.8], [10.0, 3.0]])
    found = (tracker.sample(frame, windows) + tracker.mean).permute(0, 2, 3, 1).numpy()
    for patch, (width, height) in zip(found, windows, strict=True):
        y = center[1] + np.linspace(-0.5, 0.5, 125) * height
        x = center[0] + np.linspace(-0.5, 0.5, 125) * width
        grid = np.meshgrid(y, x, indexing="ij")
        for channel in range(3):
            plane = frame[:, :, channel].astype(float)
            expected = ndimage.map_coordinates(plane, grid, order=1, mode="grid-constant")
            np.testing.assert_allclose(patch[:, :, channel], expected, atol=5e-3)


@pytest.mark.parametrize(("size", "cutoff"), [(125, 24), (24, 7), (15, 7), (9, 3)])
def test_low_pass_spectrum_is_a_corner_of_the_whole(size, cutoff):
    window = torch.hann_window(size, periodic=False, dtype=torch.float64)
    transform = LowPassTransform(size, cutoff, window)
    maps = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    whole = torch.fft.rfft2(maps * torch.outer(window, window).float())
    corner = transform.restrict(whole)
    found = transform.spectrum(maps).permute(0, 3, 1, 2)
    assert found.shape == (2, 3, 2 * cutoff + 1, cutoff + 1)
    torch.testing.assert_close(found, corner, atol=2e-5 * size, rtol=1e-4)
    torch.testing.assert_close(transform.restrict(transform.half_plane(corner)), corner)
    frequency = torch.fft.fftfreq(size, 1 / size).abs()
    kept = (frequency[:, None] <= cutoff) & (torch.arange(size // 2 + 1)[None] <= cutoff)
    expected = torch.fft.irfft2(whole * kept, s=(size, size))
    torch.testing.assert_close(transform.inverse(corner), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_nothing_of_the_label_lies_beyond_the_cutoff(preset):
    sigma = PRESETS[preset].sigma
    cutoff = label_cutoff(125, sigma)
    label = gaussian_label(125, 125, sigma, dtype=torch.float64)
    transform = LowPassTransform(125, cutoff)
    kept = transform.inverse(transform.restrict(torch.fft.rfft2(label)))
    assert (kept - label).abs().max() < 2e-6
    assert cutoff < 30


def test_the_tracker_s_filter_and_responses_are_the_layer_s(weights):
    """Low-pass matrices, dual coefficients, channels last: still Eq. 4 and 5 of `udtlib.dcf`."""
    frames, boxes = clip(2)
    tracker = load_tracker("udt-released", weights=weights)
    tracker.init(frames[0], boxes[0])
    window = torch.outer(tracker.window, tracker.window).float()
    patch = tracker.sample(frames[0], boxes[:1, 2:] * 2.8)
    template = tracker.features(patch).clone() * window
    label = gaussian_label(125, 125, tracker.settings.sigma)
    learned = learn_filter(template, label, 1e-4)
    expected_filter = torch.fft.irfft2(learned, s=(125, 125))[0]
    tracker_filter = tracker.filter
    tracker.update(frames[1])
    look = tracker.look
    assert look.patches.shape == (3, 3, 125, 125)
    assert look.features.shape == (3, 32, 125, 125)
    responses = response_map(learned, look.features * window)
    torch.testing.assert_close(look.responses, responses, atol=2e-6, rtol=0)
    np.testing.assert_allclose(look.peaks, responses.amax((1, 2)).numpy(), atol=2e-6)
    smooth = torch.fft.irfft2(torch.fft.rfft2(tracker_filter) * torch.fft.rfft2(label), s=(125, 125))
    expected = torch.fft.irfft2(torch.fft.rfft2(expected_filter) * torch.fft.rfft2(label), s=(125, 125))
    torch.testing.assert_close(smooth, expected, atol=1e-4 * expected.abs().max().item(), rtol=0)
    shift = np.array(peak_displacement(tracker.response))[::-1] * look.windows[look.best] / 125
    np.testing.assert_allclose(tracker.center, boxes[0, :2] + boxes[0, 2:] / 2 + shift, atol=1e-9)


@pytest.mark.parametrize("preset", ["released", "paper"])
def test_equation_12(preset, weights):
    frames, boxes = clip(3)
    tracker = load_tracker("udt", weights=weights, preset=preset, learning_rate=0.25)
    tracker.init(frames[0], boxes[0])
    before = tracker.dual, tracker.template, tracker.filter
    tracker.update(frames[1])
    dual, template = tracker.learn(frames[1], tracker.look.windows[tracker.look.best])
    torch.testing.assert_close(tracker.dual, 0.75 * before[0] + 0.25 * dual)
    torch.testing.assert_close(tracker.template, 0.75 * before[1] + 0.25 * template, atol=1e-2, rtol=1e-5)
    new = tracker.transform.inverse((template * dual.conj()[..., None]).permute(2, 0, 1))
    direct = (tracker.filter - (0.75 * before[2] + 0.25 * new)).abs().max() / new.abs().max()
    assert direct < 1e-5 if preset == "paper" else direct > 1e-4, "only the paper's form interpolates W"


def test_displacement_wraps_and_refines():
    response = np.zeros((125, 125), np.float32)
    response[62, 5] = 1.0
    early, late = (displacement(response, PRESETS[name]) for name in ("released", "paper"))
    assert early.tolist() == [5, -63], "the authors' index 62 counts as negative"
    assert late.tolist() == [5, 62]
    fine = replace(PRESETS["released"], subpixel=True)
    bell = gaussian_label(125, 125, 4.5).roll((3, -2), (0, 1)).numpy()
    assert displacement(bell, fine).tolist() == pytest.approx([-2, 3], abs=1e-6)
    bell = ndimage.shift(bell, (0.3, -0.4), order=3, mode="grid-wrap")
    np.testing.assert_allclose(displacement(bell, fine), [-2.4, 3.3], atol=0.02)


def test_growing_and_shrinking_targets_and_the_limits(weights):
    frame, tracker = texture(120, 160), load_tracker("udt", weights=weights, scale_penalty=1.0)
    zoom = [ndimage.zoom(frame, (f, f, 1), order=1) for f in (1, 1.015, 1.03, 1.045, 1.06)]
    frames = [np.ascontiguousarray(z[: frame.shape[0], : frame.shape[1]]) for z in zoom]
    found = follow(tracker, frames, (20, 15, 30, 25))
    assert 1.03 < found[-1, 2] / 30 < 1.07
    shrinking = follow(load_tracker("udt", weights=weights, smallest=0.98), frames[::-1], (20, 15, 30, 25))
    assert (shrinking[:, 2:] >= np.array([30, 25]) * 0.98).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("box", [(60, 50, 2, 3), (60.5, 50.2, 1, 1), (-40, -30, 300, 200), (0, 118, 160, 9)])
def test_odd_boxes_stay_finite(name, box, weights):
    frames, _ = clip(3)
    found = follow(load_tracker(name, weights=weights), frames, box)
    assert np.isfinite(found).all()
    assert (found[:, 2:] >= 4).all()


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (3, 200), (60, 1)])
def test_tiny_images(shape, weights):
    frames = [texture(200, 200, seed)[: shape[0], : shape[1]] for seed in (0, 1, 2)]
    found = follow(load_tracker("udt", weights=weights), frames, (0, 0, shape[1], shape[0]))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("colour", [0, 117, 255])
def test_blank_frames_are_lost_and_change_nothing(colour, weights):
    frames, boxes = clip(8)
    tracker, spared = load_tracker("udt", weights=weights), load_tracker("udt", weights=weights)
    follow(spared, frames[:4], boxes[0])
    follow(tracker, frames[:4], boxes[0])
    for _ in range(60):
        box = tracker.update(np.full_like(frames[0], colour))
        assert tracker.score == 0.0
        assert tracker.lost
        assert np.isfinite(box).all()
    assert not tracker.response.any()
    np.testing.assert_array_equal(tracker.update(frames[4]), spared.update(frames[4]))
    assert not tracker.lost


def test_a_target_that_is_gone_is_called_lost(weights):
    frames, boxes = clip(5)
    tracker = load_tracker("udt", weights=weights)
    follow(tracker, frames, boxes[0])
    assert tracker.score > 2 * LOST
    rng, lost = np.random.default_rng(0), []
    for _ in range(30):
        box = tracker.update(rng.integers(0, 256, frames[0].shape, dtype=np.uint8))
        lost.append(tracker.lost)
        assert np.isfinite(box).all()
    assert all(lost[:3])
    assert sum(lost) > 5


def test_a_window_outside_the_image_for_many_frames(weights):
    frames, boxes = clip(3)
    tracker = load_tracker("udt", weights=weights)
    follow(tracker, frames, boxes[0])
    tracker.center = np.array([-500.0, 900.0])
    for _ in range(50):
        assert np.isfinite(tracker.update(frames[0])).all()
        assert tracker.lost
    tracker.center = np.array([-40.0, 50.0])
    for frame in frames * 5:
        assert np.isfinite(tracker.update(frame)).all()
        assert np.isfinite(tracker.response).all()


@pytest.mark.parametrize("name", NAMES)
def test_wrong_frames_and_boxes(name, weights):
    frames, boxes = clip(1)
    tracker = load_tracker(name, weights=weights)
    with pytest.raises(TrackerError, match="init"):
        tracker.update(frames[0])
    with pytest.raises(BoxError, match="finite"):
        tracker.init(frames[0], (5, float("nan"), 20, 20))
    with pytest.raises(BoxError, match="outside"):
        tracker.init(frames[0], (200, 0, 20, 20))
    tracker.init(frames[0], boxes[0])
    with pytest.raises(FrameError, match="uint8"):
        tracker.update(np.full(frames[0].shape, np.nan))
    with pytest.raises(FrameError, match="expected 160x120, found 100x120"):
        tracker.update(frames[0][:, :100])
    assert np.isfinite(tracker.update(frames[0])).all(), "an error leaves the tracker usable"


@pytest.mark.parametrize("name", NAMES)
def test_grey_alpha_reversed_and_read_only_frames(name, weights):
    frames, boxes = clip(3)
    grey = [np.repeat(frame[:, :, :1], 3, axis=2) for frame in frames]
    expected = follow(load_tracker(name, weights=weights), grey, boxes[0])
    views = [frame[:, :, ::-1][:, ::-1][:, ::-1] for frame in grey]
    for view in views:
        view.flags.writeable = False
    alpha = [np.dstack([frame, frame[:, :, 0]]) for frame in grey]
    for other in (views, alpha, [frame[:, :, 0] for frame in grey]):
        np.testing.assert_array_equal(follow(load_tracker(name, weights=weights), other, boxes[0]), expected)


def test_options_that_do_not_exist(weights):
    with pytest.raises(UnknownNameError, match=r"no preset 'best'; known: .*released"):
        load_tracker("udt", weights=weights, preset="best")
    with pytest.raises(OptionError, match=r"no setting paddding; known: padding"):
        load_tracker("udt", weights=weights, paddding=2)
    with pytest.raises(
        OptionError, match=r"no setting weight; known: .*, weights, preset, device, dtype, network$"
    ):
        load_tracker("udt", weight=weights)
    with pytest.raises(OptionError, match="float32, bfloat16, found 'float16'"):
        load_tracker("udt", weights=weights, dtype="float16")
    with pytest.raises(WeightsError):
        load_tracker("udt", weights=__file__)


@pytest.mark.gpu
def test_same_target_on_a_gpu(weights):
    frames, boxes = clip(6)
    found = follow(load_tracker("udt", weights=weights, device="cuda"), frames, boxes[0])
    np.testing.assert_allclose(found, follow(load_tracker("udt", weights=weights), frames, boxes[0]), atol=2)


def published(name, length):
    """A benchmark sequence, the authors' boxes on it (0-indexed), and our boxes, rounded as theirs."""
    root, results = find_data("otb"), find_data("published/udt_otb100")
    weights = find_data("weights/UDT_Unsupervised.mat")
    if root is None or results is None or weights is None:
        pytest.skip("no benchmark data and published results beside the checkout")
    (sequence,) = [s for s in load_dataset("otb", root=root) if s.name == name]
    theirs = np.loadtxt(results / f"{name}.txt")[:length] - (1, 1, 0, 0)
    tracker = load_tracker("udt", weights=weights, preset="released")
    frames = (sequence.frames[i] for i in range(length))
    tracker.init(next(frames), sequence.boxes[0])
    return theirs[1:], np.round([tracker.update(frame) for frame in frames], 2)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "length", "share"), [("Football1", 74, 0.95), ("Woman", 100, 0.95)])
def test_reproduces_the_published_boxes(name, length, share):
    theirs, ours = published(name, length)
    same = (np.abs(ours - theirs) <= 0.0201).all(1)
    assert len(same) == length - 1
    assert same.mean() >= share, f"{same.mean():.3f} of the boxes within 0.02 px"
    assert np.abs(ours - theirs).max() < 1, "the others differ by less than a pixel"


def test_scales_differ_by_the_step(weights):
    frames, boxes = clip(2)
    tracker = load_tracker("udt-released", weights=weights)
    follow(tracker, frames, boxes[0])
    widths = tracker.look.windows[:, 0]
    assert [b / a for a, b in pairwise(widths)] == pytest.approx([1.015, 1.015])
    assert widths[1] == pytest.approx(32 * 2.8)


def test_evaluate_passes_options_on(weights, tmp_path, monkeypatch, capsys):
    frames, boxes = clip(3)
    (tmp_path / "w").mkdir()
    save_weights(tmp_path / "w" / "a.safetensors", weights)
    monkeypatch.setattr(
        "udtlib.commands.evaluate.load_dataset", lambda *_, **__: [Sequence("one", frames, boxes)]
    )
    common = ["evaluate", "--out", str(tmp_path / "run"), "--jobs", "1", "--tracker", "udt"]
    options = ["--option", f"weights={tmp_path}/w/a.safetensors", "--option", "scale_penalty=1.0"]
    assert cli.main([*common, *options, "--option", "preset=paper"]) == 0
    assert cli.main([*common, *options]) == 2, "the same RUN, but other options"
    assert "preset" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main([*common, "--option", "weights"])
