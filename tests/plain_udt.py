"""The UDT tracker in plain PyTorch, step by step: the oracle the fast tracker is held against.

It is what a reader would write after chapter 06 (batched over scales, library convolutions, library
LRN, library FFT) with the settings of the released results, and nothing that makes it fast.
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

MEAN = torch.tensor([123.0, 117.0, 104.0]).view(1, 3, 1, 1)


class PlainUdt:
    """Tracks one target; ``weights`` holds ``conv1.weight`` (32, 3, 3, 3), RGB, and so on."""

    def __init__(self, weights, padding=1.8, rate=0.01, step=1.015, penalty=1.2, size=125):
        self.weights, self.padding, self.rate, self.size = weights, padding, rate, size
        self.factors = torch.tensor([1 / step, 1.0, step], dtype=torch.float64)
        self.penalty = torch.tensor([penalty, 1.0, penalty])
        hann = torch.hann_window(size, periodic=False)
        self.window = hann[:, None] * hann[None, :]
        sigma = size / (1 + padding) / 10
        distance = torch.fft.fftfreq(size, d=1 / size).round()
        bell = torch.exp(-(distance**2) / (2 * sigma**2))
        self.label = torch.fft.rfft2(bell[:, None] * bell[None, :])

    def crop(self, frame, center, windows):
        """Sample ``size`` x ``size`` points of the frame in every window ``(w, h)`` around ``center``."""
        height, width = frame.shape[:2]
        image = torch.from_numpy(frame).permute(2, 0, 1)[None].float().expand(len(windows), -1, -1, -1)
        line = torch.linspace(-1, 1, self.size, dtype=torch.float64)
        x = 2 * (center[0] + line * windows[:, :1] / 2) / (width - 1) - 1
        y = 2 * (center[1] + line * windows[:, 1:] / 2) / (height - 1) - 1
        grid = torch.stack(
            [x[:, None, :].expand(-1, self.size, -1), y[:, :, None].expand(-1, -1, self.size)], -1
        )
        return F.grid_sample(image, grid.float(), align_corners=True) - MEAN

    def spectrum(self, patches):
        """Return the spectra of the windowed features."""
        w = self.weights
        hidden = F.relu(F.conv2d(patches, w["conv1.weight"], w["conv1.bias"], padding=1))
        features = F.conv2d(hidden, w["conv2.weight"], w["conv2.bias"], padding=1)
        features = F.local_response_norm(features, size=5, alpha=1e-4, beta=0.75, k=1.0)
        return torch.fft.rfft2(features * self.window)

    @torch.no_grad()
    def learn(self, frame, window):
        """Return the dual coefficients and the template spectrum at the present position."""
        x = self.spectrum(self.crop(frame, self.center, window))
        energy = (x.abs() ** 2).sum(1, keepdim=True) / (x.shape[1] * self.size**2)
        return self.label / (energy + 1e-4), x

    def init(self, frame, box):
        """Start on ``frame`` (H, W, 3), RGB, uint8, with a 0-indexed ``box``."""
        box = torch.as_tensor(np.asarray(box, dtype=np.float64))
        self.center, self.target = box[:2] + box[2:] / 2, box[2:]
        limit = torch.tensor(frame.shape[1::-1], dtype=torch.float64)
        self.smallest = torch.clamp(0.2 * self.target, min=4)
        self.largest = torch.minimum(limit, 5 * self.target)
        self.alpha, self.template = self.learn(frame, (self.target * (1 + self.padding))[None])

    @torch.no_grad()
    def update(self, frame):
        """Return the box in the next frame."""
        windows = self.factors[:, None] * self.target * (1 + self.padding)
        z = self.spectrum(self.crop(frame, self.center, windows))
        cross = (z * self.template.conj()).sum(1, keepdim=True) / (z.shape[1] * self.size**2)
        response = torch.fft.irfft2(self.alpha * cross, s=(self.size, self.size))[:, 0]
        peaks, places = response.flatten(1).max(1)
        best = int((peaks * self.penalty).argmax())
        row, column = divmod(int(places[best]), self.size)
        shift = torch.tensor([column, row], dtype=torch.float64)
        shift[shift >= self.size // 2] -= self.size  # the reference wraps index 62 as well
        self.response, window = response[best], windows[best]
        self.center = self.center + shift * window / self.size
        self.target = torch.minimum(torch.maximum(window / (1 + self.padding), self.smallest), self.largest)
        alpha, template = self.learn(frame, window[None])
        self.alpha = (1 - self.rate) * self.alpha + self.rate * alpha
        self.template = (1 - self.rate) * self.template + self.rate * template
        return torch.cat([self.center - self.target / 2, self.target]).numpy()
