"""Checks of chapter 07's exercises: silence is success, an `AssertionError` says what to look at."""

from collections.abc import Callable
from typing import Any

import numpy as np

from udtlib.check.hints import Array, number, numbers
from udtlib.check.verdict import exercise
from udtlib.labels import gaussian_label

Answer = Callable[..., Any]


@exercise
def pseudo_label(answer: Answer) -> None:
    """Check the pseudo-label of four peaks in a map that is not square."""
    label = gaussian_label(9, 7, 1.2).astype(np.float64)
    for row, column in ((5, 0), (0, 3), (2, 5), (8, 6)):
        response = np.full((9, 7), -1.0)
        response[row, column] = 0.4
        kept_response, kept_label = response.copy(), label.copy()
        found = numbers(answer(response, label), (9, 7), "the pseudo-label, shape (9, 7)")
        same = np.array_equal(response, kept_response), np.array_equal(label, kept_label)
        assert all(same), "the response or the label was overwritten: work on a copy"
        truth = np.array([[label[(i - row) % 9, (j - column) % 7] for j in range(7)] for i in range(9)])
        peak = f"a peak at row {row}, column {column}"
        assert not np.allclose(found, label), f"{peak}: the label has not moved"
        assert not np.allclose(found, np.roll(np.roll(label, row), column)), (
            f"{peak}: the flattened map was rolled; np.roll needs an axis for each shift"
        )
        assert not np.allclose(found, np.roll(label, (-row, -column), (0, 1))), (
            f"{peak}: rolled the other way; what was at (0, 0) goes to the peak"
        )
        assert not np.allclose(found, np.roll(label, (column, row), (0, 1))), (
            f"{peak}: rows and columns are exchanged"
        )
        assert not np.allclose(found, 0.4 * truth), (
            f"{peak}: a clean Gaussian has height 1, whatever the response's"
        )
        assert np.allclose(found, truth), f"{peak}: expected the label rolled to that cell"


def _dense_response(template: Array, search: Array, label: Array, ridge: float) -> Array:
    """Return the response (H, W) of ridge regression over all shifts: a dense solve, no Fourier."""
    rows, columns = label.shape

    def shifts(features: Array) -> Array:
        return np.array(
            [np.roll(features, (-i, -j), (1, 2)).ravel() for i in range(rows) for j in range(columns)]
        )

    A = shifts(template)
    w = np.linalg.solve(A.T @ A + ridge * np.eye(A.shape[1]), A.T @ label.ravel())
    return np.asarray((shifts(search) @ w).reshape(label.shape))


@exercise
def round_trip_loss(answer: Answer) -> None:
    """Check Eq. 6 against dense solves, for one and for two channels."""
    label = gaussian_label(6, 5, 1.0).astype(np.float64)
    for channels in (1, 2):
        rng = np.random.default_rng(channels)
        template = rng.standard_normal((channels, 6, 5))
        search = np.roll(template, (2, -1), (1, 2)) + 0.3 * rng.standard_normal(template.shape)
        there = _dense_response(template, search, label, 0.5)
        shift = np.unravel_index(there.argmax(), there.shape)
        believed = np.roll(label, shift, (0, 1))
        back = _dense_response(search, template, believed, 0.5)
        truth = float(((back - label) ** 2).sum())
        found = number(answer(template.copy(), search.copy(), label.copy(), 0.5), "the loss, one number")
        about = f"{channels} channel(s)"

        def is_that(response: Array, found: float = found) -> bool:
            return bool(np.isclose(found, ((response - label) ** 2).sum(), rtol=1e-6))

        assert not np.isclose(found, truth / label.size), f"{about}: Eq. 6 is a sum over cells, not a mean"
        assert not np.isclose(found, np.sqrt(truth)), f"{about}: Eq. 6 is the *squared* norm"
        assert not is_that(there), f"{about}: that is the response on the way there; go back"
        assert not is_that(_dense_response(search, template, label, 0.5)), (
            f"{about}: the way back started from Y_T; S's label is its pseudo-label"
        )
        assert not is_that(_dense_response(search, template, there, 0.5)), (
            f"{about}: S's label is a clean Gaussian at the peak, not the response itself"
        )
        assert not is_that(_dense_response(template, search, believed, 0.5)), (
            f"{about}: on the way back the roles are exchanged: S is the template, T is searched"
        )
        assert np.isclose(found, truth, rtol=1e-6), f"{about}: expected {truth:.4f}, found {found:.4f}"


@exercise
def miss_loss(answer: Answer) -> None:
    """Check the cost of a perfect peak in the wrong place against the sum over cells."""
    for sigma in (2.0, 4.1667):
        label = gaussian_label(121, 121, sigma).astype(np.float64)
        for distance in (0, 1, 3, 6, 40):
            truth = ((np.roll(label, distance, 1) - label) ** 2).sum()
            found = number(answer(distance, sigma), "the loss of a miss, one number")
            case = f"sigma {sigma:g}, {distance} cells away"
            energy = np.pi * sigma**2
            narrow = 2 * energy * (1 - np.exp(-(distance**2) / (2 * sigma**2)))
            assert np.isclose(narrow, truth, rtol=1e-2) or not np.isclose(found, narrow, rtol=1e-2), (
                f"{case}: the product of two Gaussians of width sigma falls off as exp(-d^2 / (4 sigma^2))"
            )
            assert distance == 0 or not np.isclose(found, truth / 2, rtol=1e-2), (
                f"{case}: half of it; both Gaussians leave their energy"
            )
            assert np.isclose(found, truth, rtol=1e-2, atol=1e-2), (
                f"{case}: expected {truth:.2f}, found {found:.2f}"
            )


@exercise
def median_flow(answer: Answer) -> None:
    """Check the displacement on points of which a minority went astray, and on ties."""
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 60, (21, 2))
    there = start + np.array([4.0, -2.0]) + rng.normal(0, 0.05, start.shape)
    back = start + rng.normal(0, 0.05, start.shape)
    there[:9] += [15.0, 9.0]
    back[:9] += rng.uniform(2, 5, (9, 2))
    there[9] += [30.0, 0.0]  # home, and wrong: what the median is for
    step, miss = there - start, np.linalg.norm(back - start, axis=1)
    kept = miss <= np.median(miss)
    truth = np.median(step[kept], axis=0)
    found = numbers(answer(start.copy(), there.copy(), back.copy()), (2,), "the displacement (x, y)")
    wrong = {
        "the displacement is from start to there, not from home": np.median((back - start)[kept], axis=0),
        "that is the way back: its sign is the other one": -truth,
        "all points were used: keep those that came home best": np.median(step, axis=0),
        "those that came home *worst* were kept": np.median(step[miss >= np.median(miss)], axis=0),
        "the median of the points kept, not their mean": step[kept].mean(axis=0),
    }
    for hint, value in wrong.items():
        assert not np.allclose(found, value, atol=1e-9), hint
    assert np.allclose(found, truth), f"expected {truth.round(3)}, found {found.round(3)}"
    same = answer(start.copy(), start + np.array([1.0, 2.0]), start.copy())
    assert np.allclose(numbers(same, (2,), "the displacement (x, y)"), [1, 2]), (
        "all points came home equally well, so all are kept: a miss *equal* to the median stays"
    )


@exercise
def escape(answer: Answer) -> None:
    """Check the factor on the label's spectrum against two literal hops, for one and three channels."""
    for channels in (1, 3):
        rng = np.random.default_rng(channels)
        x, z = np.fft.fft2(rng.standard_normal((2, channels, 6, 5)))
        y = np.fft.fft2(gaussian_label(6, 5, 1.0).astype(np.float64))
        there = (x.conj() * z).sum(0) * y / (np.abs(x) ** 2).sum(0)
        truth = ((z.conj() * x).sum(0) * there / (np.abs(z) ** 2).sum(0) / y).real
        found = numbers(answer(x.copy(), z.copy()), (6, 5), "g, shape (6, 5)")
        about = f"{channels} channel(s)"
        assert not np.allclose(found, np.sqrt(truth)) or channels == 1, (
            f"{about}: there *and* back, so the numerator is squared"
        )
        cross = np.abs((x * z).sum(0)) ** 2 / ((np.abs(x) ** 2).sum(0) * (np.abs(z) ** 2).sum(0))
        assert channels == 1 or not np.allclose(found, cross), (
            f"{about}: one of the two spectra is conjugated inside the sum"
        )
        each = (np.abs(x) ** 2 * np.abs(z) ** 2).sum(0) / ((np.abs(x) ** 2).sum(0) * (np.abs(z) ** 2).sum(0))
        assert channels == 1 or not np.allclose(found, each), (
            f"{about}: sum over channels first, then the square"
        )
        assert np.allclose(found, truth), (
            f"{about}: found {complex(found[0, 1]):.3f} where {truth[0, 1]:.3f} was expected"
        )
