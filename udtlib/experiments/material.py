"""What arms are trained on and judged on. Book: chapter 15.

At scale small, procedural clips: those of the training are the same for every arm and seed, only where
patches are cut differs. Those to judge on come from other seeds, with every knob of the renderer among them.
At scales medium and full, the packed patches of a folder of videos, and a folder of sequences.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from udtlib.data import load_dataset
from udtlib.data.raw_video.augmentation import augment
from udtlib.data.raw_video.triplets import Clip, TripletLoader, Triplets
from udtlib.data.sequences import Sequence as TestSequence
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.motion import KNOBS
from udtlib.data.synthetic.patches import CROPS, ClipPatches, RenderedClip, clip_patches, clips_name
from udtlib.data.synthetic.textures import FAMILIES
from udtlib.errors import OptionError
from udtlib.experiments.declared import Arm, Scale
from udtlib.training.data import cached_data
from udtlib.training.settings import VARIANTS
from udtlib.training.step import Batch

TRAINING_SEED = 15
JUDGED_SEED = 900_000  # far from the seeds of the embedded benchmark and of clips to train on
JUDGED_FRAMES = 20


@dataclass
class ArmBatches:
    """The batches of one arm and seed; called with a step, it gives its batch, as ``train`` asks.

    Attributes:
        loader: draws triplets of the videos that the arm uses.
        arm: says whether frames are shuffled and triplets broken.
        name: what the batches are cut from.
        displacements: gives the true displacements of triplets, where the arm learns from them.
        augment: strength of `udtlib.data.raw_video.augmentation`.
        smear: its longest motion blur, in pixels.
    """

    loader: TripletLoader
    arm: Arm
    name: str
    displacements: Callable[[Triplets], NDArray[np.float64]] | None = None
    augment: float = 0.0
    smear: float = 0.0
    order: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        """Put each video's frames in random order, if the arm asks for it."""
        videos, random = self.loader.videos, np.random.default_rng([self.loader.seed, 1])
        self.order = np.arange(max(video.start + video.frames for video in videos))
        for video in videos if self.arm.shuffled else ():
            part = slice(video.start, video.start + video.frames)
            self.order[part] = random.permutation(self.order[part])

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self.loader)

    def __call__(self, step: int) -> Batch:
        """Return the batch of ``step`` (0-indexed), always the same."""
        random = np.random.default_rng([self.loader.seed, step, 2])
        triplets = self.order[broken(self.loader.triplets(step), self.arm.broken, self.loader.videos, random)]
        truth = self.displacements(triplets) if self.displacements else None
        patches = self.loader.read(triplets)
        if self.augment:
            patches = augment(patches, self.augment, random, self.smear)
        return Batch(patches, truth)


def broken(triplets: Triplets, share: float, videos: Sequence[Clip], random: np.random.Generator) -> Triplets:
    """Return triplets ``(n, 1 + k)`` of which about ``share`` have their search patches from another video.

    The others are as they were. The frames of a broken triplet's search patches are consecutive there.

    Raises:
        OptionError: one video only.
    """
    if not share:
        return triplets
    if len(videos) < 2:
        raise OptionError("triplets are broken with frames of another video: expected two videos or more")
    result, searches = triplets.copy(), triplets.shape[1] - 1
    for number in np.flatnonzero(random.random(len(triplets)) < share):
        others = [v for v in videos if not v.start <= triplets[number, 0] < v.start + v.frames]
        other = others[random.integers(len(others))]
        first = random.integers(max(1, other.frames - searches + 1))
        result[number, 1:] = other.start + (first + np.arange(searches)) % other.frames
    return result


@cache
def rendered(clips: int, frames: int, side: int = 125, seed: int = TRAINING_SEED) -> dict[str, ClipPatches]:
    """Return the patches of clips by where they are cut; every frame is drawn once for all of them.

    Args:
        clips: how many.
        frames: of each.
        side: of the patches in pixels; those of `clip_patches` are shrunk to it by areas.
        seed: of the clips.
    """
    parts: dict[str, list[tuple[Any, Any]]] = {crops: [] for crops in CROPS}
    for number in range(clips):
        for crops, made in parts.items():
            made.append(clip_patches(seed, number, frames, crops))
    videos = tuple(RenderedClip(number * frames, frames) for number in range(clips))
    found = {}
    for crops, made in parts.items():
        patches, targets = (np.concatenate(arrays) for arrays in zip(*made, strict=True))
        name = f"{clips_name(clips, frames, seed, crops)}, {side} pixels"
        small = np.stack([cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA) for patch in patches])
        found[crops] = ClipPatches(small, videos, targets * side / patches.shape[1], name)
    return found


def arm_batches(arm: Arm, scale: Scale, seed: int, videos: Path | None = None) -> ArmBatches:
    """Return what an arm is trained on.

    Args:
        arm: says which part of the videos, where patches are cut, what is done to the triplets.
        scale: with clips, or with a folder of videos.
        seed: of the order of triplets.
        videos: the packed patches, where the scale has no clips.

    Raises:
        OptionError: no videos where the scale asks for them, or an arm that needs clips.
    """
    variant, recipe = VARIANTS[arm.variant], dict(scale.recipe) | dict(arm.settings)
    batch, changed = int(recipe["batch"]), (recipe.get("augment", 0.0), recipe.get("smear", 0.0))
    if scale.clips:
        made = rendered(scale.clips, scale.frames, scale.patch)[arm.cut]
        used: Sequence[Clip] = made.videos[: ceil(arm.share * len(made.videos))]
        loader = TripletLoader(made.patches, used, batch, seed, "reference", variant.span, variant.drawn)
        return ArmBatches(loader, arm, made.name, made.displacements if variant.truth else None, *changed)
    if videos is None:
        raise OptionError(
            f"scale {scale.name!r} trains on packed videos: add --videos PATCHES (udt data pack)"
        )
    if arm.needs_clips:
        raise OptionError(
            f"arm {arm.name!r} needs clips whose true boxes are known, or patches cut elsewhere: "
            "run it at --scale small, or leave it out (--arms)"
        )
    data = cached_data(videos, batch, seed, "reference", torch.device("cpu"), variant=variant)
    used = data.loader.videos[: ceil(arm.share * len(data.loader.videos))]
    loader = TripletLoader(data.loader.patches, used, batch, seed, "reference", variant.span, variant.drawn)
    return ArmBatches(loader, arm, data.name, None, *changed)


def judged_clips(count: int) -> list[TestSequence]:
    """Return held-out clips: the knobs in turn at 0.8, a second one at 0.4."""
    return [judged_clip(number) for number in range(count)]


def judged_clip(number: int) -> TestSequence:
    """Return one of the held-out clips, `JUDGED_FRAMES` frames of 320x240."""
    knobs, textures = list(KNOBS.values()), sorted(FAMILIES)
    chosen: dict[str, Any] = {knobs[number % len(knobs)]: 0.8}
    chosen.setdefault(knobs[(number * 5 + 3) % len(knobs)], 0.4)
    chosen["fast_motion"] = max(0.3, chosen.get("fast_motion", 0.0))
    return render_clip(
        JUDGED_FRAMES,
        seed=JUDGED_SEED + number,
        name=f"held-{number:02d}",
        texture=textures[number % len(textures)],
        camera_shake=0.3,
        **chosen,
    )


def sequences_to_judge(scale: Scale, val: Path | None) -> list[TestSequence]:
    """Return the sequences that networks are judged on: clips, or those of a folder laid out as OTB is.

    Raises:
        OptionError: no folder where the scale asks for one.
    """
    if scale.judged:
        return judged_clips(scale.judged)
    if val is None:
        raise OptionError(f"scale {scale.name!r} judges on real sequences: add --val DIR, laid out as OTB is")
    return load_dataset("otb", val)
