"""Solutions of chapter 05, and the mistakes its checks must catch."""

import numpy as np


def descend(derivative, w, rate, steps):
    """Return w after gradient descent on a and b: dL/da + i dL/db is twice dL/dw*.

    By definition dL/dw* = (dL/da + i dL/db) / 2, so w - 2 rate dL/dw* moves a by -rate dL/da and b by -rate dL/db.
    Its conjugate is dL/dw, which turns the sign of the step in b.
    """
    for _ in range(steps):
        w = w - 2 * rate * derivative(w)
    return w


def lambda_gradient(g, response, energy):
    """Return <G, -R/K>.

    lambda stands in K alone, and dK = dlambda. R is a numerator over K, so dR = -R dK / K = -R dlambda / K, which
    goes into Eq. 5.1.
    """
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
    """Return the largest difference to central differences, as a share of the largest entry.

    The faulty check measures the slope along ``gradient`` only. That direction is 0 where an entry is missing, so the
    missing entries are never moved, and the slope along the others is their length, as it should be.
    """
    return np.abs(gradient - _differences(loss, at)).max() / np.abs(gradient).max()


def inner_half(u, v, width):
    """Return <U, V>: columns with a mirror image count twice."""
    weight = np.full(u.shape[1], 2.0)
    weight[0] = 1
    if width % 2 == 0:
        weight[-1] = 1
    return float((weight * (u.conj() * v).real).sum() / (u.shape[0] * width))


def _as_found(derivative, w, rate, steps):
    for _ in range(steps):
        w = w - rate * np.conj(derivative(w))
    return w


def _along_dw(derivative, w, rate, steps):
    return _as_found(derivative, w, 2 * rate, steps)


def _half_as_fast(derivative, w, rate, steps):
    return descend(derivative, w, rate / 2, steps)


def _uphill(derivative, w, rate, steps):
    return descend(derivative, w, -rate, steps)


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
    "descend": [_as_found, _along_dw, _half_as_fast, _uphill],
    "lambda_gradient": [_wrong_sign, _not_divided],
    "gradient_error": [_along_itself, _norms_only, _not_a_share, _moves_at],
    "inner_half": [_nothing_doubled, _last_column_doubled],
}
