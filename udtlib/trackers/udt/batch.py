"""Several targets in one video: the patches of all targets go through the network in one batch.

A target keeps its own filter, position and size; the network, the transform and the frame are shared.
The boxes are those of one `UdtTracker` each. A batch keeps a GPU busy; on a CPU the arithmetic costs what it
costs, and one run of n targets saves the start and the decoding of n - 1 others. Book: chapters 06 and 13.
"""

from collections.abc import Iterator
from collections.abc import Sequence as AbstractSequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from udtlib.boxes import Boxes, check_boxes_in_image
from udtlib.errors import TrackerError
from udtlib.frames import Frame, check_frame
from udtlib.trackers.udt.tracker import Look, UdtTracker
from udtlib.weights import Weights

ON_CPU = 2
"""Targets in one call on a CPU, where larger batches are no faster, and past a dozen patches slower."""


class MultiTracker:
    """Tracks n targets; ``targets`` holds a `UdtTracker` for each, with its response, score and look."""

    def __init__(self, weights: str | Path | Weights | None = None, **options: Any) -> None:
        """Load the network once.

        Args:
            weights: as for `UdtTracker`.
            options: as for `UdtTracker`.

        Raises:
            OptionError, WeightsError, MissingDataError: as `UdtTracker` does.
        """
        self.shared = UdtTracker(weights, **options)
        self.targets: list[UdtTracker] = []

    @classmethod
    def of(cls, shared: UdtTracker) -> "MultiTracker":
        """Return a tracker of many targets with the network and settings of ``shared``."""
        tracker = cls.__new__(cls)
        tracker.shared, tracker.targets = shared, []
        return tracker

    @torch.inference_mode()
    def init(self, frame: Frame, boxes: ArrayLike) -> None:
        """Start on ``frame`` (RGB ``uint8`` ``(H, W, 3)``) with a target in each of ``boxes`` ``(n, 4)``.

        Raises:
            FrameError: not such a frame.
            BoxError: no box, or one that `UdtTracker.init` would refuse; then there are no targets.
        """
        self.targets = []
        frame = check_frame(frame)
        checked = check_boxes_in_image(boxes, *frame.shape[:2])
        targets = [copy(self.shared) for _ in checked]
        for target, box in zip(targets, checked, strict=True):
            target.place(frame, box)
        for part in self.parts(targets):
            learned = self.learn(frame, part, [target.window_size for target in part])
            for target, (dual, template) in zip(part, learned, strict=True):
                target.dual, target.template = dual, template
        self.targets = targets

    @torch.inference_mode()
    def update(self, frame: Frame) -> Boxes:
        """Return the targets' boxes ``(n, 4)`` float64 in the next ``frame``.

        Raises:
            FrameError: not a frame, or of another size than the first.
            TrackerError: `init` was not called.
        """
        if not self.targets:
            raise TrackerError("update needs targets: call init(frame, boxes) first")
        frame = check_frame(frame, self.targets[0].frame_size)
        seeing = []
        for target in self.targets:
            if target.sees_nothing(frame):
                target.stay()
            else:
                target.expect(frame)
                seeing.append(target)
        for part in self.parts(seeing):
            looks = self.search(frame, part)
            windows = [target.move(look) for target, look in zip(part, looks, strict=True)]
            for target, learned in zip(part, self.learn(frame, part, windows), strict=True):
                target.adapt(*learned)
                target.remember(frame)
        return self.boxes

    def parts(self, targets: list[UdtTracker]) -> Iterator[list[UdtTracker]]:
        """Yield the targets that go through the network together: all, or on a CPU `ON_CPU` at a time."""
        size = ON_CPU if self.shared.device.type == "cpu" else max(len(targets), 1)
        for start in range(0, len(targets), size):
            yield targets[start : start + size]

    @property
    def boxes(self) -> Boxes:
        """The present boxes ``(n, 4)`` float64, 0-indexed."""
        return np.array([target.box for target in self.targets]).reshape(-1, 4)

    def search(self, frame: Frame, targets: AbstractSequence[UdtTracker]) -> list[Look]:
        """Return what each target sees at three scales: 3n patches, one call of the network (Eq. 5)."""
        windows = [target.factors[:, None] * target.window_size for target in targets]
        patches = self.sample(frame, targets, windows)
        features = self.shared.features(patches, self.shared.dtype)
        spectra = self.shared.transform.spectrum(features).unflatten(0, (len(targets), -1))
        templates = torch.stack([target.template for target in targets])[:, None]
        duals = torch.stack([target.dual for target in targets])[:, None]
        responses = self.shared.transform.inverse(duals * (spectra * templates.conj()).sum(-1))
        looks = [
            target.judge(*seen)
            for target, *seen in zip(
                targets, windows, patches.split(3), features.split(3), responses, strict=True
            )
        ]
        if self.shared.dtype == torch.float32:
            return looks
        return [
            target.search(frame, torch.float32) if target.is_close_call(look) else look
            for target, look in zip(targets, looks, strict=True)
        ]

    def learn(
        self, frame: Frame, targets: AbstractSequence[UdtTracker], windows: AbstractSequence[Boxes]
    ) -> list[tuple[Tensor, Tensor]]:
        """Return each target's filter at its present place: n patches, one call of the network (Eq. 4)."""
        patches = self.sample(frame, targets, [window[None] for window in windows])
        return list(zip(*self.shared.solve(self.shared.features(patches)), strict=True))

    def sample(
        self, frame: Frame, targets: AbstractSequence[UdtTracker], windows: AbstractSequence[Boxes]
    ) -> Tensor:
        """Return the patches of every target's windows, one target after the other."""
        pairs = zip(targets, windows, strict=True)
        return torch.cat([target.sample(frame, window) for target, window in pairs])
