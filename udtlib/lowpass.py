"""The windowed spectrum below a cut-off frequency, by two matrix products. Book: chapter 06.

A correlation filter answers nothing that its label does not ask for: the response's spectrum is the
label's times a bounded factor. The label is a Gaussian of width ``sigma`` cells, so its spectrum is one
too, ``size / (2 pi sigma)`` frequencies wide: about 4.5 for the tracker's, of which 62 exist. Past six
of those widths nothing is left but rounding. So only that corner of the half plane is computed, an
eighth of it, and a cosine window, being separable, costs nothing: it is folded into the two matrices.
Memory runs channel by channel last throughout, as the convolutions leave it.
"""

import math

import torch
from torch import Tensor


def label_cutoff(size: int, sigma: float, tolerance: float = 1e-6) -> int:
    """Return the frequency past which a Gaussian label's spectrum is below ``tolerance`` of its peak.

    At 1e-6 all that lies beyond adds up to less than 1e-7 of the label: float32's own rounding.
    """
    deviation = size / (2 * math.pi * sigma)
    return min(math.ceil(deviation * math.sqrt(-2 * math.log(tolerance))), (size - 1) // 2)


class LowPassTransform:
    """The discrete Fourier transform of windowed square maps, frequencies up to ``cutoff`` only.

    A low-pass spectrum has shape ``(N, 2K+1, K+1, C)``: rows are frequencies 0, 1..K, -1..-K,
    columns 0..K; its numbers are those of ``rfft2`` at these frequencies.
    """

    def __init__(
        self,
        size: int,
        cutoff: int,
        window: Tensor | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Make the two bases.

        Args:
            size: rows and columns of the maps.
            cutoff: K, at most ``(size - 1) // 2``.
            window: ``(size,)``, applied along both axes; None is none.
            device: where the maps are.
            dtype: of the maps, float32 or float64.
        """
        self.size, self.cutoff = size, cutoff
        turns = torch.arange(cutoff + 1)[:, None] * torch.arange(size)[None, :] % size
        angle = 2 * math.pi / size * turns.double()
        weight = torch.ones(size) if window is None else window.double()
        waves = torch.cat([angle.cos(), angle.sin()]) * weight
        self.columns = waves.to(device, dtype)
        self.rows = waves[[*range(cutoff + 1), *range(cutoff + 2, 2 * cutoff + 2)]].to(device, dtype)

    def spectrum(self, features: Tensor) -> Tensor:
        """Return the low-pass spectrum ``(N, 2K+1, K+1, C)`` complex64 of features ``(N, C, size, size)``."""
        count, channels = features.shape[:2]
        lines = features.permute(0, 2, 3, 1).reshape(count, self.size, self.size * channels)
        lines = torch.matmul(self.rows, lines).view(count, -1, self.size, channels)
        waves = torch.matmul(self.columns, lines)
        k = self.cutoff
        cos_cos, cos_sin = waves[:, : k + 1, : k + 1], waves[:, : k + 1, k + 1 :]
        sin_cos, sin_sin = waves[:, k + 1 :, : k + 1], waves[:, k + 1 :, k + 1 :]
        real = torch.cat([cos_cos, cos_cos[:, 1:] + sin_sin], 1)
        imaginary = torch.cat([cos_sin, cos_sin[:, 1:] - sin_cos], 1).neg_()
        real[:, 1 : k + 1] -= sin_sin
        imaginary[:, 1 : k + 1] -= sin_cos
        return torch.complex(real, imaginary)

    def half_plane(self, spectrum: Tensor) -> Tensor:
        """Return a low-pass spectrum ``(..., 2K+1, K+1)`` as an ``rfft2`` half plane, zero elsewhere."""
        k = self.cutoff
        plane = spectrum.new_zeros(*spectrum.shape[:-2], self.size, self.size // 2 + 1)
        plane[..., : k + 1, : k + 1] = spectrum[..., : k + 1, :]
        plane[..., -k:, : k + 1] = spectrum[..., k + 1 :, :].flip(-2)
        return plane

    def restrict(self, plane: Tensor) -> Tensor:
        """Return the low-pass part ``(..., 2K+1, K+1)`` of an ``rfft2`` half plane."""
        k = self.cutoff
        return torch.cat([plane[..., : k + 1, : k + 1], plane[..., -k:, : k + 1].flip(-2)], -2)

    def inverse(self, spectrum: Tensor) -> Tensor:
        """Return the real maps ``(..., size, size)`` of low-pass spectra ``(..., 2K+1, K+1)``."""
        return torch.fft.irfft2(self.half_plane(spectrum), s=(self.size, self.size))
