"""Procedural clips: the truth against masks, knobs against what they promise, the frozen benchmark."""

import hashlib
import json
import os
import pickle
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.ndimage import shift
from scipy.stats import spearmanr

from udtlib.boxes import center, iou
from udtlib.data import load_dataset
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import BENCHMARK, load_synthetic, render_clip
from udtlib.data.synthetic import scene as scene_module
from udtlib.data.synthetic.bodies import Pose, bounding_box, draw_body, outline
from udtlib.data.synthetic.motion import KNOBS, ClipSettings, Motion
from udtlib.data.synthetic.scene import Scene, build_scene
from udtlib.data.synthetic.textures import texture
from udtlib.errors import OptionError, UnknownNameError
from udtlib.trackers import load_tracker

HERE = Path(__file__).parents[2]
SHORT_NAMES = ["IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR"]
WHITE = np.full((193, 257, 3), 255, np.uint8)
STORED_FRAMES = (0, 50, 119)  # whose exact checksum is tested at every run
THUMBNAIL = (slice(6, None, 20), slice(6, None, 20))  # the pixels stored for the tolerance test


def settings_of(sequence: Sequence) -> ClipSettings:
    return sequence.frames.settings


def visible_share(boxes: np.ndarray, height: int = 240, width: int = 320) -> np.ndarray:
    x, y, w, h = boxes.T
    inside_x = np.clip(np.minimum(x + w, width) - np.maximum(x, 0), 0, None)
    inside_y = np.clip(np.minimum(y + h, height) - np.maximum(y, 0), 0, None)
    return inside_x * inside_y / (w * h)


def white_target_scene(occluders: int = 0, **settings) -> Scene:
    """Return a clip's scene with a white target before black, occluders of grey ``occluders``."""
    scene = Scene(ClipSettings(**settings))
    scene.surface[:] = 255
    scene.backdrop.canvas[:] = 0
    for surface in scene.others:
        surface[:] = occluders
    return scene


def mask_box(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    low, high = np.array([columns[0], rows[0]]), np.array([columns[-1], rows[-1]]) + 1
    return np.concatenate([low, high - low]).astype(float)


def corners(box: np.ndarray) -> np.ndarray:
    return np.concatenate([box[:2], box[:2] + box[2:]])


# The truth, by an oracle that knows pixels only.

POSES = {
    "plain": Pose((100.3, 80.7), (26, 31)),
    "ellipse": Pose((99.5, 80.2), (26, 31), power=2),
    "scaled": Pose((100.3, 80.7), (26, 31), scale=1.7),
    "rotated": Pose((100.3, 80.7), (20, 36), angle=0.6),
    "turned": Pose((100.3, 80.7), (26, 31), yaw=1.2),
    "bent": Pose((100.3, 80.7), (26, 31), bend=(0.5, -0.4, 0.3, 2.0)),
    "all": Pose((100.3, 80.7), (26, 31), 1.4, -2.1, 0.8, (-0.4, 0.3, 1.3, 0.2), 2),
    "small": Pose((100.3, 80.7), (5.2, 4.4)),
    "partly outside": Pose((3.4, 156.1), (26, 31), angle=0.3),
}


@pytest.mark.parametrize("name", POSES)
def test_the_box_is_that_of_the_drawn_mask(name):
    pose, frame = POSES[name], np.zeros((160, 200, 3), np.uint8)
    draw_body(frame, pose, WHITE)
    expected = corners(bounding_box(pose))
    expected[[0, 2]], expected[[1, 3]] = np.clip(expected[[0, 2]], 0, 200), np.clip(expected[[1, 3]], 0, 160)
    assert np.abs(corners(mask_box(frame[..., 0] >= 64)) - expected).max() <= 1


@pytest.mark.parametrize("name", [name for name in POSES if name != "partly outside"])
def test_the_body_lies_where_its_outline_says_to_a_fraction_of_a_pixel(name):
    pose, frame = POSES[name], np.zeros((160, 200, 3), np.uint8)
    draw_body(frame, pose, WHITE)
    around = cv2.moments(outline(pose).astype(np.float32))
    inside = cv2.moments((frame[..., 0] >= 64).astype(np.uint8), binaryImage=True)
    for axis in ("m10", "m01"):
        by_outline, by_pixels = around[axis] / around["m00"], inside[axis] / inside["m00"] + 0.5
        assert by_pixels == pytest.approx(by_outline, abs=0.3 if name == "small" else 0.15)
    assert inside["m00"] == pytest.approx(around["m00"], rel=0.05, abs=12)


def test_subpixel_motion_moves_the_picture_by_that_much():
    frames = []
    for right in (0.0, 0.37):
        frame = np.zeros((160, 200, 3), np.uint8)
        draw_body(frame, Pose((100.3 + right, 80.7), (26, 31)), WHITE)
        frames.append(frame[..., 0].astype(float))
    columns = np.arange(200)
    means = [(frame.sum(axis=0) * columns).sum() / frame.sum() for frame in frames]
    assert means[1] - means[0] == pytest.approx(0.37, abs=0.02)


@pytest.mark.parametrize("short", ["SV", "DEF", "FM", "IPR", "OPR", "OV"])
def test_the_box_of_a_frame_is_where_the_target_is_seen(short):
    knobs = {KNOBS[short]: 0.9}
    scene, boxes = white_target_scene(seed=5, **knobs), render_clip(seed=5, **knobs).boxes
    whole = visible_share(boxes) == 1
    assert 40 < whole.sum() < 120 if short == "OV" else whole.all()
    for index in range(0, 120, 7):
        away = corners(mask_box(scene.frame(index)[..., 0] >= 64)) - corners(boxes[index])
        if whole[index]:
            assert np.abs(away).max() <= 1, index
        else:  # what is left of the target lies in the box and touches its inner side
            assert away[:2].min() > -1, index
            assert away[2:].max() < 1, index
            assert np.abs(away).min() <= 1, index


def test_the_box_is_at_the_middle_of_the_exposure():
    scene, boxes = white_target_scene(seed=5, motion_blur=1.0), render_clip(seed=5, motion_blur=1.0).boxes
    y, x = np.mgrid[:240, :320] + 0.5
    smear = []
    for index in range(0, 120, 7):
        light = scene.frame(index)[..., 0].astype(float)
        middle = np.array([(light * x).sum(), (light * y).sum()]) / light.sum()
        sharp = scene.moment(float(index))[..., 0].astype(float)
        assert light.sum() == pytest.approx(sharp.sum(), rel=0.02), "blur keeps the light"
        smear.append(mask_box(light > 8)[2:].max() - boxes[index, 2:].max())
        assert np.linalg.norm(middle - center(boxes[index])) < 5, index
    assert max(smear) > 8


def test_the_background_moves_as_stated():
    scene = Scene(ClipSettings(seed=2))
    for start in (3, 40, 90):
        first, second = (
            scene.backdrop.view(scene.motion.background(t)).mean(axis=2) for t in (start, start + 4)
        )
        x, y = np.subtract(scene.motion.background(start + 4), scene.motion.background(start))
        assert np.hypot(x, y) > 0.5
        errors = {
            (right, down): np.abs(shift(first, (y + down, x + right)) - second)[20:-20, 20:-20].mean()
            for right in (-0.4, 0, 0.4)
            for down in (-0.4, 0, 0.4)
        }
        assert min(errors, key=errors.__getitem__) == (0, 0)


# What each knob promises.


def clip(**settings) -> Sequence:
    return render_clip(seed=7, **settings)


def test_illumination_is_local():
    lit, plain = clip(illumination_variation=1.0), clip()
    ratios = lit.frames[60].astype(float).mean(axis=2) / np.maximum(plain.frames[60].mean(axis=2), 8)
    coarse = cv2.resize(ratios, (32, 24), interpolation=cv2.INTER_AREA)
    assert np.percentile(coarse, 90) > 2.5 * np.percentile(coarse, 10)
    np.testing.assert_array_equal(lit.boxes, plain.boxes)
    x, y, w, h = (int(value) for value in lit.boxes[0])
    inside = np.s_[y : y + h, x : x + w]
    assert lit.frames[0][inside].mean() > 0.6 * plain.frames[0][inside].mean(), "starts in the light"


def test_scale_varies():
    sides = [np.sqrt(clip(scale_variation=knob).boxes[:, 2:].prod(axis=1)) for knob in (0.0, 0.5, 1.0)]
    spread = [side.max() / side.min() for side in sides]
    assert spread[0] == pytest.approx(1)
    assert spread[0] < spread[1] < spread[2]
    assert spread[2] > 2.5


def test_occluders_hide_the_target_for_a_while_and_the_box_stays_whole():
    for knob, least, most in ((0.4, 0.2, 0.9), (1.0, 0.0, 0.15)):
        shown = []
        scene, boxes = white_target_scene(seed=7, occlusion=knob), clip(occlusion=knob).boxes
        for index in range(0, 120, 3):
            x, y, w, h = (int(value) for value in boxes[index])
            shown.append((scene.frame(index)[y : y + h, x : x + w, 0] > 64).mean())
        assert min(shown[:3]) > 0.75
        assert least <= min(shown) <= most
        assert np.mean(np.array(shown) > 0.7) > 0.3
        np.testing.assert_array_equal(boxes, clip().boxes)


def test_deformation_bends_the_outline():
    motion = Motion(settings_of(clip(deformation=1.0)))
    straight, bent = (outline(motion.target(t)) - motion.target(t).centre for t in (0.0, 20.0))
    assert np.abs(bent - straight).max() > 8


def test_motion_blur_blurs():
    def sharpness(sequence: Sequence) -> float:
        frames = sequence.frames[10:40:10]
        return float(np.mean([cv2.Laplacian(f, cv2.CV_64F).var() for f in frames]))

    sharp = [sharpness(clip(motion_blur=knob)) for knob in (0.0, 0.5, 1.0)]
    assert sharp[0] > 1.5 * sharp[1] > 2 * sharp[2]


def test_fast_motion_passes_20_pixels_a_frame():
    steps = [
        np.linalg.norm(np.diff(center(clip(fast_motion=knob).boxes), axis=0), axis=1) for knob in (0, 0.5, 1)
    ]
    assert steps[0].max() < 9
    assert np.median(steps[0]) < np.median(steps[1]) < np.median(steps[2])
    assert steps[2].max() > 20


def test_rotations_turn():
    motion = Motion(settings_of(clip(in_plane_rotation=1.0, out_of_plane_rotation=1.0)))
    poses = [motion.target(float(t)) for t in range(120)]
    assert np.ptp([pose.angle for pose in poses]) > np.pi / 2
    assert np.ptp([pose.yaw for pose in poses]) > np.pi / 2
    widths = clip(out_of_plane_rotation=1.0).boxes[:, 2]
    assert widths.min() < 0.7 * widths[0]


def test_out_of_view_leaves_over_a_border_and_comes_back():
    for knob, most in ((0.0, 1.0), (0.3, 0.65), (1.0, 0.2)):
        shares = visible_share(clip(out_of_view=knob).boxes)
        assert shares[0] == 1
        assert 0 < shares.min() <= most
        assert shares[45] == 1


def test_clutter_looks_like_the_target():
    scene = Scene(settings_of(clip(background_clutter=1.0)))
    assert len(scene.motion.distractors(0.0)) == 3
    assert len(Motion(ClipSettings(background_clutter=0.2)).distractors(0.0)) == 1
    near = np.corrcoef(scene.others[0].ravel(), scene.surface.ravel())[0, 1]
    far = np.corrcoef(Scene(ClipSettings(seed=7, occlusion=1.0)).others[0].ravel(), scene.surface.ravel())[
        0, 1
    ]
    assert near > 0.9 > 0.5 > abs(far)
    gaps = [
        np.linalg.norm(np.subtract(pose.centre, scene.motion.target(t).centre))
        for t in np.arange(120.0)
        for pose in scene.motion.distractors(t)
    ]
    assert min(gaps) < max(scene.motion.half) < max(gaps)


def test_low_resolution_is_below_otb_400_pixels_and_coarse():
    sequence = clip(low_resolution=1.0)
    assert sequence.boxes[0, 2:].prod() < 500
    fine, coarse = (cv2.Laplacian(clip(low_resolution=knob).frames[5], cv2.CV_64F).var() for knob in (0, 1))
    assert coarse < 0.2 * fine


# Frames: lazy, in any order, repeatable.


def test_frames_come_in_any_order_and_are_the_callers_own():
    frames = render_clip(frames=6, seed=11, occlusion=0.5).frames
    in_order = [frame.copy() for frame in frames]
    build_scene.cache_clear()
    again = render_clip(frames=6, seed=11, occlusion=0.5).frames
    for index in (4, 0, 5, 2, -3, 1):
        np.testing.assert_array_equal(again[index], in_order[index])
    again[1][:] = 0
    np.testing.assert_array_equal(again[1], in_order[1])
    assert [f.mean() for f in again[1:5:2]] == [in_order[1].mean(), in_order[3].mean()]
    assert len(again) == 6
    with pytest.raises(IndexError, match="frame 6 of a clip of 6 frames"):
        again[6]


def test_frames_travel_to_another_process():
    sequence = render_clip(frames=3, seed=1)
    data = pickle.dumps(sequence)
    assert len(data) < 2000
    np.testing.assert_array_equal(pickle.loads(data).frames[2], sequence.frames[2])


def test_nothing_is_rendered_before_a_frame_is_asked_for():
    build_scene.cache_clear()
    render_clip(seed=12345)
    assert build_scene.cache_info().misses == 0


def test_a_turned_knob_draws_no_texture_again(monkeypatch):
    drawn = []
    monkeypatch.setattr(scene_module, "texture", lambda *known: drawn.append(known[1:3]) or texture(*known))
    first = Scene(ClipSettings(seed=54321))
    assert drawn == [(360, 480), (192, 256)]
    larger = Scene(ClipSettings(seed=54321, scale_variation=0.8))
    assert len(drawn) == 2
    assert np.array_equal(larger.backdrop.canvas, first.backdrop.canvas)
    Scene(ClipSettings(seed=54321, occlusion=0.8))
    assert drawn[2:] == 3 * [(192, 256)]
    Scene(ClipSettings(seed=54322))
    Scene(ClipSettings(seed=54321, texture="noise"))
    assert len(drawn) == 9


def test_a_shorter_clip_is_the_beginning_of_a_longer_one():
    knobs = {"occlusion": 0.8, "out_of_view": 0.5, "background_clutter": 0.4}
    short, long = (render_clip(frames=count, seed=3, **knobs) for count in (40, 120))
    np.testing.assert_array_equal(short.boxes, long.boxes[:40])
    np.testing.assert_array_equal(short.frames[39], long.frames[39])


def test_a_knob_leaves_the_rest_as_it_was():
    plain, turned = render_clip(seed=4), render_clip(seed=4, in_plane_rotation=1.0)
    np.testing.assert_allclose(center(plain.boxes), center(turned.boxes), atol=1e-9)
    differs = (plain.frames[30] != turned.frames[30]).any(axis=2)
    assert differs.any()
    assert iou(mask_box(differs), turned.boxes[30]) > 0.5
    assert not (render_clip(seed=5).frames[0] == plain.frames[0]).all(axis=2).mean() > 0.2


@pytest.mark.parametrize("size", [(96, 96), (131, 203), (480, 640)])
def test_other_sizes(size):
    sequence = render_clip(frames=2, size=size, seed=3, illumination_variation=0.5, low_resolution=0.5)
    assert sequence.frames[1].shape == (*size, 3)
    assert sequence.frames[1].dtype == np.uint8
    assert (visible_share(sequence.boxes, *size) == 1).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"occlusion": 1.2}, "occlusion: expected a number from 0 to 1, found 1.2"),
        ({"camera_shake": -0.1}, "camera_shake: expected a number from 0 to 1, found -0.1"),
        ({"motion_blur": float("nan")}, "motion_blur: expected a number from 0 to 1, found nan"),
        ({"scale_variation": "much"}, "scale_variation: expected a number from 0 to 1, found 'much'"),
        ({"occlusions": 0.5}, "no knob occlusions; known: illumination_variation, .*low_resolution"),
        ({"frames": 0}, "frames: expected a whole number from 1 to 100,000, found 0"),
        ({"frames": 2.5}, "frames: expected a whole number from 1 to 100,000, found 2.5"),
        ({"seed": -1}, "seed: expected a whole number from 0 to .*, found -1"),
        ({"size": (64, 320)}, "size: expected a whole number from 96 to 4,096, found 64"),
        ({"size": (240, 320, 3)}, r"found \(240, 320, 3\)"),
    ],
)
def test_options_out_of_range(settings, message):
    with pytest.raises(OptionError, match=message):
        render_clip(**settings)


def test_unknown_texture():
    with pytest.raises(UnknownNameError, match="no texture family 'wood'"):
        render_clip(texture="wood")


# The 22 sequences, frozen.


def test_the_benchmark_has_two_sequences_an_attribute():
    sequences = load_dataset("synthetic")
    assert [s.name for s in sequences] == [f"{short.lower()}-{n}" for short in SHORT_NAMES for n in (1, 2)]
    for sequence in sequences:
        assert len(sequence) == len(sequence.frames) == len(sequence.boxes) == 120
        assert sequence.name.split("-")[0].upper() in sequence.attributes
        assert set(sequence.attributes) <= set(SHORT_NAMES)
        assert np.isfinite(sequence.boxes).all()
        shares = visible_share(sequence.boxes)
        assert shares[0] == 1
        assert shares.min() > 0
        if "OV" not in sequence.attributes:
            assert shares.min() == 1
    first = sequences[0].frames[0]
    assert first.shape == (240, 320, 3)
    assert first.dtype == np.uint8


def boxes_digest(sequence: Sequence) -> str:
    return hashlib.sha256(np.rint(sequence.boxes * 1e4).astype("<i8").tobytes()).hexdigest()


def frames_digest(sequence: Sequence, indices) -> str:
    digest = hashlib.sha256()
    for index in indices:
        digest.update(sequence.frames[index].tobytes())
    return digest.hexdigest()


def reference() -> dict:
    return json.loads((HERE / "synthetic_reference.json").read_text())


def skip_unless_locked() -> None:
    for package, locked in reference()["versions"].items():
        if version(package) != locked:
            pytest.skip(f"exact only on the locked versions: {package} {locked}, found {version(package)}")


def test_the_reference_was_made_on_the_locked_versions():
    locked = dict(
        line.split("==")
        for line in (HERE.parent / "constraints.txt").read_text().splitlines()
        if "==" in line
    )
    versions = reference()["versions"]
    assert set(versions) == {"numpy", "scipy", "opencv-contrib-python-headless"}
    assert versions == {package: locked[package] for package in versions}


def test_the_truth_is_the_frozen_one():
    stored = reference()["boxes"]
    assert set(stored) == set(BENCHMARK)
    for sequence in load_synthetic():
        assert boxes_digest(sequence) == stored[sequence.name], sequence.name


def test_frames_are_the_frozen_ones_bit_for_bit():
    skip_unless_locked()
    stored = reference()["frames"]
    for sequence in load_synthetic():
        assert frames_digest(sequence, STORED_FRAMES) == stored[sequence.name], sequence.name


@pytest.mark.slow
def test_all_frames_are_the_frozen_ones_bit_for_bit():
    skip_unless_locked()
    stored = reference()["all_frames"]
    for sequence in load_synthetic():
        assert frames_digest(sequence, range(120)) == stored[sequence.name], sequence.name


def test_frames_are_the_frozen_ones_within_one_grey_level_on_any_version():
    with np.load(HERE / "synthetic_reference.npz") as stored:
        assert set(stored) == set(BENCHMARK)
        for sequence in load_synthetic():
            pixels = np.stack([sequence.frames[index][THUMBNAIL] for index in STORED_FRAMES])
            difference = np.abs(pixels.astype(int) - stored[sequence.name])
            assert difference.max() <= 1, sequence.name


SUBPROCESS = """
import hashlib, sys
import cv2
from udtlib.data.synthetic import render_clip
cv2.setNumThreads(int(sys.argv[1]))
knobs = {"occlusion": 0.5, "deformation": 0.5, "illumination_variation": 0.5, "low_resolution": 0.5}
sequence = render_clip(frames=2, seed=9, **knobs)
assert "torch" not in sys.modules, "rendering needs no torch"
print(hashlib.sha256(sequence.frames[1].tobytes() + sequence.boxes.round(4).tobytes()).hexdigest())
"""


def test_threads_and_instruction_sets_change_nothing_and_torch_is_not_needed():
    plain = {"NPY_DISABLE_CPU_FEATURES": "", "OPENCV_CPU_DISABLE": ""}
    bare = {"NPY_DISABLE_CPU_FEATURES": "X86_V4", "OPENCV_CPU_DISABLE": "AVX512-SKX,AVX2"}
    digests = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SUBPROCESS, threads],
            env={**os.environ, **limits},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads, limits in (("1", plain), ("2", bare))
    ]
    assert len(digests[0].strip()) == 64
    assert digests[0] == digests[1]


# Difficulty: a simple tracker finds every knob harder the further it is turned.


def mosse_auc(sequence: Sequence) -> float:
    tracker = load_tracker("mosse")
    tracker.init(sequence.frames[0], sequence.boxes[0])
    boxes = [sequence.boxes[0], *(tracker.update(frame) for frame in sequence.frames[1:])]
    overlap = iou(np.array(boxes), sequence.boxes)
    return float((overlap[:, None] > np.linspace(0, 1, 21)).mean())


def aucs_of_knob(knob: str, settings, seeds, frames: int) -> list[float]:
    clips = ([render_clip(frames, seed=seed, **{knob: value}) for seed in seeds] for value in settings)
    return [float(np.mean([mosse_auc(sequence) for sequence in group])) for group in clips]


def test_mosse_finds_turned_knobs_harder():
    for short in ("OCC", "SV"):
        aucs = aucs_of_knob(KNOBS[short], (0.0, 0.5, 1.0), range(2), 60)
        assert aucs[0] > 0.7, short
        assert aucs == sorted(aucs, reverse=True), short


@pytest.mark.slow
@pytest.mark.parametrize("short", SHORT_NAMES)
def test_mosse_auc_falls_with_every_knob(short):
    settings = (0.0, 0.25, 0.5, 0.75, 1.0)
    aucs = aucs_of_knob(KNOBS[short], settings, range(8), 100)
    assert spearmanr(settings, aucs).statistic <= -0.8, aucs


@pytest.mark.slow
def test_mosse_on_the_benchmark():
    assert 0.22 < np.mean([mosse_auc(sequence) for sequence in load_synthetic()]) < 0.40


def write_reference() -> None:
    """Write the stored checksums and pixels (`python tests/test_synthetic.py`): once, when frozen."""
    packages = ("numpy", "scipy", "opencv-contrib-python-headless")
    sequences = load_synthetic()
    stored = {
        "versions": {package: version(package) for package in packages},
        "boxes": {s.name: boxes_digest(s) for s in sequences},
        "frames": {s.name: frames_digest(s, STORED_FRAMES) for s in sequences},
        "all_frames": {s.name: frames_digest(s, range(120)) for s in sequences},
    }
    (HERE / "synthetic_reference.json").write_text(json.dumps(stored, indent=1) + "\n")
    pixels = {s.name: np.stack([s.frames[index][THUMBNAIL] for index in STORED_FRAMES]) for s in sequences}
    np.savez_compressed(HERE / "synthetic_reference.npz", **pixels)


if __name__ == "__main__":
    write_reference()
