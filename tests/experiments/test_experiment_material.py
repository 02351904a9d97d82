"""What arms are trained and judged on: the same videos, time shuffled, triplets broken, clips held out."""

from dataclasses import replace

import numpy as np
import pytest

from udtlib.data.raw_video.augmentation import augment
from udtlib.data.synthetic import BENCHMARK
from udtlib.data.synthetic.cache import pack_clips
from udtlib.data.synthetic.patches import FIRST_SEED, RenderedClip
from udtlib.errors import OptionError
from udtlib.experiments.catalogue import EXPERIMENTS, SCALES
from udtlib.experiments.declared import Arm
from udtlib.experiments.material import (
    TRAINING_SEED,
    arm_batches,
    broken,
    judged_clips,
    rendered,
    sequences_to_judge,
)

TINY = replace(
    SCALES["small"], clips=2, frames=5, judged=2, recipe=dict(SCALES["small"].recipe) | {"batch": 4}
)
CLIPS = [RenderedClip(0, 5), RenderedClip(5, 5)]


def video_of(frames):
    return np.asarray(frames) // 5


def test_every_arm_sees_the_same_videos_and_only_boxes_know_the_truth():
    made = rendered(2, 5)
    assert set(made) == {"centre", "boxes", "entropy"}
    for crops in ("boxes", "entropy"):
        assert made[crops].patches.shape == made["centre"].patches.shape
        assert made[crops].videos == made["centre"].videos
    truth = {arm.name: arm_batches(arm, TINY, 0)(0).displacements for arm in EXPERIMENTS["ablation"].arms}
    assert [name for name, found in truth.items() if found is not None] == ["supervised"]


def test_an_entropy_patch_shows_the_most_varied_place_and_not_the_middle():
    made = rendered(2, 5)
    assert (made["entropy"].patches != made["centre"].patches).any()
    moved = made["entropy"].targets - made["centre"].targets
    assert np.ptp(moved[:5], axis=0) == pytest.approx([0, 0])  # one place in all frames of a clip


def test_shuffled_frames_stay_in_their_video_and_lose_their_order():
    arm = Arm("x", "", shuffled=True)
    order = arm_batches(arm, TINY, 3).order
    np.testing.assert_array_equal(np.sort(order), np.arange(10))
    np.testing.assert_array_equal(video_of(order), video_of(np.arange(10)))
    assert (order != np.arange(10)).any()
    np.testing.assert_array_equal(order, arm_batches(arm, TINY, 3).order)
    np.testing.assert_array_equal(arm_batches(Arm("y", ""), TINY, 3).order, np.arange(10))


def test_broken_triplets_look_into_another_video_and_the_others_stay():
    triplets = np.array([[0, 1, 2]] * 300 + [[6, 7, 8]] * 300)
    found = broken(triplets, 0.3, CLIPS, np.random.default_rng(0))
    changed = (found != triplets).any(axis=1)
    assert 0.24 < changed.mean() < 0.36
    np.testing.assert_array_equal(found[:, 0], triplets[:, 0])
    assert (video_of(found[changed, 1:]) != video_of(found[changed, :1])).all()
    assert broken(triplets, 0.0, CLIPS, np.random.default_rng(0)) is triplets
    with pytest.raises(OptionError, match="two videos"):
        broken(triplets, 0.1, CLIPS[:1], np.random.default_rng(0))


def test_batches_repeat_and_have_as_many_patches_as_the_arm_needs():
    for name, count in (("udt", 3), ("four-frames", 4)):
        batches = arm_batches(EXPERIMENTS["ludt"].arm(name), TINY, 1)
        again = arm_batches(EXPERIMENTS["ludt"].arm(name), TINY, 1)
        for step in (5, 0):
            assert batches(step).patches.shape == (4, count, 63, 63, 3)
            np.testing.assert_array_equal(batches(step).patches, again(step).patches)


def test_a_recipe_with_augmentation_changes_the_patches_as_training_does():
    arm, whole = Arm("x", ""), replace(TINY, patch=125)
    plain = arm_batches(arm, whole, 1)(3).patches
    stronger = replace(whole, recipe=dict(TINY.recipe) | {"augment": 0.5, "smear": 4.0})
    found = arm_batches(arm, stronger, 1)(3).patches
    np.testing.assert_array_equal(found, augment(plain, 0.5, np.random.default_rng([1, 3, 2]), 4.0))
    assert (found != plain).any()


def test_a_share_of_the_videos_is_the_first_of_them():
    half = arm_batches(Arm("x", "", share=0.5), TINY, 0)
    assert list(half.loader.videos) == [RenderedClip(0, 5)]


def test_judged_clips_are_held_out_and_show_every_attribute():
    clips = judged_clips(11)
    seeds = {one.frames.settings.seed for one in clips}
    trained = {FIRST_SEED + 1000 * TRAINING_SEED + number for number in range(SCALES["small"].clips)}
    assert len(seeds) == 11
    assert not seeds & trained
    assert not seeds & {settings["seed"] for settings in BENCHMARK.values()}
    assert len({name for one in clips for name in one.attributes}) == 11
    assert all(len(one.frames) == len(one.boxes) for one in clips)


@pytest.mark.parametrize("name", ["medium", "full"])
def test_scales_of_real_videos_say_what_they_lack(name):
    full = SCALES[name]
    with pytest.raises(OptionError, match="--videos"):
        arm_batches(Arm("udt", ""), full, 0)
    with pytest.raises(OptionError, match="--val"):
        sequences_to_judge(full, None)


def test_packed_videos_are_shuffled_broken_and_shared_like_clips(tmp_path):
    path = pack_clips(tmp_path / "patches.raw", clips=4, frames=5).path
    full = SCALES["full"].shortened(3)
    full = replace(full, recipe=dict(full.recipe) | {"batch": 4})
    arm = Arm("x", "", shuffled=True, broken=0.5, share=0.5)
    batches = arm_batches(arm, full, 0, path)
    assert len(batches.loader.videos) == 2
    assert batches(0).patches.shape == (4, 3, 125, 125, 3)
    assert (batches.order[:10] != np.arange(10)).any()
    settings = full.settings(arm, 0, len(batches), batches.name)
    assert (settings.steps, settings.schedule, settings.optimiser) == (3, "step", "sgd")
    assert SCALES["full"].settings(arm, 0, 100, "").steps == 5000
    with pytest.raises(OptionError, match="'supervised' needs clips"):
        arm_batches(EXPERIMENTS["ablation"].arm("supervised"), full, 0, path)


def test_every_comparison_is_of_declared_arms_and_every_recipe_is_shared():
    assert len(EXPERIMENTS) >= 4
    for one in EXPERIMENTS.values():
        for comparison in one.comparisons:
            assert one.arm(comparison.better).name != one.arm(comparison.worse).name
    seen = {}
    for one in EXPERIMENTS.values():
        for arm in one.arms:
            assert seen.setdefault(arm.name, arm) == arm
            if one.name == "recipe":  # the one whose arms differ in the recipe
                continue
            settings = SCALES["small"].settings(arm, 0, 10, "x")
            assert (settings.steps, settings.batch, settings.optimiser) == (40, 8, "muon")
            if arm.needs_clips:
                continue
            medium = SCALES["medium"].settings(arm, 0, 10, "x")
            assert medium == replace(settings, steps=300, batch=16, patch=125, augment=1.0, smear=12.0)


def test_an_arm_may_take_a_multiple_of_the_steps_at_every_scale():
    long = EXPERIMENTS["recipe"].arm("long")
    assert SCALES["medium"].settings(long, 0, 10, "").steps == 6000
    assert SCALES["medium"].settings(long, 0, 10, "").batch == 8
    assert SCALES["full"].settings(long, 0, 100, "").steps == 20 * 5000
    assert SCALES["small"].shortened(2).settings(long, 0, 10, "").steps == 40
