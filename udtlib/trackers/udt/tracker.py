"""The UDT tracker: learned features, a correlation filter, three scales (paper section 3.5).

Each frame: sample the search patches of three scales around the last position, features, response
(Eq. 5), the best peak gives position and scale; then learn a filter there (Eq. 4) and interpolate
(Eq. 12). All scales go through the network in one batch; spectra are low-pass (`udtlib.dcf.lowpass`).
Patches are sampled in floating point: an 8-bit warp changes results. Book: chapter 06.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.nn import functional

from udtlib.arguments import OneOf, checked, preset_with
from udtlib.boxes import Boxes, check_box_in_image
from udtlib.dcf import gaussian_label
from udtlib.dcf.lowpass import LowPassTransform, label_cutoff
from udtlib.devices import DTYPES, keep_freed_memory, usable_device
from udtlib.errors import TrackerError
from udtlib.frames import Frame, check_frame
from udtlib.network import MEAN_RGB
from udtlib.trackers.confidence import Confidence
from udtlib.trackers.flow import TargetFlow
from udtlib.trackers.udt.backbone import check_beside, measured, own_backbone
from udtlib.trackers.udt.look import Look, displacement
from udtlib.trackers.udt.settings import PRESETS
from udtlib.weights import Weights, get_weights

SMALLEST_SIDE = 4.0  # pixels
# Most that bfloat16 was seen to move the difference of two scales' peaks, and of two cells of one response
# (whose peak is at most about 1): 3.7e-4 and 1.6e-4 in 420 frames of six sequences.
SCALE_ROUNDING, CELL_ROUNDING = 4e-4, 2e-4
LOST = 0.15  # score: 0.15 and above on targets that are there, 0.06 to 0.14 on noise in their place
FLAT = 8  # grey levels between the darkest and the lightest pixel of a window that shows nothing


class UdtTracker:
    """Tracks one target; ``response``, ``score`` and ``look`` tell what the last frame showed.

    ``score`` is the best response's peak: about 1 when the patch is the template, `lost` when below 0.15.
    After many frames without its target the filter has learned what is there instead, and the score rises.
    """

    stages = ("sample", "features", "respond", "learn")

    @checked
    def __init__(
        self,
        weights: str | Path | Weights | None = None,
        preset: str = "book",
        device: torch.device | str = "cpu",
        dtype: Annotated[str, OneOf(*DTYPES)] = "float32",
        network: nn.Module | None = None,
        **settings: Any,
    ) -> None:
        """Load the network.

        Args:
            weights: a file (see `udtlib.weights.load_weights`), `Weights`, ``"random"``, or None for
                `udtlib.weights.default`.
            preset: a key of `udtlib.trackers.udt.settings.PRESETS`: ``"book"`` is ours, ``"released"``
                repeats the authors' boxes.
            device: ``"cpu"``, ``"cuda"`` ...
            dtype: of the search patches' convolutions: ``"float32"``, or ``"bfloat16"``, faster where the
                processor has it. Templates stay float32, and a search whose outcome is within rounding is
                repeated in float32, so the boxes are the same (with ``subpixel`` nearly so).
            network: another one instead, without ``weights`` (`udtlib.trackers.udt.backbone` says what must
                hold); the label's width and the steps of the peak follow its stride.
            settings: attributes of `udtlib.trackers.udt.settings.UdtSettings` to change in the preset.

        Raises:
            UnknownNameError: an unknown preset.
            OptionError: an unknown setting, a value out of range, a device that is not here, or a
                ``network`` that cannot be used, or not with the other arguments.
            WeightsError, MissingDataError: from reading the weights.
        """
        keep_freed_memory()
        self.settings = preset_with(
            PRESETS, preset, settings, "weights", "preset", "device", "dtype", "network"
        )
        self.device, self.dtype = usable_device(device), DTYPES[dtype]
        size = self.settings.patch_size
        if network is None:
            self.weights: Weights | None = get_weights(weights)
            self.backbone = own_backbone(self.weights, size, self.device)
        else:
            check_beside(weights, dtype)
            self.weights, self.backbone = None, measured(network, size, self.device)
        self.network, self.cells = self.backbone.network, self.backbone.cells
        self.window = torch.hann_window(self.cells, periodic=False, dtype=torch.float64)
        sigma = self.settings.sigma / self.backbone.stride
        cutoff = label_cutoff(self.cells, sigma)
        self.transform = LowPassTransform(self.cells, cutoff, self.window, self.device)
        self.label = gaussian_label(self.cells, self.cells, sigma)
        label_spectrum = self.transform.restrict(torch.fft.rfft2(self.label.double()))
        self.label_spectrum = label_spectrum.to(self.device, torch.complex64)
        self.mean = torch.tensor(MEAN_RGB, dtype=torch.float32, device=self.device).view(1, 3, 1, 1)
        self.line = np.linspace(-0.5, 0.5, self.settings.patch_size)
        self.factors = self.settings.scale_step ** np.array([-1.0, 0.0, 1.0])
        self.penalties = np.array([self.settings.scale_penalty, 1.0, self.settings.scale_penalty])
        self.started = False

    @torch.inference_mode()
    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` (RGB ``uint8`` ``(H, W, 3)``) with the target in ``box`` (0-indexed).

        Raises:
            FrameError: not such a frame.
            BoxError: not four finite numbers of positive size, or a box outside the image.
        """
        self.started = False
        frame = check_frame(frame)
        self.place(frame, check_box_in_image(box, *frame.shape[:2]))
        self.dual, self.template = self.learn(frame, self.window_size)
        self.started = True

    @torch.inference_mode()
    def update(self, frame: Frame) -> Boxes:
        """Return the target's box ``(4,)`` float64 in the next ``frame``.

        Raises:
            FrameError: not a frame, or of another size than the first.
            TrackerError: `init` was not called.
        """
        if not self.started:
            raise TrackerError("update needs a target: call init(frame, box) first")
        frame = check_frame(frame, self.frame_size)
        if self.sees_nothing(frame):
            self.stay()
            return self.box
        self.expect(frame)
        look = self.search(frame, self.dtype)
        if self.dtype != torch.float32 and self.is_close_call(look):
            look = self.search(frame, torch.float32)
        self.adapt(*self.learn(frame, self.move(look)))
        self.remember(frame)
        return self.box

    def place(self, frame: Frame, box: Boxes) -> None:
        """Take a checked ``box`` of ``frame`` as where the target is; its filter is still to be learned."""
        self.frame_size = height, width = frame.shape[:2]
        self.center, self.size = box[:2] + box[2:] / 2, box[2:]
        self.smallest = np.maximum(self.settings.smallest * self.size, SMALLEST_SIDE)
        self.largest = np.minimum([width, height], self.settings.largest * self.size)
        self.response, self.score = self.label.numpy(), 1.0  # what the template answers to itself
        self.look: Look | None = None
        self.confidence = Confidence()
        self.flow = TargetFlow(frame, box) if self.settings.flow else None

    def expect(self, frame: Frame) -> None:
        """Move and resize the window with the target's own points, before the filter looks (chapter 12)."""
        moved = self.flow.follow(frame) if self.flow else None
        if moved:
            self.center = np.clip(self.center + moved[0], 0, self.frame_size[::-1])
            self.size = self.bounded(self.size * moved[1])

    def remember(self, frame: Frame) -> None:
        """Take this frame as the one before the next."""
        if self.flow:
            self.flow.remember(frame, self.box)

    def stay(self) -> None:
        """Keep the box where a frame shows nothing, and call the target lost."""
        self.look, self.score = None, 0.0
        self.response = np.zeros((self.cells,) * 2, np.float32)

    def move(self, look: Look) -> NDArray[np.float64]:
        """Go where the best response points; return the window ``(w, h)`` to learn from there."""
        self.look = look
        self.response = look.responses[look.best].cpu().numpy()
        self.score = float(look.peaks[look.best])
        self.confidence.judge(self.response, self.score)
        window = look.windows[look.best]
        pixels = displacement(self.response, self.settings) * self.backbone.stride  # of the patch
        self.center = self.center + pixels * window / self.settings.patch_size
        self.size = self.bounded(window / (1 + self.settings.padding))
        return window

    def bounded(self, size: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a width and height ``(2,)`` within the least and the greatest."""
        return np.maximum(np.minimum(size, self.largest), self.smallest)

    @property
    def box(self) -> Boxes:
        """The present box ``(4,)`` float64, 0-indexed."""
        return np.concatenate([self.center - self.size / 2, self.size])

    @property
    def window_size(self) -> NDArray[np.float64]:
        """Width and height ``(2,)`` of the window around the target, in pixels."""
        return self.size * (1 + self.settings.padding)

    @property
    def lost(self) -> bool:
        """Whether the last response was so low that what it points at is hardly the target (`LOST`)."""
        return self.score < LOST

    def sees_nothing(self, frame: Frame) -> bool:
        """Say whether the search window lies outside the image or on one flat colour.

        Nothing can be found or learned there: a filter learned on a flat patch answers to anything. The
        authors' tracker has no such rule; it never applies to their sequences.
        """
        low, high = self.reach(frame, self.window_size)
        step = 1 + (high - low).max() // 32
        pixels = frame[low[1] : high[1] : step, low[0] : high[0] : step]
        return pixels.size == 0 or all(np.ptp(pixels[:, :, channel]) < FLAT for channel in range(3))

    def reach(self, frame: Frame, window: NDArray[np.float64], margin: float = 0) -> NDArray[np.int64]:
        """Return the pixels a window ``(w, h)`` touches: first and last plus one, x and y, ``(2, 2)``."""
        half = window / 2 + margin
        ends = np.stack([np.floor(self.center - half), np.ceil(self.center + half) + 1])
        return np.clip(ends, 0, frame.shape[1::-1]).astype(np.int64)

    def search(self, frame: Frame, dtype: torch.dtype) -> Look:
        """Return the responses of the three scales around the present position (Eq. 5)."""
        windows = self.factors[:, None] * self.window_size
        patches = self.sample(frame, windows)
        features = self.features(patches, dtype)
        return self.judge(windows, patches, features, self.respond(features))

    def judge(
        self, windows: NDArray[np.float64], patches: Tensor, features: Tensor, responses: Tensor
    ) -> Look:
        """Return what was seen through three windows, with the scale that the peaks speak for."""
        peaks = responses.flatten(1).amax(1).cpu().double().numpy()
        return Look(windows, patches, features, responses, peaks, int((peaks * self.penalties).argmax()))

    def sample(self, frame: Frame, windows: NDArray[np.float64]) -> Tensor:
        """Return the patches ``(N, 3, S, S)`` of windows ``(N, 2)`` (width, height), mean subtracted.

        Samples lie at ``centre + linspace(-1/2, 1/2, S) * window``, bilinear, 0 outside the image.
        """
        limit = np.array(frame.shape[1::-1])
        low, high = self.reach(frame, windows.max(0), margin=1)
        low = np.minimum(low, np.maximum(limit - 2, 0))  # two pixels at least, even from outside
        high = np.maximum(high, np.minimum(low + 2, limit))
        region = torch.from_numpy(np.array(frame[low[1] : high[1], low[0] : high[0]])).to(self.device)
        image = region.permute(2, 0, 1)[None].float().expand(len(windows), -1, -1, -1)
        points = self.center - low + self.line[None, :, None] * windows[:, None, :]
        points = 2 * points / np.maximum(high - low - 1, 1) - 1
        x, y = torch.from_numpy(points).to(self.device, torch.float32).unbind(-1)
        count = self.settings.patch_size
        grid = torch.stack([x[:, None, :].expand(-1, count, -1), y[:, :, None].expand(-1, -1, count)], -1)
        patches = functional.grid_sample(image, grid, align_corners=True, padding_mode="zeros")
        return (patches.round() if self.settings.round_patches else patches) - self.mean

    def is_close_call(self, look: Look) -> bool:
        """Say whether the best scale, or the best cell, is so close to the next that rounding decides it."""
        second, first = np.sort(look.peaks * self.penalties)[-2:]
        cells = look.responses[look.best].flatten().topk(2).values
        return first - second < SCALE_ROUNDING or float(cells[0] - cells[1]) < CELL_ROUNDING

    def features(self, patches: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return the features ``(N, C, s, s)`` float32 of patches, convolved in ``dtype``."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            return self.network(patches)

    def respond(self, features: Tensor) -> Tensor:
        """Return the responses ``(N, s, s)`` to search features ``(N, C, s, s)`` (Eq. 5)."""
        cross = (self.transform.spectrum(features) * self.template.conj()).sum(-1)
        return self.transform.inverse(self.dual * cross)

    def learn(self, frame: Frame, window: NDArray[np.float64]) -> tuple[Tensor, Tensor]:
        """Return the filter for the target in ``frame`` as dual coefficients and template (Eq. 4).

        The filter's spectrum is ``template * conj(dual)``.
        """
        dual, template = self.solve(self.features(self.sample(frame, window[None])))
        return dual[0], template[0]

    def solve(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return the filters for features ``(N, C, s, s)`` as `learn` does, ``(N, ...)`` each (Eq. 4)."""
        template = self.transform.spectrum(features)
        count = features[0].numel() if self.settings.normalise else 1
        energy = torch.view_as_real(template).square().sum((-1, -2))
        dual = self.label_spectrum / (energy + self.settings.regularisation * count)
        if self.settings.update == "filter":
            return torch.ones_like(dual), template * dual.conj()[..., None]
        return dual, template

    def adapt(self, dual: Tensor, template: Tensor) -> None:
        """Interpolate the model towards the newly learned one (Eq. 12), by alpha_t."""
        rate = self.settings.learning_rate * self.confidence.value**self.settings.adaptive
        self.dual = torch.lerp(self.dual, dual, rate)
        self.template = torch.lerp(self.template, template, rate)

    @property
    def filter(self) -> Tensor:
        """The present filter W of Eq. 4, ``(C, s, s)``, real, laid out as the template."""
        return self.transform.inverse((self.template * self.dual.conj()[..., None]).permute(2, 0, 1))
