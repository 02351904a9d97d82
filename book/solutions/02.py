"""Answers to chapter 02's exercises, and the mistakes its checks must catch."""

import numpy as np
from scipy.fft import fft2, ifft2

from udtlib.patches import hann_window


def shift_spectrum(spectrum, dy, dx):
    rows, columns = np.fft.fftfreq(spectrum.shape[0]), np.fft.fftfreq(spectrum.shape[1])
    return spectrum * np.exp(-2j * np.pi * (rows[:, None] * dy + columns * dx))


def _other_way(spectrum, dy, dx):
    return shift_spectrum(spectrum, -dy, -dx)


def _axes_swapped(spectrum, dy, dx):
    return shift_spectrum(spectrum, dx, dy)


def _one_pixel_more(spectrum, dy, dx):
    return shift_spectrum(spectrum, dy + 1, dx + 1)


def _one_length_for_both(spectrum, dy, dx):
    height, width = spectrum.shape
    rows, columns = np.arange(height), np.arange(width)
    return spectrum * np.exp(-2j * np.pi * (rows[:, None] * dy + columns * dx) / height)


def peak_index(dy, dx, height, width):
    return dy % height, dx % width


def _negative_index(dy, dx, height, width):
    return dy, dx


def _from_the_middle(dy, dx, height, width):
    return height // 2 + dy, width // 2 + dx


def _sign_turned(dy, dx, height, width):
    return -dy % height, -dx % width


def _column_first(dy, dx, height, width):
    return dx % width, dy % height


def _wraps_at_the_last_index(dy, dx, height, width):
    return dy % (height - 1), dx % (width - 1)


def noise_power(std, window):
    return std**2 * np.sum(window**2)


def _of_one_pixel(std, window):
    return std**2


def _deviation(std, window):
    return std * np.sum(window**2)


def _window_not_squared(std, window):
    return std**2 * np.sum(window)


def _mean_not_sum(std, window):
    return std**2 * np.mean(window**2)


def learn_filter(templates, labels, lam):
    x, y = fft2(templates), fft2(labels)
    above, below = (x * y.conj()).sum(axis=0), (np.abs(x) ** 2).sum(axis=0)
    return ifft2(above / (below + lam)).real


def _label_not_conjugated(templates, labels, lam):
    x, y = fft2(templates), fft2(labels)
    return ifft2((x * y).sum(axis=0) / ((np.abs(x) ** 2).sum(axis=0) + lam)).real


def _to_convolve_with(templates, labels, lam):
    x, y = fft2(templates), fft2(labels)
    return ifft2((x.conj() * y).sum(axis=0) / ((np.abs(x) ** 2).sum(axis=0) + lam)).real


def _mean_of_filters(templates, labels, lam):
    return np.mean(
        [learn_filter(x[None], y[None], lam) for x, y in zip(templates, labels, strict=True)], axis=0
    )


def _lambda_a_template(templates, labels, lam):
    return learn_filter(templates, labels, lam * len(templates))


def _first_only(templates, labels, lam):
    return learn_filter(templates[:1], labels[:1], lam)


def _not_real(templates, labels, lam):
    return learn_filter(templates, labels, lam).astype(complex)


def _normalise(patch):
    return (patch - patch.mean()) / np.linalg.norm(patch - patch.mean())


def locate(template, search, lam):
    return _locate(template, search, lam)


def _locate(template, search, lam, windowed=True, conjugate=True, last=0):
    height, width = template.shape
    window = hann_window(height, width) if windowed else 1.0
    x, z = fft2(window * _normalise(template)), fft2(window * _normalise(search))
    rows, columns = np.fft.fftfreq(height) * height, np.fft.fftfreq(width) * width
    y = fft2(np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * 2.0**2)))
    w = x * y.conj() / (np.abs(x) ** 2 + lam)
    response = ifft2((w.conj() if conjugate else w) * z).real
    row, column = np.unravel_index(response.argmax(), response.shape)
    dy = row if row <= height // 2 else row - height + last
    dx = column if column <= width // 2 else column - width + last
    return int(dy), int(dx)


def _convolved(template, search, lam):
    return _locate(template, search, lam, conjugate=False)


def _no_window(template, search, lam):
    return _locate(template, search, lam, windowed=False)


def _one_pixel_short(template, search, lam):
    return _locate(template, search, lam, last=1)


def _no_regulariser(template, search, lam):
    return _locate(template, search, 1e-12)


WRONG = {
    "shift_spectrum": [_other_way, _axes_swapped, _one_pixel_more, _one_length_for_both],
    "peak_index": [_negative_index, _from_the_middle, _sign_turned, _column_first, _wraps_at_the_last_index],
    "noise_power": [_of_one_pixel, _deviation, _window_not_squared, _mean_not_sum],
    "learn_filter": [
        _label_not_conjugated,
        _to_convolve_with,
        _mean_of_filters,
        _lambda_a_template,
        _first_only,
        _not_real,
    ],
    "locate": [_convolved, _no_window, _one_pixel_short, _no_regulariser],
}
