"""Triplets for the demo of chapter 09: ordinary ones, some that stand still, and faults to plant in them."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from udtlib.data.synthetic import ClipFrames
from udtlib.data.synthetic.motion import KNOBS, ClipSettings, Motion
from udtlib.data.synthetic.patches import LEFT_OUT
from udtlib.data.synthetic.textures import FAMILIES, pink_noise
from udtlib.errors import UnknownNameError
from udtlib.frames import Frame
from udtlib.patches import crop

PATCH = 125  # pixels
SIZE, SPAN = (240, 320), 10  # a clip's frame; S1 and S2 are at most so many frames after T
SENSOR = 2.0  # deviation of the camera's noise in grey levels
TEXTURES = tuple(FAMILIES)
FAULTS = ("none", "cut", "wrong order", "fade in S2", "fade in S1")
BLACK_OUT = 0.02  # brightness of a faded patch


@dataclass(frozen=True)
class Pairs:
    """Triplets and what is known about them.

    Attributes:
        patches: T, S1, S2: RGB uint8 ``(n, 3, 125, 125, 3)``.
        moved: ``(n, 2, 2)`` float64, true (dy, dx) in cells of what fills the crop, the background, in
            S1 and S2 relative to T.
        clips: ``(n,)`` whole numbers, the clip each is from; -1 is none.
        kinds: ``"moving"``, ``"still"`` or ``"sky"``, one a triplet.
    """

    patches: NDArray[np.uint8]
    moved: NDArray[np.float64]
    clips: NDArray[np.int64]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of triplets."""
        return len(self.patches)

    def way_out(self) -> NDArray[np.float64]:
        """Return the length ``(n,)`` of the way from T to S1 to S2, in cells."""
        first, second = self.moved[:, 0], self.moved[:, 1]
        return np.asarray(np.hypot(*first.T) + np.hypot(*(second - first).T))

    def take(self, places: NDArray[np.int64]) -> "Pairs":
        """Return some of them, in the order asked for."""
        return Pairs(
            self.patches[places], self.moved[places], self.clips[places], tuple(self.kinds[k] for k in places)
        )


def join(*parts: Pairs) -> Pairs:
    """Return all triplets of several in one."""
    return Pairs(
        np.concatenate([part.patches for part in parts]),
        np.concatenate([part.moved for part in parts]),
        np.concatenate([part.clips for part in parts]),
        tuple(kind for part in parts for kind in part.kinds),
    )


def add_noise(
    patches: NDArray[np.float64], generator: np.random.Generator, deviation: float = SENSOR
) -> NDArray[np.uint8]:
    """Return patches of any shape as uint8 with a camera's noise, new for each."""
    noisy = patches + deviation * generator.standard_normal(patches.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def render_moving(clips: int = 16, each: int = 4, seed: int = 500) -> Pairs:
    """Return ``each`` triplets of every clip: centre crops, half the frame, drawn as the reference does.

    Every clip has two difficulties of random strength; S1 and S2 are 1 to 10 frames after T, independently.
    """
    generator = np.random.default_rng(seed)
    patches, moved = [], []
    for number in range(clips):
        settings = _clip_settings(generator, seed + number, 1 + SPAN * each)
        frames, motion = ClipFrames(settings), Motion(settings)
        for start in range(0, SPAN * each, SPAN):
            times = [start, *(start + generator.integers(1, SPAN + 1, 2))]
            patches.append([centre_patch(frames[int(time)]) for time in times])
            places = np.array([motion.background(float(time))[::-1] for time in times])
            moved.append((places[1:] - places[0]) / (SIZE[0] / 2, SIZE[1] / 2) * PATCH)
    noisy = add_noise(np.asarray(patches, np.float64), generator)
    return Pairs(noisy, np.array(moved), np.repeat(np.arange(clips), each), ("moving",) * len(noisy))


def _clip_settings(generator: np.random.Generator, seed: int, frames: int) -> ClipSettings:
    knobs = [knob for knob in KNOBS.values() if knob not in LEFT_OUT]
    chosen, strength = generator.choice(knobs, 2, replace=False), generator.random(2)
    values = {str(knob): float(value) for knob, value in zip(chosen, strength, strict=True)}
    return ClipSettings(frames, SIZE, seed, TEXTURES[seed % 3], 0.5, **values)


def centre_patch(frame: Frame) -> Frame:
    """Return the centre of a frame, half its width and height, squashed to 125x125 (paper, section 3.4)."""
    height, width = frame.shape[:2]
    return crop(frame, (width / 4, height / 4, width / 2, height / 2), (PATCH, PATCH))


def render_still(count: int = 4) -> Pairs:
    """Return triplets in which nothing moves: one picture, three times a new noise of the camera."""
    generator = np.random.default_rng(0)
    scenes = [
        ClipFrames(_clip_settings(generator, 900 + number, 1))[0].astype(float) for number in range(count)
    ]
    return _motionless([centre_patch(scene.astype(np.uint8)) for scene in scenes], "still", generator)


def render_sky(count: int = 4) -> Pairs:
    """Return triplets of a sky: hardly any structure, at rest, and half the noise (videos smooth it)."""
    generator = np.random.default_rng(0)
    slope = np.linspace(-15, 15, PATCH)[:, None]
    skies = [
        np.array([150.0, 175.0, 205.0])
        + (slope + 4 * pink_noise(PATCH, PATCH, generator, exponent=2.2))[..., None]
        for _ in range(count)
    ]
    return _motionless(skies, "sky", generator)


def _motionless(scenes: list[NDArray], kind: str, generator: np.random.Generator) -> Pairs:
    thrice = np.repeat(np.asarray(scenes, np.float64)[:, None], 3, axis=1)
    count = len(scenes)
    noisy = add_noise(thrice, generator, SENSOR if kind == "still" else SENSOR / 2)
    return Pairs(noisy, np.zeros((count, 2, 2)), np.full(count, -1), (kind,) * count)


@cache
def example() -> Pairs:
    """Return the chapter's batch of 32: 24 moving triplets of 8 clips, 4 still ones, 4 of sky, shuffled."""
    batch = join(render_moving(8, 3), render_still(), render_sky())
    return batch.take(np.random.default_rng(0).permutation(len(batch)))


def plant(pairs: Pairs, place: int, fault: str) -> NDArray[np.uint8]:
    """Return triplet ``place`` ``(3, 125, 125, 3)`` with one fault of `FAULTS`.

    ``"cut"``: S2 is from the next clip. ``"wrong order"``: T is the last of the three. ``"fade in S1"``
    and ``"fade in S2"``: that patch at 2 % of its brightness.

    Raises:
        UnknownNameError: no such fault.
    """
    if fault not in FAULTS:
        raise UnknownNameError(f"no fault {fault!r}; known: {', '.join(FAULTS)}")
    triplet = pairs.patches[place].copy()
    if fault == "cut":
        other = next(k for k in range(len(pairs)) if pairs.clips[k] not in (-1, pairs.clips[place]))
        triplet[2] = pairs.patches[other, 2]
    elif fault == "wrong order":
        triplet = triplet[[1, 2, 0]]
    elif fault != "none":
        role = int(fault[-1])
        triplet[role] = np.rint(BLACK_OUT * triplet[role])
    return triplet
