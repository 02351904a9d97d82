"""The correlation filter on spectra that are computed once and used for several hops. Book: chapter 11.

A way there and back visits each patch twice, as search patch and as template, so `udtlib.dcf.dcf_response`
would transform it twice. Here a transform turns features into spectra ``(N, rows, columns, C)``, channel by
channel last as the convolutions leave their memory, and `respond` works on those. `HalfPlane` keeps all
frequencies; `LowPass` keeps those a Gaussian label asks for (see `udtlib.dcf.lowpass`): the response and its
gradient (paper Eq. 7) both carry the label's spectrum as a factor, so neither has any other.
"""

from typing import Any, Protocol

import torch
from torch import Tensor

from udtlib.autograd import FirstDerivative, first_derivative_only
from udtlib.dcf.lowpass import LowPassTransform, label_cutoff


class Transform(Protocol):
    """From maps to spectra and back; label and response are maps of one channel."""

    def spectrum(self, features: Tensor) -> Tensor:
        """Return the spectra ``(N, rows, columns, C)``, complex, of features ``(N, C, H, W)``."""

    def features(self, spectrum: Tensor) -> Tensor:
        """Return the real maps ``(N, C, H, W)`` of spectra ``(N, rows, columns, C)``."""


class HalfPlane:
    """All frequencies of real maps ``(H, W)``: ``rfft2`` with channels last."""

    def __init__(self, height: int, width: int) -> None:
        self.size = (height, width)

    def spectrum(self, features: Tensor) -> Tensor:
        """Return ``(N, H, W//2+1, C)`` complex."""
        return torch.fft.rfft2(features.permute(0, 2, 3, 1), dim=(1, 2))

    def features(self, spectrum: Tensor) -> Tensor:
        """Return ``(N, C, H, W)``."""
        return torch.fft.irfft2(spectrum, s=self.size, dim=(1, 2)).permute(0, 3, 1, 2)


class LowPass(LowPassTransform):
    """The frequencies of square maps that a Gaussian label of width ``sigma`` cells contains."""

    def __init__(
        self,
        size: int,
        sigma: float,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Make the bases; a label too narrow for `udtlib.dcf.lowpass.label_cutoff` needs `HalfPlane`."""
        super().__init__(size, label_cutoff(size, sigma), None, device, dtype)
        counted_twice = torch.full((self.cutoff + 1,), 2.0, dtype=torch.float64)
        counted_twice[0] = 1.0
        weight = (counted_twice / size**2).repeat(2).to(self.columns)
        self.back = (self.columns * weight[:, None]).T.contiguous()

    def features(self, spectrum: Tensor) -> Tensor:
        """Return ``(N, C, size, size)``, channels last in memory, by two matrix products."""
        k = self.cutoff
        count, _, _, channels = spectrum.shape
        up, down = spectrum[:, 1 : k + 1], spectrum[:, k + 1 :]  # rows 1..K and -1..-K
        waves = spectrum.real.new_empty(count, 2 * k + 1, 2 * k + 2, channels)
        waves[:, 0, : k + 1] = spectrum[:, 0].real
        waves[:, 0, k + 1 :] = -spectrum[:, 0].imag
        waves[:, 1 : k + 1, : k + 1] = up.real + down.real
        waves[:, 1 : k + 1, k + 1 :] = (up.imag + down.imag).neg_()
        waves[:, k + 1 :, : k + 1] = down.imag - up.imag
        waves[:, k + 1 :, k + 1 :] = down.real - up.real
        with torch.autocast(waves.device.type, enabled=False):
            lines = torch.matmul(self.back, waves).view(count, 2 * k + 1, self.size * channels)
            maps = torch.matmul(self.rows.T, lines)
        return maps.view(count, self.size, self.size, channels).permute(0, 3, 1, 2)


def map_spectrum(maps: Tensor, transform: Transform) -> Tensor:
    """Return the spectra ``(N, rows, columns)`` of labels or responses ``(N, H, W)``."""
    return transform.spectrum(maps.unsqueeze(1)).squeeze(-1)


def spectrum_map(spectrum: Tensor, transform: Transform) -> Tensor:
    """Return the maps ``(N, H, W)`` of spectra ``(N, rows, columns)``."""
    return transform.features(spectrum.unsqueeze(-1)).squeeze(1)


def filter_energy(template: Tensor, ridge: float) -> Tensor:
    """Return the denominator of Eq. 2, ``sum_c |x_c|^2 + lambda``, real ``(N, rows, columns)``."""
    return torch.view_as_real(template).flatten(-2).square().sum(-1).add_(ridge)


def response_spectrum(template: Tensor, search: Tensor, label: Tensor, ridge: float) -> Tensor:
    """Return the response's spectrum (Eq. 2 and 3): ``sum_c x_c* z_c y / (sum_c |x_c|^2 + lambda)``.

    Args:
        template: spectra ``(N, rows, columns, C)``.
        search: spectra of the same shape.
        label: spectra ``(N or 1, rows, columns)``.
        ridge: lambda on spectra that are not normalised, `udtlib.dcf.effective_regularisation`.
    """
    return torch.linalg.vecdot(template, search) * label / filter_energy(template, ridge)


def respond(template: Tensor, search: Tensor, label: Tensor, ridge: float, transform: Transform) -> Tensor:
    """Return the response ``(N, H, W)`` without gradient; template and search as spectra, label as maps."""
    with torch.no_grad():
        spectrum = response_spectrum(template, search, map_spectrum(label, transform), ridge)
        return spectrum_map(spectrum, transform)


class DifferentiableHop(FirstDerivative):
    """`respond` with the gradient of Eq. 7 to the features behind the two spectra; use `hop`."""

    @staticmethod
    def forward(
        template: Tensor,
        search: Tensor,
        x: Tensor,
        z: Tensor,
        label: Tensor,
        ridge: float,
        transform: Transform,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the response ``(N, H, W)``, and the spectra of label and response for the way back."""
        y = map_spectrum(label, transform)
        response = response_spectrum(x, z, y, ridge)
        return spectrum_map(response, transform), y, response

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        """Save the response and the spectra."""
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(output[0], *inputs[2:4], *output[1:])
        ctx.ridge, ctx.transform = inputs[5:]

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Return dL/dtemplate and dL/dsearch for dL/dresponse ``(N, H, W)``."""
        _, x, z, y, response = ctx.saved_tensors
        g = map_spectrum(gradients[0], ctx.transform)
        energy = filter_energy(x, ctx.ridge)
        weight = (g * y.conj() / energy).unsqueeze(-1)
        d_template = d_search = None
        if ctx.needs_input_grad[0]:
            pull = (2 * (g * response.conj()).real / energy).unsqueeze(-1)
            d_template = ctx.transform.features((weight.conj() * z).sub_(pull * x))
        if ctx.needs_input_grad[1]:
            d_search = ctx.transform.features(weight * x)
        return d_template, d_search, None, None, None, None, None


def hop(
    template: Tensor,
    search: Tensor,
    x: Tensor,
    z: Tensor,
    label: Tensor,
    ridge: float,
    transform: Transform,
) -> Tensor:
    """Return `respond` of the spectra ``x`` and ``z`` of template and search, with a gradient to those two.

    Args:
        template: features ``(N, C, H, W)``; they only receive their gradient.
        search: features of the same shape.
        x: the template's spectrum ``(N, rows, columns, C)``, from which its numbers are taken.
        z: the search features' spectrum.
        label: maps ``(N or 1, H, W)``; gets no gradient.
        ridge: see `response_spectrum`.
        transform: what made the spectra.
    """
    return DifferentiableHop.apply(template, search, x, z, label, ridge, transform)[0]


def make_transform(
    height: int,
    width: int,
    sigma: float,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float32,
) -> Transform:
    """Return the cheapest transform that loses nothing for a label of ``sigma`` cells on these maps."""
    if height == width and label_cutoff(height, sigma) < (height - 1) // 2:
        return LowPass(height, sigma, device, dtype)
    return HalfPlane(height, width)
