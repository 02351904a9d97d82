"""Training patches from procedural clips: nothing is downloaded, no video is needed. Book: chapters 10, 11.

Each clip has its own seed, texture and difficulties. Patches are cut as from real video, the centre of the
frame or the most varied place; or, for the variants that need boxes, around the true box moved by up to 20
pixels.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from udtlib.arguments import Between, OneOf, checked
from udtlib.data.raw_video.patch_selection import most_varied_place
from udtlib.data.synthetic.clips import render_clip
from udtlib.data.synthetic.motion import KNOBS, MOST_FRAMES
from udtlib.data.synthetic.textures import FAMILIES
from udtlib.patches import crop

PATCH = 125  # pixels
CROPS = ("centre", "boxes", "entropy")
Clips = Annotated[int, Between(1, 1_000_000)]
Frames = Annotated[int, Between(2, MOST_FRAMES)]
Seed = Annotated[int, Between(0, 2**32)]
WINDOW = 3.0  # times the box, as in training supervised trackers
OFFSET = 20.0  # pixels of the frame, the paper's weak labels
LEFT_OUT = ("out_of_view", "low_resolution")  # clips without a target in reach teach nothing
FIRST_SEED = 10_000  # far from the embedded benchmark's clips


@dataclass(frozen=True)
class RenderedClip:
    """Where a clip's patches are: ``frames`` of them from number ``start`` on."""

    start: int
    frames: int


@dataclass(frozen=True)
class ClipPatches:
    """Patches of several clips, in memory.

    Attributes:
        patches: RGB uint8 ``(F, 125, 125, 3)``, clip by clip.
        videos: the clips.
        targets: ``(F, 2)`` float64, (y, x) of the true centre in the patch, pixels from its middle.
        name: what was rendered, enough to render it again.
    """

    patches: NDArray[np.uint8]
    videos: tuple[RenderedClip, ...]
    targets: NDArray[np.float64]
    name: str

    def displacements(self, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the true (dy, dx) ``(n, 2, 2)`` of S1 and S2 relative to T for triplets ``(n, 3)``."""
        places = self.targets[indices]
        return places[:, 1:] - places[:, :1]


@checked
def render_patches(
    clips: Clips = 64, frames: Frames = 30, seed: Seed = 0, crops: Annotated[str, OneOf(*CROPS)] = "centre"
) -> ClipPatches:
    """Render clips and cut their patches.

    Args:
        clips: how many, at least 1.
        frames: of each, at least 2.
        seed: equal seeds give equal patches.
        crops: ``"centre"``: half the frame's width and height, squashed; ``"entropy"``: the same, at the
            most varied of 25 places in the clip's first frame; ``"boxes"``: three times the true box, its
            centre moved at random by up to 20 pixels each way, at most half the box.

    Raises:
        OptionError: a value out of range.
    """
    parts = [clip_patches(seed, number, frames, crops) for number in range(clips)]
    videos = tuple(RenderedClip(number * frames, frames) for number in range(clips))
    name = clips_name(clips, frames, seed, crops)
    patches, targets = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return ClipPatches(patches, videos, targets, name)


def clips_name(clips: int, frames: int, seed: int, crops: str) -> str:
    """Return what is rendered, in words: enough to render it again."""
    return f"procedural clips: clips={clips}, frames={frames}, seed={seed}, crops={crops}"


def clip_patches(
    seed: int, number: int, frames: int, crops: str
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return one clip's patches ``(frames, 125, 125, 3)`` and its target's places ``(frames, 2)``."""
    generator = np.random.default_rng([seed, number])
    knobs = [knob for knob in KNOBS.values() if knob not in LEFT_OUT]
    chosen = generator.choice(knobs, 3, replace=False)
    strength: dict[str, Any] = {
        str(knob): float(value) for knob, value in zip(chosen, generator.random(3), strict=True)
    }
    texture = str(generator.choice(sorted(FAMILIES)))
    clip = render_clip(
        frames, seed=FIRST_SEED + 1000 * seed + number, texture=texture, camera_shake=0.5, **strength
    )
    offsets = generator.uniform(-OFFSET, OFFSET, (frames, 2))
    patches, targets = np.empty((frames, PATCH, PATCH, 3), np.uint8), np.empty((frames, 2))
    height, width = clip.frames[0].shape[:2]
    middle = most_varied_place(clip.frames[0]) if crops == "entropy" else np.array([width, height]) / 2
    for index, (frame, box) in enumerate(zip(clip.frames, clip.boxes, strict=True)):
        window = np.array([middle[0] - width / 4, middle[1] - height / 4, width / 2, height / 2])
        if crops == "boxes":
            window = box_window(box, offsets[index])
        patches[index] = crop(frame, window, (PATCH, PATCH))
        away = (box[:2] + box[2:] / 2) - (window[:2] + window[2:] / 2)
        targets[index] = (away / window[2:] * PATCH)[::-1]
    return patches, targets


def box_window(box: NDArray[np.float64], offset: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the window ``(x, y, w, h)`` of three times the box, its centre moved by ``offset`` (x, y)."""
    size = WINDOW * box[2:]
    offset = np.clip(offset, -box[2:] / 2, box[2:] / 2)  # a small target stays well inside its patch
    return np.concatenate([box[:2] + box[2:] / 2 + offset - size / 2, size])
