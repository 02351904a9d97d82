"""Answers to chapter 06's exercises, and the mistakes its checks must catch."""

import numpy as np
from scipy.fft import fft2, ifft2


def new_center(old, peak, cells, window):
    dy, dx = (index - cells if index > cells / 2 else index for index in peak)
    return old[0] + dx * window[0] / cells, old[1] + dy * window[1] / cells


def _in_cells(old, peak, cells, window):
    return new_center(old, peak, cells, (cells, cells))


def _not_wrapped(old, peak, cells, window):
    return old[0] + peak[1] * window[0] / cells, old[1] + peak[0] * window[1] / cells


def _rows_as_x(old, peak, cells, window):
    return new_center(old, peak[::-1], cells, window)


def _the_other_way(old, peak, cells, window):
    x, y = new_center((0, 0), peak, cells, window)
    return old[0] - x, old[1] - y


def _window_turned(old, peak, cells, window):
    return new_center(old, peak, cells, window[::-1])


def best_scale(peaks, penalty):
    return int(np.argmax(np.array(peaks) * (penalty, 1, penalty)))


def _last_of_equals(peaks, penalty):
    return 2 - best_scale(peaks[::-1], penalty)


def _divided(peaks, penalty):
    return best_scale(peaks, 1 / penalty)


def _no_factor(peaks, penalty):
    return best_scale(peaks, 1)


def _lowest(peaks, penalty):
    return int(np.argmin(np.array(peaks) * (penalty, 1, penalty)))


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
    "new_center": [_in_cells, _not_wrapped, _rows_as_x, _the_other_way, _window_turned],
    "best_scale": [_last_of_equals, _divided, _no_factor, _lowest],
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
