"""Solutions of chapter 04, and the mistakes its checks must catch."""

from itertools import pairwise

import numpy as np


def noisy_channel(signal, noise, lam):
    """Return signal / (signal + noise + lam).

    The channels with signal give signal / K. The noise gives n* m / K with independent n and m: zero on average. So
    the peak is lower and stays where it is. With own denominators the signal's part would stay as high as without
    noise, and the noise would be as strong in the response as if it were the target.
    """
    return signal / (signal + noise + lam)


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


def _same_noise(signal, noise, lam):
    return (signal + noise) / (signal + noise + lam)


def _own_denominators(signal, noise, lam):
    return signal / (signal + lam)


def _both_noises(signal, noise, lam):
    return signal / (signal + 2 * noise + lam)


def _no_lambda(signal, noise, lam):
    return signal / (signal + noise)


def _channels_forgotten(regularisation, channels, height, width):
    return regularisation * height * width


def _height_twice(regularisation, channels, height, width):
    return regularisation * channels * height * height


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
    "noisy_channel": [_same_noise, _own_denominators, _both_noises, _no_lambda],
    "plain_lambda": [_channels_forgotten, _height_twice, _divided],
    "parameter_count": [_no_biases, _input_biases],
    "scaled_response": [_not_corrected, _corrected_after_the_sum],
}
