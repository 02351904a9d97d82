"""The gradient through the correlation filter, written out (paper Eq. 7). Book: chapter 05.

With hats for spectra, ``K = sum_c |x_c|^2 + lambda`` and ``G`` the spectrum of the gradient that
arrives at the response R:

    search:    dL/dz_c = F^-1( G x_c y* / K )
    template:  dL/dx_c = F^-1( (G* y z_c - 2 Re(G R*) x_c) / K )

The first is Eq. 7's one-term form; the second its two-term form, both terms collected. All factors
are spectra of real maps, so every product is one too and half planes are enough: no frequency is
counted twice, because ``irfft2`` restores the mirrored half itself.
"""

from typing import Any

import torch
from torch import Tensor

from udtlib.autograd import FirstDerivative, first_derivative_only


class ClosedFormResponse(FirstDerivative):
    """Response of Eq. 4-5 with the backward pass of Eq. 7; use `closed_form_response`."""

    @staticmethod
    def forward(template: Tensor, search: Tensor, label: Tensor, ridge: float) -> tuple[Tensor, ...]:
        """Return ``(N, H, W)`` for features ``(N, C, H, W)`` twice and a label ``(N or 1, H, W)``.

        The spectra of the three and the denominator come with it, for the way back.
        """
        x, z, y = torch.fft.rfft2(template), torch.fft.rfft2(search), torch.fft.rfft2(label)
        energy = torch.view_as_real(x).square().sum((1, -1)) + ridge
        response = (x.conj() * z).sum(1) * (y / energy)
        return torch.fft.irfft2(response, s=template.shape[-2:]), x, z, y, energy

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        """Save the response and the spectra."""
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*output)

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        """Return dL/dtemplate and dL/dsearch for dL/dresponse ``(N, H, W)``; nothing for the rest."""
        response, x, z, y, energy = ctx.saved_tensors
        size = gradients[0].shape[-2:]
        g = torch.fft.rfft2(gradients[0])
        weight = (g * y.conj() / energy).unsqueeze(1)
        d_template = d_search = None
        if ctx.needs_input_grad[1]:
            d_search = torch.fft.irfft2(weight * x, s=size)
        if ctx.needs_input_grad[0]:
            pull = (2 * (g * torch.fft.rfft2(response).conj()).real / energy).unsqueeze(1)
            d_template = torch.fft.irfft2((weight.conj() * z).sub_(pull * x), s=size)
        return d_template, d_search, None, None


def closed_form_response(template: Tensor, search: Tensor, label: Tensor, ridge: float) -> Tensor:
    """Return the response ``(N, H, W)`` to features ``(N, C, H, W)`` twice and a label ``(N or 1, H, W)``."""
    return ClosedFormResponse.apply(template, search, label, ridge)[0]
