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


def relative_response(template, search, label, regularisation):
    """Add lambda once, after the sum over channels, and leave the label as it is: in Eq. 5 it is conjugated twice.

    The colleague adds C lambdas, so that with 32 channels it is 32 times too large.
    """
    x, z, y = (np.fft.fft2(maps) for maps in (template, search, label))
    energy = (np.abs(x) ** 2).sum(axis=0) / x.size + regularisation
    return np.fft.ifft2((x.conj() * z).sum(axis=0) / x.size * y / energy).real


def parameter_count(channels):
    """Return nine weights for each pair of channels, one bias for each output."""
    return sum((9 * a + 1) * b for a, b in pairwise(channels))


def corrected_filters(filters, scales):
    """Return each filter divided by its channel's scale: in the product with the search patch the two cancel.

    The scales are real, so it does not matter that Eq. 5 conjugates the filter.
    """
    return filters / np.asarray(scales)[:, None, None]


def _same_noise(signal, noise, lam):
    return (signal + noise) / (signal + noise + lam)


def _own_denominators(signal, noise, lam):
    return signal / (signal + lam)


def _both_noises(signal, noise, lam):
    return signal / (signal + 2 * noise + lam)


def _no_lambda(signal, noise, lam):
    return signal / (signal + noise)


def _respond(template, search, label, lam, turned):
    x, z, y = (np.fft.fft2(maps) for maps in (template, search, label))
    y = y.conj() if turned else y
    return np.fft.ifft2((x.conj() * z).sum(axis=0) * y / ((np.abs(x) ** 2).sum(axis=0) + lam)).real


def _not_repaired(template, search, label, regularisation):
    return _respond(template, search, label, regularisation * len(template) * template.size, turned=True)


def _lambda_in_each_channel(template, search, label, regularisation):
    return _respond(template, search, label, regularisation * len(template) * template.size, turned=False)


def _label_turned_round(template, search, label, regularisation):
    return _respond(template, search, label, regularisation * template.size, turned=True)


def _channels_forgotten(template, search, label, regularisation):
    return _respond(template, search, label, regularisation * label.size, turned=False)


def _plain_lambda(template, search, label, regularisation):
    return _respond(template, search, label, regularisation, turned=False)


def _no_biases(channels):
    return sum(9 * a * b for a, b in pairwise(channels))


def _input_biases(channels):
    return sum(9 * a * b + a for a, b in pairwise(channels))


def _not_corrected(filters, scales):
    return filters


def _scaled_twice(filters, scales):
    return filters * np.asarray(scales)[:, None, None]


def _one_scale_for_all(filters, scales):
    return filters / np.mean(scales)


def _norm_undone(filters, scales):
    return filters / np.asarray(scales)[:, None, None] ** 2


WRONG = {
    "noisy_channel": [_same_noise, _own_denominators, _both_noises, _no_lambda],
    "relative_response": [
        _not_repaired,
        _lambda_in_each_channel,
        _label_turned_round,
        _channels_forgotten,
        _plain_lambda,
    ],
    "parameter_count": [_no_biases, _input_biases],
    "corrected_filters": [_not_corrected, _scaled_twice, _one_scale_for_all, _norm_undone],
}
