"""Solutions of chapter 05, and the mistakes its checks must catch."""

import numpy as np


def conjugate_derivative(function, w, h=1e-6):
    """Return dL/dw* by central differences."""
    by_real = (function(w + h) - function(w - h)) / (2 * h)
    by_imaginary = (function(w + 1j * h) - function(w - 1j * h)) / (2 * h)
    return (by_real + 1j * by_imaginary) / 2


def lambda_gradient(g, response, energy):
    """Return <G, -R/K>: (a) with dR = -R dlambda / K."""
    return float((g.conj() * -response / energy).sum().real / g.size)


def template_gradient_any(g, x, z, y, ridge):
    """Return Eq. 7, collected, with the response summed over channels."""
    energy = (np.abs(x) ** 2).sum(0) + ridge
    response = y * (x.conj() * z).sum(0) / energy
    pull = 2 * (g * response.conj()).real
    return np.fft.ifft2((g.conj() * y * z - pull * x) / energy).real


def inner_half(p, q, width):
    """Return <P, Q>: columns with a mirror image count twice."""
    weight = np.full(p.shape[1], 2.0)
    weight[0] = 1
    if width % 2 == 0:
        weight[-1] = 1
    return float((weight * (p.conj() * q).real).sum() / (p.shape[0] * width))


def _derivative_by_w(function, w):
    return np.conj(conjugate_derivative(function, w))


def _no_half(function, w):
    return 2 * conjugate_derivative(function, w)


def _wrong_sign(g, response, energy):
    return -lambda_gradient(g, response, energy)


def _not_divided(g, response, energy):
    return lambda_gradient(g, response, energy) * g.size


def _own_responses(g, x, z, y, ridge):
    energy = (np.abs(x) ** 2).sum(0) + ridge
    pull = 2 * (g * (y * x.conj() * z / energy).conj()).real
    return np.fft.ifft2((g.conj() * y * z - pull * x) / energy).real


def _frozen_denominator(g, x, z, y, ridge):
    return np.fft.ifft2(g.conj() * y * z / ((np.abs(x) ** 2).sum(0) + ridge)).real


def _no_conjugate(g, x, z, y, ridge):
    energy = (np.abs(x) ** 2).sum(0) + ridge
    response = y * (x.conj() * z).sum(0) / energy
    return np.fft.ifft2((g * y * z - 2 * (g * response.conj()).real * x) / energy).real


def _nothing_doubled(p, q, width):
    return float((p.conj() * q).real.sum() / (p.shape[0] * width))


def _last_column_doubled(p, q, width):
    weight = np.full(p.shape[1], 2.0)
    weight[0] = 1
    return float((weight * (p.conj() * q).real).sum() / (p.shape[0] * width))


WRONG = {
    "conjugate_derivative": [_derivative_by_w, _no_half],
    "lambda_gradient": [_wrong_sign, _not_divided],
    "template_gradient_any": [_own_responses, _frozen_denominator, _no_conjugate],
    "inner_half": [_nothing_doubled, _last_column_doubled],
}
