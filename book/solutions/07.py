"""Solutions of chapter 07, and the mistakes its checks must catch."""

import numpy as np


def pseudo_label(response, label):
    """Return the label rolled along both axes.

    The port's label has its peak at cell row + column of the flattened map, so it is right only in row 0.
    """
    return np.roll(label, np.unravel_index(response.argmax(), response.shape), axis=(0, 1))


def _response(template, search, label, ridge):
    """Return Eq. 4 and 5 for features (C, H, W)."""
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    filters = x * y.conj() / ((np.abs(x) ** 2).sum(axis=0) + ridge)
    return np.fft.ifft2((filters.conj() * z).sum(axis=0)).real


def round_trip_loss(template, search, label, ridge):
    """Return Eq. 6: there, believe the peak, back with the roles exchanged, compare."""
    believed = pseudo_label(_response(template, search, label, ridge), label)
    return float(((_response(search, template, believed, ridge) - label) ** 2).sum())


def miss_loss(distance, sigma):
    """Return two energies minus twice the overlap: 2 pi sigma^2 (1 - exp(-d^2 / (4 sigma^2)))."""
    return 2 * np.pi * sigma**2 * (1 - np.exp(-(distance**2) / (4 * sigma**2)))


def median_flow(start, there, back):
    """Return the median displacement of the half that came home best."""
    miss = np.linalg.norm(back - start, axis=1)
    return np.median((there - start)[miss <= np.median(miss)], axis=0)


def escape(x, z):
    """Return |sum x* z|^2 / (sum |x|^2 sum |z|^2): at most 1 by Cauchy and Schwarz, 1 for one channel."""
    together = np.abs((x.conj() * z).sum(axis=0)) ** 2
    return together / ((np.abs(x) ** 2).sum(axis=0) * (np.abs(z) ** 2).sum(axis=0))


def _flattened(response, label):
    row, column = np.unravel_index(response.argmax(), response.shape)
    return np.roll(np.roll(label, row), column)


def _not_moved(response, label):
    return label.copy()


def _other_way(response, label):
    row, column = np.unravel_index(response.argmax(), response.shape)
    return np.roll(label, (-row, -column), axis=(0, 1))


def _exchanged(response, label):
    row, column = np.unravel_index(response.argmax(), response.shape)
    return np.roll(label, (column, row), axis=(0, 1))


def _with_its_height(response, label):
    return response.max() * pseudo_label(response, label)


def _in_place(response, label):
    moved = pseudo_label(response, label)
    label[:] = moved
    return label


def _mean(template, search, label, ridge):
    return round_trip_loss(template, search, label, ridge) / label.size


def _norm(template, search, label, ridge):
    return np.sqrt(round_trip_loss(template, search, label, ridge))


def _one_way(template, search, label, ridge):
    return ((_response(template, search, label, ridge) - label) ** 2).sum()


def _from_the_centre(template, search, label, ridge):
    return ((_response(search, template, label, ridge) - label) ** 2).sum()


def _raw_response(template, search, label, ridge):
    there = _response(template, search, label, ridge)
    return ((_response(search, template, there, ridge) - label) ** 2).sum()


def _roles_kept(template, search, label, ridge):
    believed = pseudo_label(_response(template, search, label, ridge), label)
    return ((_response(template, search, believed, ridge) - label) ** 2).sum()


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
    "pseudo_label": [_flattened, _not_moved, _other_way, _exchanged, _with_its_height, _in_place],
    "round_trip_loss": [_mean, _norm, _one_way, _from_the_centre, _raw_response, _roles_kept],
    "miss_loss": [_too_narrow, _one_energy, _squared_distance],
    "median_flow": [_from_home, _backwards, _all_points, _worst_half, _mean_of_half, _strictly_below],
    "escape": [_one_hop, _no_conjugate, _square_first],
}
