"""Procedural clips: the truth against masks, knobs against what they promise, the frozen benchmark."""

import hashlib
import json
import pickle
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import pytest

from udtlib.boxes import center, iou
from udtlib.data import load_dataset
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import BENCHMARK, load_synthetic, render_clip
from udtlib.data.synthetic_bodies import Pose, bounding_box, draw_body, outline
from udtlib.data.synthetic_motion import KNOBS, ClipSettings, Motion
from udtlib.data.synthetic_scene import Scene, build_scene
from udtlib.errors import OptionError, UnknownNameError

HERE = Path(__file__).parent
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
        assert by_pixels == pytest.approx(by_outline, abs=0.15)
    assert inside["m00"] == pytest.approx(around["m00"], rel=0.06)


def test_subpixel_motion_moves_the_picture_by_that_much():
    frames = []
    for shift in (0.0, 0.37):
        frame = np.zeros((160, 200, 3), np.uint8)
        draw_body(frame, Pose((100.3 + shift, 80.7), (26, 31)), WHITE)
        frames.append(frame[..., 0].astype(float))
    columns = np.arange(200)
    means = [(frame.sum(axis=0) * columns).sum() / frame.sum() for frame in frames]
    assert means[1] - means[0] == pytest.approx(0.37, abs=0.02)


@pytest.mark.parametrize("short", SHORT_NAMES)
def test_the_box_of_a_frame_is_where_the_target_is_seen(short):
    if short in ("IV", "LR", "OCC", "BC"):
        knobs = {}  # nothing geometric: the other poses' clip, so that the loop covers every setting's path
    else:
        knobs = {KNOBS[short]: 0.9}
    scene = white_target_scene(frames=120, seed=5, **knobs)
    boxes = render_clip(frames=120, seed=5, **knobs).boxes
    tolerance = 1.0 if short != "MB" else 14.0
    for index in range(0, 120, 17):
        seen = mask_box(scene.frame(index)[..., 0] >= (64 if short != "MB" else 32))
        expected = corners(boxes[index])
        expected[[0, 2]] = np.clip(expected[[0, 2]], 0, 320)
        expected[[1, 3]] = np.clip(expected[[1, 3]], 0, 240)
        assert np.abs(corners(seen) - expected).max() <= tolerance, index
