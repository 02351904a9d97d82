"""Several targets in one video: the patches of all targets go through the network in one batch.

A target keeps its own filter, position and size; the network, the transform and the frame are shared.
The boxes are those of one `UdtTracker` each. A batch keeps a GPU busy; on a CPU the arithmetic costs what it
costs, and one run of n targets saves the start and the decoding of n - 1 others. Book: chapters 06 and 13.
"""

from collections.abc import Iterator
from collections.abc import Sequence as AbstractSequence
from copy import copy

import numpy as np
import torch
from torch import Tensor

from udtlib.boxes import Boxes
from udtlib.frames import Frame
from udtlib.trackers.batch import BatchTracker
from udtlib.trackers.udt.tracker import Look, UdtTracker

ON_CPU = 2
"""Targets in one call on a CPU, where larger batches are no faster, and past a dozen patches slower."""


class MultiTracker(BatchTracker[UdtTracker]):
    """Tracks n targets; ``targets`` holds a `UdtTracker` for each, with its response, score and look."""

    single = UdtTracker

    @torch.inference_mode()
    def started(self, frame: Frame, boxes: Boxes) -> list[UdtTracker]:
        """Return a target on each of the checked ``boxes`` ``(n, 4)``, its filter learned."""
        targets = [copy(self.shared) for _ in boxes]
        for target, box in zip(targets, boxes, strict=True):
            target.place(frame, box)
        for part in self.parts(targets):
            learned = self.learn(frame, part, [target.window_size for target in part])
            for target, (dual, template) in zip(part, learned, strict=True):
                target.dual, target.template = dual, template
        return targets

    @torch.inference_mode()
    def followed(self, frame: Frame) -> Boxes:
        """Return the boxes ``(n, 4)`` in a checked frame."""
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
