"""Clips with a character in them: the knobs of the synthetic benchmark, a target that everybody recognises.

`render_cast` makes one clip, `load_cast` one for each character and one for each of OTB's eleven
difficulties. They are for looking and for explaining; what is measured is measured on the synthetic
benchmark. Book: chapter 00.
"""

from collections.abc import Sequence as AbstractSequence
from pathlib import Path
from typing import Any

import numpy as np

from udtlib.data.cast.stage import CastMotion, CastSettings, cached_frame
from udtlib.data.sequences import Frames, Sequence
from udtlib.data.synthetic.motion import check_knobs
from udtlib.frames import Frame

# name: settings; the clips named for a difficulty show it, the others are easy
CAST: dict[str, dict[str, Any]] = {
    "ladybird": {"character": "ladybird", "seed": 1},
    "kite": {"character": "kite", "seed": 2},
    "boat": {"character": "boat", "seed": 3},
    "car": {"character": "car", "seed": 4},
    "fish": {"character": "fish", "seed": 5},
    "occlusion": {"character": "ladybird", "occlusion": 0.7, "seed": 6},
    "fast-motion": {"character": "kite", "fast_motion": 0.8, "motion_blur": 0.3, "seed": 7},
    "light": {"character": "boat", "illumination_variation": 0.9, "seed": 8},
    "scale": {"character": "car", "scale_variation": 0.5, "seed": 9},
    "lookalikes": {"character": "fish", "background_clutter": 0.9, "seed": 10},
    "deformation": {"character": "kite", "deformation": 1.0, "seed": 21},
    "motion-blur": {"character": "ladybird", "motion_blur": 0.9, "seed": 12},
    "in-plane-rotation": {"character": "ladybird", "in_plane_rotation": 0.9, "seed": 13},
    "out-of-plane-rotation": {"character": "fish", "out_of_plane_rotation": 0.9, "seed": 14},
    "out-of-view": {"character": "boat", "out_of_view": 0.8, "seed": 15},
    "low-resolution": {"character": "car", "low_resolution": 0.9, "seed": 16},
}


class CastFrames(Frames):
    """The frames of a clip: RGB ``uint8`` ``(H, W, 3)``, drawn when asked for, in any order.

    The last frames asked for are kept, of all clips together. Small to pickle: another process draws
    the same frames.
    """

    def __init__(self, settings: CastSettings) -> None:
        self.settings = settings

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.settings.frames

    def read(self, index: int) -> Frame:
        """Return frame ``index``.

        Raises:
            IndexError: no such frame.
        """
        if index >= len(self):
            raise IndexError(f"frame {index} of a clip of {len(self)} frames")
        return cached_frame(self.settings, index).copy()


def render_cast(
    character: str = "ladybird",
    frames: int = 120,
    size: tuple[int, int] = (240, 320),
    seed: int = 0,
    *,
    name: str | None = None,
    camera_shake: float = 0.2,
    **knobs: float,
) -> Sequence:
    """Return a clip of a recognisable target that moves before a drawn scene, and its true boxes.

    Motion, light, exposure and sensor are those of `udtlib.data.synthetic.render_clip`, and so are the knobs,
    from 0 (off) to 1. Equal arguments give equal clips, fewer frames give the beginning of the same clip, and
    turning one knob leaves all other random choices as they were.

    The true box is the smallest upright box around all outlines of the target at the middle of the
    exposure, as floats: the whole target's where it is hidden or out of view. A shadow, a reflection, a
    kite's tail and its string do not belong to it.

    Args:
        character: ``"ladybird"``, ``"kite"``, ``"boat"``, ``"car"`` or ``"fish"``.
        frames: number of frames.
        size: ``(height, width)`` of the frames in pixels, at least 96 each.
        seed: which clip.
        name: the sequence's name; None is ``CHARACTER-SEED``.
        camera_shake: how much a hand-held camera trembles, 0..1 (1 is about 8 pixels).
        knobs: as `udtlib.data.synthetic.render_clip`. Out of its plane a character turns like a card: from
            behind it is its own mirror image.

    Returns:
        A sequence of lazy frames whose ``attributes`` are the OTB short names of the knobs above 0.

    Raises:
        OptionError: a value out of range, or a knob that does not exist.
        UnknownNameError: no such character.
    """
    check_knobs(knobs)
    shape: Any = tuple(size) if isinstance(size, AbstractSequence) else size
    settings = CastSettings(frames, shape, seed, "leaves", camera_shake, **knobs, character=character)
    motion = CastMotion(settings)
    boxes = np.stack([motion.body.bounding_box(motion.target(float(t))) for t in range(settings.frames)])
    return Sequence(name or f"{character}-{seed}", CastFrames(settings), boxes, settings.attributes)


def load_cast(root: str | Path | None = None) -> list[Sequence]:
    """Return 16 clips: each character once, and one for each of eleven difficulties, 120 frames of 320x240.

    Args:
        root: not used: nothing is read. It is there because every dataset's loader takes it.
    """
    return [render_cast(name=name, **settings) for name, settings in CAST.items()]
