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

from udtlib.autograd import first_derivative_only


class ClosedFormResponse(torch.autograd.Function):
    """Response of Eq. 4-5 with the backward pass of Eq. 7; use `udtlib.dcf.dcf_response`."""

    @staticmethod
    def forward(ctx: Any, template: Tensor, search: Tensor, label: Tensor, ridge: float) -> Tensor:
        """Return ``(N, H, W)`` for features ``(N, C, H, W)`` twice and a label ``(N or 1, H, W)``."""
        x, z, y = torch.fft.rfft2(template), torch.fft.rfft2(search), torch.fft.rfft2(label)
        energy = torch.view_as_real(x).square().sum((1, -1)) + ridge
        cross = (x.conj() * z).sum(1)
        response = cross.mul_(y).div_(energy)
        ctx.save_for_backward(x, z, y, energy, response)
        return torch.fft.irfft2(response, s=template.shape[-2:])

    @staticmethod
    @first_derivative_only
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        """Return dL/dtemplate and dL/dsearch for dL/dresponse ``(N, H, W)``; nothing for the rest."""
        x, z, y, energy, response = ctx.saved_tensors
        size = gradients[0].shape[-2:]
        g = torch.fft.rfft2(gradients[0])
        weight = (g * y.conj() / energy).unsqueeze(1)
        d_template = d_search = None
        if ctx.needs_input_grad[1]:
            d_search = torch.fft.irfft2(weight * x, s=size)
        if ctx.needs_input_grad[0]:
            pull = (2 * (g * response.conj()).real / energy).unsqueeze(1)
            d_template = torch.fft.irfft2((weight.conj() * z).sub_(pull * x), s=size)
        return d_template, d_search, None, None
