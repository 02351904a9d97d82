"""The embedded benchmark: procedural clips with exact ground truth; nothing is downloaded.

`render_clip` makes one clip from a few keyword arguments, `load_synthetic` the 22 fixed sequences: two an
attribute of the OTB benchmark, 120 frames of 320x240. Their settings, and so their frames and boxes,
are frozen: results on them are comparable for ever. Book: chapter 01.
"""

from collections.abc import Sequence as AbstractSequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from udtlib.data.sequences import Sequence
from udtlib.data.synthetic.bodies import bounding_box
from udtlib.data.synthetic.motion import ClipSettings, Motion, check_knobs
from udtlib.data.synthetic.scene import cached_frame
from udtlib.frames import Frame

# name: settings; the first knob of each is the attribute it is named for
BENCHMARK: dict[str, dict[str, Any]] = {
    "iv-1": {"illumination_variation": 0.9, "texture": "leaves", "seed": 101},
    "iv-2": {"illumination_variation": 1.0, "scale_variation": 0.5, "texture": "mixed", "seed": 301},
    "sv-1": {"scale_variation": 0.9, "out_of_plane_rotation": 0.3, "texture": "mixed", "seed": 103},
    "sv-2": {"scale_variation": 1.0, "fast_motion": 0.5, "texture": "noise", "seed": 104},
    "occ-1": {"occlusion": 0.7, "scale_variation": 0.3, "texture": "leaves", "seed": 205},
    "occ-2": {"occlusion": 0.9, "out_of_plane_rotation": 0.4, "texture": "mixed", "seed": 106},
    "def-1": {"deformation": 0.9, "occlusion": 0.3, "texture": "leaves", "seed": 107},
    "def-2": {"deformation": 1.0, "in_plane_rotation": 0.5, "texture": "mixed", "seed": 108},
    "mb-1": {"motion_blur": 0.8, "fast_motion": 0.3, "texture": "leaves", "seed": 109},
    "mb-2": {"motion_blur": 1.0, "scale_variation": 0.4, "texture": "noise", "seed": 110},
    "fm-1": {"fast_motion": 0.7, "texture": "leaves", "seed": 111},
    "fm-2": {"fast_motion": 1.0, "motion_blur": 0.3, "texture": "mixed", "seed": 112},
    "ipr-1": {"in_plane_rotation": 0.8, "scale_variation": 0.3, "texture": "leaves", "seed": 113},
    "ipr-2": {"in_plane_rotation": 1.0, "illumination_variation": 0.4, "texture": "noise", "seed": 114},
    "opr-1": {"out_of_plane_rotation": 0.8, "texture": "leaves", "seed": 115},
    "opr-2": {"out_of_plane_rotation": 1.0, "fast_motion": 0.4, "texture": "mixed", "seed": 116},
    "ov-1": {"out_of_view": 0.8, "fast_motion": 0.3, "texture": "leaves", "seed": 117},
    "ov-2": {"out_of_view": 1.0, "scale_variation": 0.4, "texture": "mixed", "seed": 118},
    "bc-1": {"background_clutter": 0.8, "in_plane_rotation": 0.3, "texture": "leaves", "seed": 119},
    "bc-2": {"background_clutter": 1.0, "deformation": 0.4, "texture": "noise", "seed": 120},
    "lr-1": {"low_resolution": 0.9, "fast_motion": 0.3, "texture": "mixed", "seed": 133},
    "lr-2": {"low_resolution": 1.0, "scale_variation": 0.3, "texture": "leaves", "seed": 134},
}


class ClipFrames(AbstractSequence[Frame]):
    """The frames of a clip: RGB ``uint8`` ``(H, W, 3)``, rendered when asked for, in any order.

    The last frames asked for are kept, of all clips together; what is returned is a copy of the caller's
    own. Small to pickle: another process renders the same frames again.
    """

    def __init__(self, settings: ClipSettings) -> None:
        self.settings = settings

    def __len__(self) -> int:
        """Return the number of frames."""
        return self.settings.frames

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...

    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        """Return one frame (negative counts from the end), or a list for a slice.

        Raises:
            IndexError: no such frame.
        """
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"frame {index} of a clip of {len(self)} frames")
        return cached_frame(self.settings, int(index) % len(self)).copy()


def render_clip(
    frames: int = 120,
    size: tuple[int, int] = (240, 320),
    seed: int = 0,
    *,
    name: str | None = None,
    texture: str = "leaves",
    camera_shake: float = 0.2,
    **knobs: float,
) -> Sequence:
    """Return a procedural clip: a textured target that moves over a moving background, and its true boxes.

    Target and background are drawn from one texture family. Every knob goes from 0 (off, the default) to
    1; with all at 0 the clip is easy. Equal arguments give equal clips, fewer frames give the beginning
    of the same clip, and turning one knob leaves all other random choices as they were.

    The true box is the smallest upright box around the target's outline at the middle of the exposure,
    as floats: after rotation, turning and deformation; the whole target's where it is occluded; and where
    it is out of view still the whole target's, so that part of the box lies outside the image.

    Args:
        frames: number of frames.
        size: ``(height, width)`` of the frames in pixels, at least 96 each.
        seed: which clip.
        name: the sequence's name; None is ``clip-SEED``.
        texture: ``"leaves"``, ``"mixed"`` or ``"noise"``, see `udtlib.data.synthetic.textures`.
        camera_shake: how much a hand-held camera trembles, 0..1 (1 is about 8 pixels).
        knobs: the attributes of OTB, 0..1 each:
            ``illumination_variation`` (shadows that move over the scene, and a changing global light),
            ``scale_variation`` (up to 3 times larger and smaller),
            ``occlusion`` (textured objects linger in front of the target, once in 38 frames),
            ``deformation`` (the body bends),
            ``motion_blur`` (the camera vibrates while the shutter is open),
            ``fast_motion`` (up to 10 times the speed, then above 20 pixels a frame),
            ``in_plane_rotation`` (up to about 180 degrees either way),
            ``out_of_plane_rotation`` (turns about its vertical axis and shows its back),
            ``out_of_view`` (leaves over the nearest border, once in 38 frames),
            ``background_clutter`` (one to three lookalikes circle the target and pass it),
            ``low_resolution`` (the target shrinks to about 20 pixels, on a coarse sensor).

    Returns:
        A sequence of lazy frames whose ``attributes`` are the OTB short names of the knobs above 0.

    Raises:
        OptionError: a value out of range, or a knob that does not exist.
        UnknownNameError: no such texture family.
    """
    check_knobs(knobs)
    shape: Any = tuple(size) if isinstance(size, AbstractSequence) else size
    settings = ClipSettings(frames, shape, seed, texture, camera_shake, **knobs)
    motion = Motion(settings)
    boxes = np.stack([bounding_box(motion.target(float(index))) for index in range(settings.frames)])
    return Sequence(name or f"clip-{seed}", ClipFrames(settings), boxes, settings.attributes)


def load_synthetic(root: str | Path | None = None) -> list[Sequence]:
    """Return the 22 sequences of the embedded benchmark, two an attribute, 120 frames of 320x240 each.

    Args:
        root: not used: nothing is read. It is there because every dataset's loader takes it.
    """
    return [render_clip(name=name, **settings) for name, settings in BENCHMARK.items()]
