"""Answers to chapter 06's exercises, and the mistakes its checks must catch."""

import numpy as np
from scipy.fft import fft2, ifft2


def worst_overlap(cells, padding):
    """Return Eq. 1.1 in shares of the side: half a cell is (1 + p) / (2 cells) of the target.

    Target and window grow together, so the share does not depend on the size.
    """
    left = 1 - (1 + padding) / (2 * cells)
    return left**2 / (2 - left**2)


def _whole_cell(cells, padding):
    return worst_overlap(cells / 2, padding)


def _sideways_only(cells, padding):
    left = 1 - (1 + padding) / (2 * cells)
    return left / (2 - left)


def _target_fills_the_window(cells, padding):
    return worst_overlap(cells, 0)


def _window_of_the_padding(cells, padding):
    return worst_overlap(cells, padding - 1)


def _share_of_one_box(cells, padding):
    return (1 - (1 + padding) / (2 * cells)) ** 2


def steps_up(growth, step):
    """Return u with n log(growth) = n u log(step) - n (1 - u) log(step), between 0 and 1.

    At most step in each frame: 1.015 to the power of 30 is 1.56. With the factor 1 the size is kept wherever the middle
    peak is the highest; in section 6.4 that is in about 10 of 29 steps, because the peaks differ by only about 1 %.
    """
    return float(np.clip((1 + np.log(growth) / np.log(step)) / 2, 0, 1))


def _no_steps_down(growth, step):
    return float(np.log(growth) / np.log(step))


def _share_down(growth, step):
    return 1 - steps_up(growth, step)


def _not_limited(growth, step):
    return (1 + np.log(growth) / np.log(step)) / 2


def _without_logarithms(growth, step):
    return float(np.clip((1 + (growth - 1) / (step - 1)) / 2, 0, 1))


def clamp_size(size, start, frame_shape):
    start = np.asarray(start)
    smallest = np.maximum(0.2 * start, 4)
    largest = np.minimum(5 * start, frame_shape[1::-1])
    return np.clip(size, smallest, largest)


def _as_found(size, start, frame_shape):
    start = np.asarray(start)
    return np.clip(size, 0.2 * start, np.minimum(frame_shape[:2], 5 * start))


def _axes_mixed(size, start, frame_shape):
    start = np.asarray(start)
    return np.clip(size, np.maximum(0.2 * start, 4), np.minimum(frame_shape[:2], 5 * start))


def _no_four_pixels(size, start, frame_shape):
    start = np.asarray(start)
    return np.clip(size, 0.2 * start, np.minimum(frame_shape[1::-1], 5 * start))


def _larger_than_the_frame(size, start, frame_shape):
    return clamp_size(size, start, (10_000, 10_000))


def _smaller_limit(size, start, frame_shape):
    start = np.asarray(start)
    return np.clip(size, np.minimum(0.2 * start, 4), np.minimum(frame_shape[1::-1], 5 * start))


def online_response(templates, label, rate, lam, search):
    y, model = fft2(label), None
    for template in templates:
        x = fft2(template)
        new = y / ((np.abs(x) ** 2).sum(axis=0) + lam), x
        if model is None:
            model = new
        model = [(1 - rate) * a + rate * b for a, b in zip(model, new, strict=True)]
    alpha, x = model
    return ifft2(alpha * (fft2(search) * x.conj()).sum(axis=0)).real


def _filter_interpolated(templates, label, rate, lam, search):
    y, w = fft2(label), None
    for template in templates:
        x = fft2(template)
        new = x * y.conj() / ((np.abs(x) ** 2).sum(axis=0) + lam)
        w = new if w is None else (1 - rate) * w + rate * new
    return ifft2((w.conj() * fft2(search)).sum(axis=0)).real


def _two_sums(templates, label, rate, lam, search):
    y, model = fft2(label), None
    for template in templates:
        x = fft2(template)
        new = x * y.conj(), (np.abs(x) ** 2).sum(axis=0) + lam
        model = model or new
        model = [(1 - rate) * a + rate * b for a, b in zip(model, new, strict=True)]
    return ifft2(((model[0] / model[1]).conj() * fft2(search)).sum(axis=0)).real


def _rate_inverted(templates, label, rate, lam, search):
    return online_response(templates, label, 1 - rate, lam, search)


def _last_only(templates, label, rate, lam, search):
    return online_response(templates[-1:], label, rate, lam, search)


def _first_only(templates, label, rate, lam, search):
    return online_response(templates[:1], label, rate, lam, search)


def _lambda_a_channel(templates, label, rate, lam, search):
    return online_response(templates, label, rate, lam * templates.shape[1], search)


def _in_place(templates, label, rate, lam, search):
    answer = online_response(templates, label, rate, lam, search)
    templates *= 1 - rate
    return answer


def _weights(count, rate):
    weights = rate * (1 - rate) ** np.arange(count - 1, -1, -1.0)
    weights[0] = (1 - rate) ** (count - 1)
    return weights


def score_after(contrasts, rate):
    """Return the product of two weighted means, of c_i and of 1 / c_i^2.

    With X_i = c_i X and lambda = 0 the energy is c_i^2 E. So the interpolated spectrum is X sum w_i c_i, the
    interpolated dual coefficients are Y / E sum w_i / c_i^2, and the response to X is their product times X*: the label
    times sum w_i c_i * sum w_i / c_i^2. Where the light changes, the mean of 1 / c^2 is above 1 over the square of the
    mean of c. With half of the weight on c = 1 and half on c = 0.1, for instance, the peak is 0.55 * 50.5 = 27.8.
    """
    c, w = np.array(contrasts), _weights(len(contrasts), rate)
    return np.sum(w * c) * np.sum(w / c**2)


def _score_of_filters(contrasts, rate):
    return np.sum(_weights(len(contrasts), rate) / np.array(contrasts))


def _score_of_sums(contrasts, rate):
    c, w = np.array(contrasts), _weights(len(contrasts), rate)
    return np.sum(w * c) / np.sum(w * c**2)


def _score_rate_inverted(contrasts, rate):
    return score_after(contrasts, 1 - rate)


def _equal_weights(contrasts, rate):
    return np.mean(contrasts) * np.mean(1 / np.array(contrasts) ** 2)


def _not_squared(contrasts, rate):
    c, w = np.array(contrasts), _weights(len(contrasts), rate)
    return np.sum(w * c) * np.sum(w / c)


def _always_one(contrasts, rate):
    return 1.0


WRONG = {
    "worst_overlap": [
        _whole_cell,
        _sideways_only,
        _target_fills_the_window,
        _window_of_the_padding,
        _share_of_one_box,
    ],
    "steps_up": [_no_steps_down, _share_down, _not_limited, _without_logarithms],
    "clamp_size": [_as_found, _axes_mixed, _no_four_pixels, _larger_than_the_frame, _smaller_limit],
    "online_response": [
        _filter_interpolated,
        _two_sums,
        _rate_inverted,
        _last_only,
        _first_only,
        _lambda_a_channel,
        _in_place,
    ],
    "score_after": [
        _score_of_filters,
        _score_of_sums,
        _score_rate_inverted,
        _equal_weights,
        _not_squared,
        _always_one,
    ],
}
