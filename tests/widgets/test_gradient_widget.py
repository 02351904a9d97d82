"""The demo of chapter 05 against finite differences of its own loss, and what its pictures show."""

import numpy as np
import pytest
import torch

from udtlib.dcf import gaussian_label, learn_filter, response_map
from udtlib.widgets import gradient


def loss_of(template, search, asked, log10_lambda):
    x, z = (torch.tensor(patch)[None, None] for patch in (template, search))
    label = gaussian_label(64, 64, 3.0, dtype=torch.float64)
    answer = response_map(learn_filter(x, label, 10.0**log10_lambda), z)[0]
    return 0.5 * float((answer - label.roll(asked, (0, 1))).square().sum())


@pytest.mark.parametrize("role", ["template", "search"])
def test_gradients_are_finite_differences(role):
    step = gradient.solve(3, 5, 1, -2, -2)
    for row, column in ((30, 31), (12, 50), (40, 9)):
        bump = np.zeros((64, 64))
        bump[row, column] = 1e-4
        high, low = (
            {"template": step.template, "search": step.search, role: getattr(step, role) + sign * bump}
            for sign in (1, -1)
        )
        slope = (
            loss_of(**high, asked=(1, -2), log10_lambda=-2) - loss_of(**low, asked=(1, -2), log10_lambda=-2)
        ) / 2e-4
        assert getattr(step, f"d_{role}")[row, column] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_identical_patches_send_opposite_gradients_for_small_lambda():
    step = gradient.solve(0, 0, 3, 5, -5)
    assert np.linalg.norm(step.d_template + step.d_search) < 0.05 * np.linalg.norm(step.d_template)


def test_response_peaks_where_the_content_moved():
    step = gradient.solve(2, -3, 0, 0, -2)
    assert np.unravel_index(step.response.argmax(), (64, 64)) == (2, 64 - 3)


def test_signed_colours():
    red, white, blue = gradient.signed(np.array([[1.0, 0.0, -1.0]]), 1.0)[0]
    assert (red[0] > red[2], blue[2] > blue[0]) == (True, True)
    assert white.tolist() == [255, 255, 255]


def test_twin_is_a_picture_and_sliders_start_at_the_defaults():
    demo = gradient.demo()
    assert demo.twin.dtype == np.uint8
    assert demo.twin.shape[2] == 3
    assert np.array_equal(demo.start(), gradient.draw())
