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


def _differences(loss, at, h=1e-5):
    """Return the gradient by central differences, one entry at a time."""
    found = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        bump = np.zeros_like(at)
        bump[index] = h
        found[index] = (loss(at + bump) - loss(at - bump)) / (2 * h)
    return found


def gradient_error(loss, gradient, at):
    """Return the largest difference to central differences, as a share of the largest entry."""
    return np.abs(gradient - _differences(loss, at)).max() / np.abs(gradient).max()


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


def _along_itself(loss, gradient, at, h=1e-5):
    length = np.linalg.norm(gradient)
    step = h * gradient / length
    return abs((loss(at + step) - loss(at - step)) / (2 * h) - length) / length


def _norms_only(loss, gradient, at):
    return abs(np.linalg.norm(gradient) / np.linalg.norm(_differences(loss, at)) - 1)


def _not_a_share(loss, gradient, at):
    return np.abs(gradient - _differences(loss, at)).max()


def _moves_at(loss, gradient, at):
    worst = gradient_error(loss, gradient, at)
    at[0, 0] += 1e-5
    return worst


def _nothing_doubled(p, q, width):
    return float((p.conj() * q).real.sum() / (p.shape[0] * width))


def _last_column_doubled(p, q, width):
    weight = np.full(p.shape[1], 2.0)
    weight[0] = 1
    return float((weight * (p.conj() * q).real).sum() / (p.shape[0] * width))


WRONG = {
    "conjugate_derivative": [_derivative_by_w, _no_half],
    "lambda_gradient": [_wrong_sign, _not_divided],
    "gradient_error": [_along_itself, _norms_only, _not_a_share, _moves_at],
    "inner_half": [_nothing_doubled, _last_column_doubled],
}
