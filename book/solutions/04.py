"""Solutions of chapter 04, and the mistakes its checks must catch."""

from itertools import pairwise

import numpy as np


def filter_spectra(template, label, ridge):
    """Return Eq. 4 with the denominator summed over channels."""
    x, y = np.fft.fft2(template), np.fft.fft2(label)
    return x * y.conj() / ((np.abs(x) ** 2).sum(axis=0) + ridge)


def plain_lambda(regularisation, channels, height, width):
    """Return lambda times the number the energy was divided by."""
    return regularisation * channels * height * width


def parameter_count(channels):
    """Return nine weights for each pair of channels, one bias for each output."""
    return sum((9 * a + 1) * b for a, b in pairwise(channels))


def scaled_response(filters, search, scales):
    """Return the response with scale c on the search patch and 1/c on the filter."""
    scales = np.asarray(scales)[:, None, None]
    return np.fft.ifft2(((filters / scales).conj() * np.fft.fft2(search * scales)).sum(axis=0)).real


def _own_denominators(template, label, ridge):
    x, y = np.fft.fft2(template), np.fft.fft2(label)
    return x * y.conj() / (np.abs(x) ** 2 + ridge)


def _wrong_conjugate(template, label, ridge):
    return filter_spectra(template, label, ridge).conj()


def _channels_forgotten(regularisation, channels, height, width):
    return regularisation * height * width


def _divided(regularisation, channels, height, width):
    return regularisation / (channels * height * width)


def _no_biases(channels):
    return sum(9 * a * b for a, b in pairwise(channels))


def _input_biases(channels):
    return sum(9 * a * b + a for a, b in pairwise(channels))


def _not_corrected(filters, search, scales):
    scales = np.asarray(scales)[:, None, None]
    return np.fft.ifft2((filters.conj() * np.fft.fft2(search * scales)).sum(axis=0)).real


def _corrected_after_the_sum(filters, search, scales):
    return _not_corrected(filters, search, scales) / np.mean(scales)


WRONG = {
    "filter_spectra": [_own_denominators, _wrong_conjugate],
    "plain_lambda": [_channels_forgotten, _divided],
    "parameter_count": [_no_biases, _input_biases],
    "scaled_response": [_not_corrected, _corrected_after_the_sum],
}
