"""The embedded benchmark: procedural clips with exact ground truth. Book: chapter 01."""

from collections.abc import Sequence as AbstractSequence
from typing import overload

import numpy as np

from udtlib.data.sequences import Sequence
from udtlib.data.synthetic_motion import KNOBS, ClipSettings, Motion, bounding_box
from udtlib.data.synthetic_scene import cached_frame
from udtlib.trackers.base import Frame


class ClipFrames(AbstractSequence[Frame]):
    def __init__(self, settings):
        self.settings = settings

    def __len__(self):
        return self.settings.frames

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        return cached_frame(self.settings, index).copy()


def render_clip(name=None, **settings):
    chosen = ClipSettings(**settings)
    motion = Motion(chosen)
    boxes = np.stack([bounding_box(motion.target(float(t))) for t in range(chosen.frames)])
    attributes = tuple(short for short, knob in KNOBS.items() if getattr(chosen, knob) > 0)
    return Sequence(name or f"clip-{chosen.seed}", ClipFrames(chosen), boxes, attributes)
