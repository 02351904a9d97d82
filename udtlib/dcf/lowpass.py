"""The windowed spectrum below a cut-off frequency, by two matrix products. Book: chapter 06.

A correlation filter answers nothing that its label does not ask for: the response's spectrum is the
label's times a bounded factor. The label is a Gaussian of width ``sigma`` cells, so its spectrum is one
too, ``size / (2 pi sigma)`` frequencies wide: about 4.5 for the tracker's, of which 62 exist. Past five
of those widths nothing is left but rounding. So only that corner of the half plane is computed, an
eighth of it, and a cosine window, being separable, costs nothing: it is folded into the two matrices.
Memory runs channel by channel last throughout, as the convolutions leave it.
"""

import math

import torch
from torch import Tensor

from udtlib.dcf.layer import check_pair, effective_regularisation, in_full_precision
from udtlib.errors import OptionError, ShapeError


def label_cutoff(size: int, sigma: float, tolerance: float = 1e-5) -> int:
    """Return the frequency past which a Gaussian label's spectrum is below ``tolerance`` of its peak.

    At 1e-5 all that lies beyond adds up to less than 2e-6 of the label, a few roundings of float32. A label
    so narrow that it has all frequencies gets the highest there is below half of ``size``.
    """
    deviation = size / (2 * math.pi * sigma)
    return math.ceil(min(deviation * math.sqrt(-2 * math.log(tolerance)), (size - 1) // 2))


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
            cutoff: K, from 1 to ``(size - 1) // 2``.
            window: ``(size,)``, applied along both axes; None is none.
            device: where the maps are.
            dtype: of the maps, float32 or float64.

        Raises:
            OptionError: another cutoff.
        """
        if not 1 <= cutoff <= (size - 1) // 2:
            raise OptionError(
                f"cutoff: expected from 1 to {(size - 1) // 2} for {size} cells, found {cutoff}"
            )
        self.size, self.cutoff = size, cutoff
        turns = torch.arange(cutoff + 1)[:, None] * torch.arange(size)[None, :] % size
        angle = 2 * math.pi / size * turns.double()
        weight = torch.ones(size) if window is None else window.double()
        waves = torch.cat([angle.cos(), angle.sin()]) * weight
        self.columns = waves.to(device, dtype)
        self.rows = waves[[*range(cutoff + 1), *range(cutoff + 2, 2 * cutoff + 2)]].to(device, dtype)

    def spectrum(self, features: Tensor) -> Tensor:
        """Return the low-pass spectrum ``(N, 2K+1, K+1, C)``, complex, of features ``(N, C, size, size)``.

        Differentiable: on the way back the same two products run transposed. Autocast does not reach them.
        """
        count, channels = features.shape[:2]
        lines = features.permute(0, 2, 3, 1).reshape(count, self.size, self.size * channels)
        with torch.autocast(features.device.type, enabled=False):
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


def low_pass_response(
    template: Tensor,
    search: Tensor,
    label: Tensor,
    transform: LowPassTransform,
    regularisation: float = 1e-4,
    normalise: bool = True,
) -> Tensor:
    """Return what `udtlib.dcf.dcf_response` does, to float32 rounding, for a label without high frequencies.

    It is several times faster, forward and backward, and keeps a fifth of the memory; its gradient is
    autograd's, through two matrix products. The label gets none.

    Args:
        template: features ``(N, C, S, S)``, fastest in channels-last memory.
        search: features of the same shape.
        label: ``(S, S)`` or ``(N, S, S)``, negligible past the transform's cut-off (`label_cutoff`).
        transform: for maps of that size.
        regularisation: lambda, see `udtlib.dcf.learn_filter`.
        normalise: lambda relative to ``C*H*W`` (reference) or plain (paper).

    Raises:
        ShapeError: shapes that do not belong together, or maps of another size than the transform's.
    """
    search = in_full_precision(search)
    template, label = check_pair(template, search, label)
    if template.shape[-2:] != (transform.size, transform.size):
        raise ShapeError(
            f"this transform is for maps {transform.size} x {transform.size}, found {tuple(template.shape)}"
        )
    x, z = transform.spectrum(template), transform.spectrum(search)
    y = transform.restrict(torch.fft.rfft2(label))
    energy = torch.view_as_real(x).square().sum((-1, -2))
    cross = (z * x.conj()).sum(-1)
    ridge = effective_regularisation(template, regularisation, normalise)
    return transform.inverse(y * cross / (energy + ridge))
