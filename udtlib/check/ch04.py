"""Checks of chapter 04's exercises: silence is success, an `AssertionError` says what to look at."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from udtlib.check.hints import close, expect, number, numbers
from udtlib.check.verdict import exercise

Answer = Callable[..., Any]


@exercise
def filter_spectra(answer: Answer) -> None:
    """Check Eq. 4 against a dense system at every frequency, for one and for three channels."""
    for channels in (1, 3):
        rng = np.random.default_rng(channels)
        template, label = rng.standard_normal((channels, 5, 4)), rng.standard_normal((5, 4))
        found = numbers(answer(template, label, 0.3), template.shape, f"spectra of shape {template.shape}")
        x, y = np.fft.fft2(template), np.fft.fft2(label)
        truth = np.empty_like(x)
        for u, v in np.ndindex(label.shape):
            here = x[:, u, v]
            matrix = np.outer(here, here.conj()) + 0.3 * np.eye(channels)
            truth[:, u, v] = np.linalg.solve(matrix, here * y[u, v].conj())
        own = x * y.conj() / (np.abs(x) ** 2 + 0.3)
        hint = "each channel has its own denominator: sum over them"
        expect(channels == 1 or not close(found, own), hint)
        hint = "the conjugate: the label is conjugated, the template is not"
        expect(not close(found, truth.conj()), hint)
        expect(close(found, truth), f"wrong for {channels} channel(s)")


@exercise
def plain_lambda(answer: Answer) -> None:
    """Check the plain lambda of the reference's relative one, in training and in tracking."""
    for size in (121, 125):
        truth = 1e-4 * 32 * size * size
        found = number(answer(1e-4, 32, size, size), "one number, the plain lambda")
        expect(not close(found, 1e-4 * size * size), "the reference counts the channels too")
        hint = "the other way round: multiply both by C*H*W"
        expect(not close(found, 1e-4 / (32 * size * size), atol=0), hint)
        hint = f"32 channels of {size} x {size}: expected {truth:.2f}, found {found}"
        expect(close(found, truth), hint)


@exercise
def parameter_count(answer: Answer) -> None:
    """Check the number of parameters of three chains."""
    for channels, truth in (([3, 32, 32], 10_144), ([1, 8], 80), ([3, 16, 16, 4], 3_348)):
        found = number(answer(list(channels)), f"one number for channels {channels}")
        weights = sum(9 * a * b for a, b in pairwise(channels))
        expect(found != weights, "every output channel has a bias too")
        expect(found == truth, f"channels {channels}: expected {truth}, found {found:g}")


@exercise
def scaled_response(answer: Answer) -> None:
    """Check that scales on the search patch's channels cancel."""
    rng = np.random.default_rng(0)
    filters, search = np.fft.fft2(rng.standard_normal((3, 6, 5))), rng.standard_normal((3, 6, 5))
    scales = np.array([0.1, 2.0, 5.0])
    plain = np.fft.ifft2((filters.conj() * np.fft.fft2(search)).sum(0)).real
    found = numbers(answer(filters, search, scales), plain.shape, f"a response of shape {plain.shape}")
    uncorrected = np.fft.ifft2((filters.conj() * np.fft.fft2(scales[:, None, None] * search)).sum(0)).real
    hint = "the filters are not corrected: their scales must undo the search's"
    expect(not close(found, uncorrected), hint)
    hint = "the scales do not cancel: divide filter c by scales[c], all before the sum"
    expect(close(found, plain), hint)
