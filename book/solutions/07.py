"""Solutions of chapter 07, and the mistakes its checks must catch."""

import numpy as np

from udtlib.labels import gaussian_label


def port_peak(row, column, height, width):
    """Return row and column of cell ``row + column`` of the flattened map.

    Right only for peaks in the first row. A move straight down becomes a move to the right, in the first row or,
    beyond its end, in one of the next.
    """
    return divmod(row + column, width)


def best_height(distance, sigma):
    """Return <Y_d, Y> / <Y, Y>, about exp(-d^2 / (4 sigma^2)).

    |h Y_d - Y|^2 = h^2 |Y|^2 - 2 h <Y_d, Y> + |Y|^2. Far from the start the best height is 0: training makes the
    response of a pair that it cannot bring home fade, and the pair keeps the loss of no answer, |Y|^2.
    """
    label = np.asarray(gaussian_label(121, 121, sigma), float)
    return (np.roll(label, distance, axis=1) * label).sum() / (label**2).sum()


def miss_loss(distance, sigma):
    """Return two energies minus twice the overlap: 2 pi sigma^2 (1 - exp(-d^2 / (4 sigma^2))).

    |Y_d - Y|^2 = |Y_d|^2 + |Y|^2 - 2 <Y_d, Y>. The square of a Gaussian of width sigma is one of width sigma / sqrt(2),
    whose integral is pi sigma^2; so are the first two terms. In <Y_d, Y> the exponents add up to
    -(|u - d|^2 + |u|^2) / (2 sigma^2) = -|u - d/2|^2 / sigma^2 - d^2 / (4 sigma^2): the same narrow Gaussian in the middle
    between the two, times exp(-d^2 / (4 sigma^2)).
    """
    return 2 * np.pi * sigma**2 * (1 - np.exp(-(distance**2) / (4 * sigma**2)))


def median_flow(start, there, back):
    """Return the median displacement of the half that came home best."""
    miss = np.linalg.norm(back - start, axis=1)
    return np.median((there - start)[miss <= np.median(miss)], axis=0)


def escape(x, z):
    """Return |sum x* z|^2 / (sum |x|^2 sum |z|^2).

    Out: R_S = Y sum x* z / sum |x|^2. Back, with R_S as the label: R_T = R_S sum z* x / sum |z|^2. Put the first into the
    second: Y times sum x* z times its conjugate, over both energies. By Cauchy and Schwarz the numerator is at most the
    denominator; for one channel they are the same, |x|^2 |z|^2.
    """
    together = np.abs((x.conj() * z).sum(axis=0)) ** 2
    return together / ((np.abs(x) ** 2).sum(axis=0) * (np.abs(z) ** 2).sum(axis=0))


def _right_place(row, column, height, width):
    return row, column


def _number_of_the_cell(row, column, height, width):
    return 0, row + column


def _same_row_again(row, column, height, width):
    return 0, (row + column) % width


def _column_by_column(row, column, height, width):
    return row + column, 0


def _exchanged(row, column, height, width):
    return port_peak(row, column, height, width)[::-1]


def _full_height(distance, sigma):
    return 1.0


def _label_at_one_cell(distance, sigma):
    return np.exp(-(distance**2) / (2 * sigma**2))


def _not_divided(distance, sigma):
    return best_height(distance, sigma) * np.pi * sigma**2


def _loss_itself(distance, sigma):
    return np.pi * sigma**2 * (1 - best_height(distance, sigma) ** 2)


def _factor_two(distance, sigma):
    return 2 * best_height(distance, sigma)


def _too_narrow(distance, sigma):
    return 2 * np.pi * sigma**2 * (1 - np.exp(-(distance**2) / (2 * sigma**2)))


def _one_energy(distance, sigma):
    return np.pi * sigma**2 * (1 - np.exp(-(distance**2) / (4 * sigma**2)))


def _squared_distance(distance, sigma):
    return distance**2 / (2 * sigma**2)


def _from_home(start, there, back):
    miss = np.linalg.norm(back - start, axis=1)
    return np.median((back - start)[miss <= np.median(miss)], axis=0)


def _backwards(start, there, back):
    return -median_flow(start, there, back)


def _all_points(start, there, back):
    return np.median(there - start, axis=0)


def _worst_half(start, there, back):
    miss = np.linalg.norm(back - start, axis=1)
    return np.median((there - start)[miss >= np.median(miss)], axis=0)


def _mean_of_half(start, there, back):
    miss = np.linalg.norm(back - start, axis=1)
    return (there - start)[miss <= np.median(miss)].mean(axis=0)


def _strictly_below(start, there, back):
    miss = np.linalg.norm(back - start, axis=1)
    kept = miss < np.median(miss) if np.ptp(miss) == 0 else miss <= np.median(miss)
    return np.median((there - start)[kept], axis=0) if kept.any() else np.zeros(2)


def _one_hop(x, z):
    return np.sqrt(escape(x, z))


def _no_conjugate(x, z):
    return escape(x.conj(), z)


def _square_first(x, z):
    apart = (np.abs(x) ** 2 * np.abs(z) ** 2).sum(axis=0)
    return apart / ((np.abs(x) ** 2).sum(axis=0) * (np.abs(z) ** 2).sum(axis=0))


WRONG = {
    "port_peak": [_right_place, _number_of_the_cell, _same_row_again, _column_by_column, _exchanged],
    "best_height": [_full_height, _label_at_one_cell, _not_divided, _loss_itself, _factor_two],
    "miss_loss": [_too_narrow, _one_energy, _squared_distance],
    "median_flow": [_from_home, _backwards, _all_points, _worst_half, _mean_of_half, _strictly_below],
    "escape": [_one_hop, _no_conjugate, _square_first],
}
