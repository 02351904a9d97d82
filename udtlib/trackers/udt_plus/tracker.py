"""UDT+: the paper's features in the ECO formulation (paper section 4.2), as the authors' code runs it.

Each frame: one square patch around the expected position, features averaged over cells, a continuous
response; its highest point is where the target is, a scale filter says how large; the patch, shifted, is
remembered; every sixth frame the filter learns from all that is remembered. Book: chapter 12.

Patches are sampled where the target is, fractions of pixels included; the authors' code samples at whole
pixels and shifts the features. Their patch is cut here to whole cells. The default is the preset ``tuned``,
which goes on from theirs: `udtlib.trackers.eco.settings`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch.nn import functional

from udtlib.arguments import OneOf, checked, preset_with
from udtlib.boxes import Boxes, center, check_box_in_image, from_center
from udtlib.devices import DTYPES, keep_freed_memory, one_blas_thread
from udtlib.errors import TrackerError
from udtlib.frames import Frame, check_frame
from udtlib.network import MEAN_RGB
from udtlib.patches import crop
from udtlib.scale import ScaleFilter, scale_limits
from udtlib.trackers.camera import CameraMotion
from udtlib.trackers.confidence import Confidence
from udtlib.trackers.eco.filter import EcoFilter
from udtlib.trackers.eco.interpolation import interpolation_spectrum
from udtlib.trackers.eco.peak import highest_point
from udtlib.trackers.eco.penalty import SpatialPenalty, quadratic_window, sparse_spectrum
from udtlib.trackers.eco.projection import principal_components
from udtlib.trackers.eco.settings import PRESETS
from udtlib.trackers.eco.spectra import Grid, Spectrum, gaussian_spectrum, half_plane, shifted
from udtlib.trackers.flow import TargetFlow
from udtlib.weights import Weights, get_weights

BESIDE = np.array([[-1, 0], [-1, -1], [0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1]])
"""Directions of a second look, ``(x, y)``; every second of them in one frame, the others in the next."""
CONVINCING = 0.6
"""Share of the ordinary peak that makes a second look believe what it sees."""


@dataclass(frozen=True)
class Look:
    """What the filter saw through one window.

    Attributes:
        center: of the window, ``(x, y)`` in pixels.
        sample: its projected features, ``(2K+1, K+1, D)``.
        moved: from the centre to the highest response, in shares of the window.
        score: the highest response.
        response: on a grid, ``(F, F)`` float32.
    """

    center: Boxes
    sample: Spectrum
    moved: Boxes
    score: float
    response: Grid


class UdtPlusTracker:
    """Tracks one target; ``response`` and ``score`` tell what the last frame showed.

    Attributes:
        response: last response, one value a cell, ``(F, F)`` float32, peak at ``(0, 0)`` when nothing moved.
        score: its highest value, about 1 when the patch is as remembered; low means lost.
        confidence: how far a frame is trusted, measured against tracked frames.
        presence: the same, measured against the answer to the first frame: what a second look goes by.
        scale_filter: the `udtlib.scale.ScaleFilter`.
        stages: the methods whose time `udtlib.bench.trackers` takes.
    """

    stages = (
        "_predict",
        "crop",
        "features",
        "_spectrum",
        "_locate",
        "_remember",
        "_learn",
        "scale_filter.estimate",
        "scale_filter.adapt",
    )

    @checked
    def __init__(
        self,
        weights: str | Path | Weights | None = None,
        preset: str = "tuned",
        dtype: Annotated[str, OneOf(*DTYPES)] = "float32",
        **settings: Any,
    ) -> None:
        """Load the network.

        Args:
            weights: a file (see `udtlib.weights.load_weights`), `Weights`, ``"random"``, or None for
                `udtlib.weights.default`.
            preset: a key of `udtlib.trackers.eco.settings.PRESETS`.
            dtype: of the convolutions: ``"float32"``, or ``"bfloat16"``, faster where the processor has it.
            settings: attributes of `udtlib.trackers.eco.settings.EcoSettings` to change in the preset.

        Raises:
            UnknownNameError: an unknown preset.
            OptionError: an unknown setting, or a value out of range.
            WeightsError, MissingDataError: from reading the weights.
        """
        keep_freed_memory()
        self.settings = preset_with(PRESETS, preset, settings, "weights", "preset", "dtype")
        self.dtype = DTYPES[dtype]
        self.weights = get_weights(weights)
        self.network = self.weights.network().requires_grad_(False)
        self.mean = torch.tensor(MEAN_RGB, dtype=torch.float32)
        self.scale_filter = ScaleFilter()
        self.started = False

    @one_blas_thread
    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` (RGB ``uint8`` ``(H, W, 3)``) with the target in ``box`` (0-indexed).

        Raises:
            FrameError: not such a frame.
            BoxError: not four finite numbers of positive size, or a box outside the image.
        """
        self.started = False
        frame = check_frame(frame)
        self.place(frame, check_box_in_image(box, *frame.shape[:2]))
        self.start(frame, self._maps(frame, self.center))

    @one_blas_thread
    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` float64 in the next ``frame``.

        Raises:
            FrameError: not a frame, or of another size than the first.
            TrackerError: `init` was not called.
        """
        if not self.started:
            raise TrackerError("update needs a target: call init(frame, box) first")
        frame = check_frame(frame, like=self.frame_shape)
        self.expect(frame)
        return self.follow(frame, self._maps(frame, self.center))

    def place(self, frame: Frame, box: Boxes) -> None:
        """Take a checked ``box`` of ``frame`` as where the target is; its filter is still to be learned."""
        self.started = False
        self.frame_shape, self.center, self.size = frame.shape[:2], center(box), box[2:]
        self._prepare()
        self.camera, self.flow = CameraMotion(frame), TargetFlow(frame, box)

    def start(self, frame: Frame, maps: Grid) -> None:
        """Learn the filter from the features ``(f, f, 32)`` of the first frame."""
        self.filter = EcoFilter(
            self._spectrum(maps),
            principal_components(maps, self.settings.channels),
            self.label,
            self.penalty,
            self.settings,
        )
        self.confidence, self.presence = Confidence(), Confidence(settling=1)
        self._judge(self._locate(self._spectrum(maps), self.center))
        self.confidence, self.velocity = Confidence(), np.zeros(2)  # that answer was only a rehearsal
        self.scale_filter.learn(frame, self.center, self.size)
        self.frames, self.unlearned = 1, 0
        self.started = True

    def expect(self, frame: Frame) -> None:
        """Go to where the target is expected in a checked frame: all that comes before the network."""
        self.frames += 1
        self._predict(frame)

    def follow(self, frame: Frame, maps: Grid) -> Boxes:
        """Find the target in the features ``(f, f, 32)`` of where it was expected, learn, return its box."""
        look = self._search(frame, self._locate(self._spectrum(maps), self.center))
        self._judge(look)
        self._move(look)
        if self.settings.follow_size:
            self._rescale(self.scale_filter.estimate(frame, self.center, self.size))
            self.scale_filter.adapt(frame, self.center, self.size, self.trust)
        self._learn(self._remember(look))
        box = from_center(self.center, self.size)
        if self.settings.flow:
            self.flow.remember(frame, box)
        return box

    def _prepare(self) -> None:
        """Choose the patch for a target of this size, and make what depends on it alone."""
        settings = self.settings
        wanted = settings.search_area * np.sqrt(self.size.prod())
        side = float(np.clip(wanted, settings.least_side, settings.largest_side))
        cells = int(side) // settings.cell
        self.patch_side, self.base_size = cells * settings.cell, self.size
        self.window_side = self.patch_side * wanted / side
        self.scale, self.limits = 1.0, scale_limits(self.size, self.frame_shape)
        line = np.hanning(cells + 2)[1:-1]
        self.cosine = np.outer(line, line).astype(np.float32)[:, :, None]
        self.interpolation = interpolation_spectrum(cells)[:, :, None]
        target = self.size * side / wanted
        sigma = settings.sigma_factor * np.sqrt(np.maximum(np.floor(target), 1).prod()) / self.patch_side
        self.label = gaussian_spectrum(sigma, cells // 2)
        window = quadratic_window(self.patch_side, target, settings.penalty_least, settings.penalty_edge)
        spectrum = sparse_spectrum(window, settings.penalty_least, settings.penalty_threshold)
        self.penalty = SpatialPenalty(spectrum, cells // 2)

    def _predict(self, frame: Frame) -> None:
        """Move to where the target is expected before the filter looks."""
        expected = self.center
        if self.settings.camera:
            expected = self.camera.carry(frame, from_center(self.center, self.size))
        flow = self.flow.follow(frame) if self.settings.flow else None
        if flow:
            expected = self.center + flow[0]
            if self.settings.follow_size:
                self._rescale(flow[1])
        self.carried = self._inside(expected)
        self.center = self._inside(expected + self.settings.velocity * self.velocity)

    def _search(self, frame: Frame, first: Look) -> Look:
        """Return the look at the expected place or, if the target is hardly there, the best beside it."""
        if self.settings.second_look == 0 or self._stands_out(first, self.settings.second_look):
            return first
        steps = BESIDE[self.frames % 2 :: 2] * self.window_side * self.scale / 2
        others = [self._look(frame, self._inside(self.center + step)) for step in steps]
        best = max([first, *others], key=lambda look: look.score)
        return best if self._stands_out(best, CONVINCING) else first

    def _stands_out(self, look: Look, share: float) -> bool:
        """Say whether a peak reaches a share of the ordinary one, the first frame's own included."""
        return bool(look.score >= share * self.presence.ordinary[0])

    def _look(self, frame: Frame, place: Boxes) -> Look:
        return self._locate(self._spectrum(self._maps(frame, place)), place)

    def _judge(self, look: Look) -> None:
        """Say how far this frame is to be learned from."""
        self.score, self.response = look.score, look.response
        self.presence.judge(look.response, look.score)
        self.trust = self.confidence.judge(look.response, look.score) ** self.settings.adaptive

    def _maps(self, frame: Frame, place: Boxes) -> Grid:
        return self.features(self.crop(frame, place)[None])[0]

    def crop(self, frame: Frame, place: Boxes) -> Frame:
        """Return the patch ``(S, S, 3)`` around a place, ``S = patch_side``."""
        window = from_center(place, np.full(2, self.window_side * self.scale))
        return crop(frame, window, (self.patch_side, self.patch_side))

    @torch.inference_mode()
    def features(self, patches: Frame) -> Grid:
        """Return the network's features of patches ``(N, S, S, 3)``: ``(N, f, f, 32)`` float32.

        They are averaged over cells, f a side, and brought to one norm.
        """
        pixels = (torch.from_numpy(patches).float() - self.mean).permute(0, 3, 1, 2)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            features = self.network(pixels)
        maps = functional.avg_pool2d(features, self.settings.cell).permute(0, 2, 3, 1).numpy()
        energy = np.square(maps).sum((1, 2, 3), keepdims=True)
        return maps * np.sqrt(np.float32(maps[0].size) / (energy + np.float32(1e-12)))

    def _spectrum(self, maps: Grid) -> Spectrum:
        return half_plane(maps * self.cosine) * self.interpolation

    def _locate(self, sample: Spectrum, place: Boxes) -> Look:
        projected, response = self.filter.look(sample)
        return Look(place, projected, *highest_point(response, self.settings.newton_steps))

    def _move(self, look: Look) -> None:
        self.center = self._inside(look.center + look.moved * self.window_side * self.scale)
        self.velocity = (self.velocity + self.center - self.carried) / 2

    def _inside(self, place: Boxes) -> Boxes:
        return np.clip(place, 0, self.frame_shape[::-1])

    def _rescale(self, factor: float) -> None:
        self.scale = float(np.clip(self.scale * factor, *self.limits))
        self.size = self.base_size * self.scale

    def _remember(self, look: Look) -> Spectrum:
        """Remember the sample, moved to where the target was found, and return it."""
        sample = shifted(look.sample, -look.moved)
        self.filter.remember(sample, self.settings.learning_rate * self.trust)
        return sample

    def _learn(self, newest: Spectrum) -> None:
        """Improve the filter, in the frames in which it is due."""
        due = self.unlearned >= self.settings.train_gap or self.frames <= self.settings.train_first
        self.unlearned = 0 if due else self.unlearned + 1
        if due:
            self.filter.learn(newest)


def bfloat16_tracker(weights: str | Path | Weights | None = None, **options: Any) -> UdtPlusTracker:
    """Return UDT+ with ``dtype="bfloat16"``: nearly the same boxes, sooner on processors that have it."""
    return UdtPlusTracker(weights, dtype="bfloat16", **options)
