"""Clips with recognisable targets: the truth against masks, knobs against what they promise."""

import pickle

import numpy as np
import pytest

from udtlib.boxes import center
from udtlib.data import load_dataset
from udtlib.data.cast import CAST, render_cast
from udtlib.data.cast.shapes import Shape, ellipse, paint, polygon
from udtlib.data.cast.sprites import FINEST, Sprite, forward
from udtlib.data.cast.stage import CHARACTERS, CastMotion, CastSettings, Stage, build_stage
from udtlib.data.synthetic.bodies import Pose
from udtlib.data.synthetic.motion import KNOBS
from udtlib.errors import OptionError, UnknownNameError

POSES = {
    "plain": Pose((100.3, 80.7), (26, 31)),
    "rotated": Pose((100.3, 80.7), (20, 36), angle=0.6),
    "turned": Pose((100.3, 80.7), (26, 31), yaw=2.2),
    "bent": Pose((100.3, 80.7), (26, 31), bend=(0.5, -0.4, 0.3, 2.0)),
    "all": Pose((100.3, 80.7), (22, 25), 1.2, -2.1, 0.8, (-0.4, 0.3, 1.3, 0.2)),
    "small": Pose((100.3, 80.7), (9.2, 8.4)),
}


def mask_corners(cover: np.ndarray) -> np.ndarray:
    """Return left, top, right and bottom of what is covered by at least a quarter."""
    seen = cover >= 64
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)


def corners(box: np.ndarray) -> np.ndarray:
    return np.concatenate([box[:2], box[:2] + box[2:]])


def cover_of(body: Sprite, pose: Pose, height: int = 240, width: int = 320) -> np.ndarray:
    return body.sampled(pose, np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5)[..., 3]


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("character", CHARACTERS)
def test_the_box_is_that_of_the_drawn_mask(character, pose):
    body = Sprite(CHARACTERS[character].draw(CHARACTERS[character].color))
    away = mask_corners(cover_of(body, POSES[pose])) - corners(body.bounding_box(POSES[pose]))
    assert np.abs(away).max() <= 1


@pytest.mark.parametrize("character", CHARACTERS)
def test_the_target_is_drawn_where_its_box_says(character):
    """A frame with the target and one without differ inside the box, up to its borders."""
    knobs = {"in_plane_rotation": 0.6, "deformation": 0.5, "scale_variation": 0.4}
    settings = CastSettings(character=character, seed=5, camera_shake=1.0, **knobs)
    clip, stage = render_cast(character, seed=5, camera_shake=1.0, **knobs), Stage(settings)
    for index in (0, 33, 80, 119):
        box = corners(clip.boxes[index])
        with_target = stage.moment(float(index))
        cover = cover_of(stage.body, stage.motion.target(float(index)))
        assert np.abs(mask_corners(cover) - np.clip(box, 0, [320, 240, 320, 240])).max() <= 1.2
        solid = cover == 255
        drawn = np.zeros_like(with_target)
        stage.body.draw(drawn, stage.motion.target(float(index)))
        assert solid.sum() > 300
        assert np.array_equal(drawn[solid], with_target[solid])


def test_points_move_forward_and_pixels_back_to_the_same_place():
    """A dot painted at a place of the drawing is seen where `forward` says that place lies."""
    square, at = polygon([(-1, -1), (1, -1), (1, 1), (-1, 1)]), np.array([[0.45, -0.3]])
    body = Sprite([Shape(square, (0, 0, 0)), Shape(ellipse(*at[0], 0.12, 0.12), (255, 255, 255))])
    for pose in POSES.values():
        frame = np.zeros((160, 200, 3), np.uint8)
        body.draw(frame, pose)
        light, (y, x) = frame[..., 0].astype(float), np.mgrid[:160, :200] + 0.5
        found = np.array([(light * x).sum(), (light * y).sum()]) / light.sum()
        assert np.linalg.norm(found - forward(pose, at)[0]) < 0.6


def test_shapes_cover_as_many_pixels_as_their_area():
    """OpenCV covers about half a pixel around a shape as well, so the shape is large here."""
    picture = np.zeros((300, 500, 4), np.uint8)
    paint(picture, [Shape(ellipse(240.3, 150.2, 200, 100), (200, 100, 50))])
    assert picture[..., 3].sum() / 255 == pytest.approx(np.pi * 200 * 100, rel=0.015)
    assert tuple(picture[150, 240]) == (200, 100, 50, 255)
    paint(picture, [Shape(polygon([(10, 10), (50, 10), (50, 50), (10, 50)]), (0, 0, 0), (200, 200, 200))])
    assert [int(picture[row, 30, 0]) for row in (12, 30, 47)] == pytest.approx([12, 102, 187], abs=4)


def test_a_clip_is_the_same_every_time():
    for character in CHARACTERS:
        first, again, other = (
            Stage(
                CastSettings(
                    character=character, seed=seed, size=(96, 128), background_clutter=0.5, occlusion=0.5
                )
            ).frame(9)
            for seed in (3, 3, 4)
        )
        assert np.array_equal(first, again)
        assert np.abs(first.astype(int) - other).mean() > 5
    short, clip = render_cast("kite", 20, seed=3), render_cast("kite", 120, seed=3)
    assert np.array_equal(short.boxes, clip.boxes[:20])
    assert np.array_equal(pickle.loads(pickle.dumps(short.frames))[7], clip.frames[7])


def test_knobs_act():
    plain = render_cast("car", seed=2)
    sizes = np.log2(render_cast("car", seed=2, scale_variation=1.0).boxes[:, 2] / plain.boxes[:, 2])
    assert np.ptp(sizes) > 1.5
    steps = [
        np.linalg.norm(np.diff(center(render_cast("kite", seed=2, fast_motion=knob).boxes), axis=0), axis=1)
        for knob in (0.0, 1.0)
    ]
    assert steps[1].mean() > 4 * steps[0].mean()
    assert (
        render_cast("fish", seed=2, low_resolution=1.0).boxes[0, 2]
        < 0.5 * render_cast("fish", seed=2).boxes[0, 2]
    )
    assert render_cast("boat", seed=2, out_of_view=1.0).boxes.min() < 0


@pytest.mark.parametrize("character", CHARACTERS)
def test_what_passes_in_front_hides_the_target_and_the_box_stays(character):
    plain, hidden = render_cast(character, seed=2), render_cast(character, seed=2, occlusion=0.8)
    assert np.array_equal(plain.boxes, hidden.boxes)
    stage = Stage(CastSettings(character=character, seed=2, occlusion=0.8))
    crossing = float(stage.motion.crossings[0])
    solid = cover_of(stage.body, stage.motion.target(crossing)) == 255
    drawn = np.zeros((240, 320, 3), np.uint8)
    stage.body.draw(drawn, stage.motion.target(crossing))
    changed = (drawn != stage.moment(crossing)).any(axis=2) & solid
    assert 0.4 < changed.sum() / solid.sum() <= 1


def test_lookalikes_come_closer_in_colour_and_are_more_with_the_knob():
    count = [
        len(CastMotion(CastSettings(background_clutter=knob)).distractors(0.0)) for knob in (0.0, 0.3, 1.0)
    ]
    assert count == [0, 1, 3]
    colors = []
    for knob in (0.1, 1.0):
        stage = Stage(CastSettings(character="fish", background_clutter=knob))
        colors.append(np.abs(stage.lookalikes[0].levels[2].astype(int) - stage.body.levels[2]).mean())
    assert colors[1] < 0.3 * colors[0]


def test_a_car_is_larger_the_nearer_it_is():
    boxes = render_cast("car", seed=4, camera_shake=0.0).boxes
    rows, widths = center(boxes)[:, 1], boxes[:, 2]
    assert np.ptp(rows) > 15
    assert np.corrcoef(rows, widths)[0, 1] > 0.999
    assert len(set(np.round(widths / (rows - 0.34 * 240), 3))) == 1


def test_the_dataset_has_each_character_and_each_difficulty():
    clips = load_dataset("cast")
    assert [clip.name for clip in clips] == list(CAST)
    assert {clip.frames.settings.character for clip in clips[:5]} == set(CHARACTERS)
    assert all(not clip.attributes for clip in clips[:5])
    strongest = [
        max(KNOBS.values(), key=lambda knob: getattr(clip.frames.settings, knob)) for clip in clips[5:]
    ]
    assert sorted(strongest) == sorted(KNOBS.values())
    assert all(clip.frames[0].shape == (240, 320, 3) for clip in clips[::3])
    build_stage.cache_clear()


def test_what_is_wrong_is_said():
    with pytest.raises(UnknownNameError, match="ladybrid"):
        render_cast("ladybrid")
    with pytest.raises(OptionError, match=f"no knob speed; known: {next(iter(KNOBS.values()))}"):
        render_cast(speed=1.0)
    with pytest.raises(OptionError, match="occlusion"):
        render_cast(occlusion=2.0)
    with pytest.raises(IndexError, match="frame 120 of a clip of 120 frames"):
        render_cast().frames[120]
    assert FINEST >= 512
