"""The UDT tracker in plain PyTorch: the version to read first, and the one the fast one is held against.

What one writes straight from chapter 06: the steps of the released tracker in order, batched over the
three scales, with the library's own convolutions, normalisation and Fourier transform, and nothing
that makes it faster than that. `udtlib.trackers.udt` gives the same boxes. Book: chapter 06.
"""

from pathlib import Path
from typing import Annotated

import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn import functional

from udtlib.arguments import Between, checked
from udtlib.boxes import Boxes, check_box_in_image
from udtlib.errors import TrackerError
from udtlib.frames import Frame, check_frame
from udtlib.weights import Weights, get_weights

MEAN = torch.tensor([123.0, 117.0, 104.0], dtype=torch.float32).view(1, 3, 1, 1)
SIZE = 125  # side of patches, features and responses
STEP, PENALTY, RATE, REGULARISATION = 1.015, 1.2, 0.01, 1e-4


class PlainUdtTracker:
    """Tracks one target with the settings of the authors' published results (preset ``released``).

    ``response`` and ``score`` tell what the last frame showed; of the first frame, what was asked of it.
    """

    stages = ("_crop", "_spectrum", "_learn")

    @checked
    def __init__(
        self,
        weights: str | Path | Weights | None = None,
        padding: Annotated[float, Between(0, 100)] = 1.8,
    ) -> None:
        """Load ``weights`` (see `udtlib.weights.get_weights`); a window is ``1 + padding`` targets."""
        self.weights, self.padding = get_weights(weights), padding
        self.factors = torch.tensor([1 / STEP, 1.0, STEP], dtype=torch.float64)
        self.penalties = torch.tensor([PENALTY, 1.0, PENALTY])
        hann = torch.hann_window(SIZE, periodic=False, dtype=torch.float32)
        self.window = hann[:, None] * hann[None, :]
        sigma = SIZE / (1 + padding) / 10
        distance = torch.fft.fftfreq(SIZE, d=1 / SIZE, dtype=torch.float32).round()
        bell = torch.exp(-(distance**2) / (2 * sigma**2))
        self.label = torch.fft.rfft2(bell[:, None] * bell[None, :])
        self.started = False

    @torch.no_grad()
    def init(self, frame: Frame, box: ArrayLike) -> None:
        """Start on ``frame`` with the target in ``box``; errors as `udtlib.trackers.udt.UdtTracker.init`."""
        self.started = False
        frame = check_frame(frame)
        height, width = self.frame_size = frame.shape[:2]
        start = torch.from_numpy(check_box_in_image(box, height, width))
        self.center, self.target = start[:2] + start[2:] / 2, start[2:]
        self.smallest = torch.clamp(0.2 * self.target, min=4)
        self.largest = torch.minimum(torch.tensor([width, height]), 5 * self.target)
        self.dual, self.template = self._learn(frame, (self.target * (1 + self.padding))[None])
        self.response, self.score = torch.fft.irfft2(self.label, s=(SIZE, SIZE)).numpy(), 1.0
        self.started = True

    @torch.no_grad()
    def update(self, frame: Frame) -> Boxes:
        """Return the box ``(4,)`` in the next frame; errors as `udtlib.trackers.udt.UdtTracker.update`."""
        if not self.started:
            raise TrackerError("update needs a target: call init(frame, box) first")
        frame = check_frame(frame, self.frame_size)
        windows = self.factors[:, None] * self.target * (1 + self.padding)
        search = self._spectrum(self._crop(frame, windows))
        cross = (search * self.template.conj()).sum(1, keepdim=True) / (search.shape[1] * SIZE**2)
        responses = torch.fft.irfft2(self.dual * cross, s=(SIZE, SIZE))[:, 0]
        peaks, places = responses.flatten(1).max(1)
        best = int((peaks * self.penalties).argmax())
        self.response, self.score = responses[best].numpy(), float(peaks[best])
        row, column = divmod(int(places[best]), SIZE)
        shift = torch.tensor([column, row], dtype=torch.float64)
        shift[shift >= SIZE // 2] -= SIZE  # index 62 wraps too, as in the authors' code
        self.center = self.center + shift * windows[best] / SIZE
        self.target = (windows[best] / (1 + self.padding)).clamp(max=self.largest).clamp(min=self.smallest)
        dual, template = self._learn(frame, windows[best][None])
        self.dual = (1 - RATE) * self.dual + RATE * dual
        self.template = (1 - RATE) * self.template + RATE * template
        return torch.cat([self.center - self.target / 2, self.target]).numpy()

    def _crop(self, frame: Frame, windows: Tensor) -> Tensor:
        """Sample 125 x 125 points of every window ``(N, 2)`` around the target's centre."""
        height, width = frame.shape[:2]
        image = torch.from_numpy(frame.copy()).permute(2, 0, 1)[None].float().expand(len(windows), -1, -1, -1)
        line = torch.linspace(-0.5, 0.5, SIZE, dtype=torch.float64)
        x = 2 * (self.center[0] + line * windows[:, :1]) / max(width - 1, 1) - 1
        y = 2 * (self.center[1] + line * windows[:, 1:]) / max(height - 1, 1) - 1
        grid = torch.stack([x[:, None, :].expand(-1, SIZE, -1), y[:, :, None].expand(-1, -1, SIZE)], -1)
        return functional.grid_sample(image, grid.float(), align_corners=True) - MEAN

    def _spectrum(self, patches: Tensor) -> Tensor:
        """Return the spectra ``(N, 32, 125, 63)`` of windowed features; patches are ``(N, 3, 125, 125)``."""
        w = self.weights.tensors
        hidden = functional.relu(functional.conv2d(patches, w["conv1.weight"], w["conv1.bias"], padding=1))
        features = functional.conv2d(hidden, w["conv2.weight"], w["conv2.bias"], padding=1)
        features = functional.local_response_norm(features, size=5, alpha=1e-4, beta=0.75, k=1.0)
        return torch.fft.rfft2(features * self.window)

    def _learn(self, frame: Frame, window: Tensor) -> tuple[Tensor, Tensor]:
        """Return the dual coefficients and the template's spectrum at the present position (Eq. 4)."""
        template = self._spectrum(self._crop(frame, window))
        energy = (template.abs() ** 2).sum(1, keepdim=True) / (template.shape[1] * SIZE**2)
        return self.label / (energy + REGULARISATION), template
