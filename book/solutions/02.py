"""Answers to chapter 02's exercises, and the mistakes its checks must catch."""

import numpy as np
from scipy.fft import fft2, ifft2

from udtlib.patches import hann_window


def read_shift(before, after):
    """Return -angle / (2 pi) of a turn, times the pixels in which the wave makes one turn.

    Half the height turns this wave by half a turn, and beyond it forward and back look the same. Noise on one of
    the two waves would be an error of the displacement; a search for the peak uses all of them.
    """
    (height, width), turned = before.shape, np.angle(after * before.conj())
    return -turned[1, 0] * height / (2 * np.pi), -turned[0, 1] * width / (2 * np.pi)


def _other_way(before, after):
    return read_shift(after, before)


def _axes_swapped(before, after):
    return read_shift(before, after)[::-1]


def _one_length_for_both(before, after):
    dy, dx = read_shift(before, after)
    return dy * before.shape[1] / before.shape[0], dx


def _angles(before, after):
    turned = np.angle(after * before.conj())
    return -turned[1, 0], -turned[0, 1]


def _as_an_index(before, after):
    return np.array(read_shift(before, after)) % before.shape


def displacement_read(dy, dx, height, width):
    """Return the shortest move that looks the same on the circle.

    Moves that differ by the height give the same patch, so 64 rows measure moves of up to half: 31 up to 32 down. A
    move of 40 rows down is read as 24 up, so the box goes away from the target, and in the next frame the two are
    further apart than the patch is high.
    """
    up, left = (height - 1) // 2, (width - 1) // 2
    return (dy + up) % height - up, (dx + left) % width - left


def _as_it_moved(dy, dx, height, width):
    return dy, dx


def _as_an_index_of_the_map(dy, dx, height, width):
    return dy % height, dx % width


def _sign_turned(dy, dx, height, width):
    dy, dx = displacement_read(dy, dx, height, width)
    return -dy, -dx


def _column_first(dy, dx, height, width):
    return displacement_read(dy, dx, height, width)[::-1]


def _stops_at_the_border(dy, dx, height, width):
    return np.clip(dy, -height // 2, height // 2), np.clip(dx, -width // 2, width // 2)


def _wraps_at_the_last_index(dy, dx, height, width):
    return displacement_read(dy, dx, height - 1, width - 1)


def noise_power(std, window):
    """Return std^2 times the sum of the squared window.

    |e_k|^2 is the sum over all pairs of pixels u, v of w_u w_v n_u n_v exp(-2 pi i k (u - v) / n). The noise of two
    different pixels is independent and has mean 0, so E[n_u n_v] = 0 and these terms drop out. Where u = v the factor
    of the wave is 1 and E[n_u^2] = std^2, so std^2 sum_u w_u^2 is left, and k is no longer in it.
    """
    return std**2 * np.sum(window**2)


def _of_one_pixel(std, window):
    return std**2


def _deviation(std, window):
    return std * np.sum(window**2)


def _window_not_squared(std, window):
    return std**2 * np.sum(window)


def _mean_not_sum(std, window):
    return std**2 * np.mean(window**2)


def two_peaks(right, wrong):
    """Return a / (a^2 + b^2) and b / (a^2 + b^2).

    w = x (a y1* + b y2*) / ((a^2 + b^2) |x|^2), so r = w* x = (a y1 + b y2) / (a^2 + b^2). The patch with the higher
    contrast wins, right or wrong; divided by their length, all patches count alike.
    """
    return right / (right**2 + wrong**2), wrong / (right**2 + wrong**2)


def _places_exchanged(right, wrong):
    return two_peaks(wrong, right)


def _mean_of_filters(right, wrong):
    return 0.5 / right, 0.5 / wrong


def _contrast_twice(right, wrong):
    return right**2 / (right**2 + wrong**2), wrong**2 / (right**2 + wrong**2)


def _energy_not_squared(right, wrong):
    return right / (right + wrong), wrong / (right + wrong)


def _one_vote_each(right, wrong):
    return 0.5, 0.5


def _normalise(patch):
    return (patch - patch.mean()) / np.linalg.norm(patch - patch.mean())


def locate(template, search, lam):
    """Return the move, with four repairs.

    Both patches are windowed, lambda stands in the denominator instead of 1e-12, the response takes the conjugate of
    the filter's spectrum, and an index beyond the middle is a move of index - length, without the 1.
    """
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
    "read_shift": [_other_way, _axes_swapped, _one_length_for_both, _angles, _as_an_index],
    "displacement_read": [
        _as_it_moved,
        _as_an_index_of_the_map,
        _sign_turned,
        _column_first,
        _stops_at_the_border,
        _wraps_at_the_last_index,
    ],
    "noise_power": [_of_one_pixel, _deviation, _window_not_squared, _mean_not_sum],
    "two_peaks": [_places_exchanged, _mean_of_filters, _contrast_twice, _energy_not_squared, _one_vote_each],
    "locate": [_convolved, _no_window, _one_pixel_short, _no_regulariser],
}
