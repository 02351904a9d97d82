"""The explorer of chapter 06: Eq. 4 and 5 against numpy, its peak against the truth, its speed."""

import statistics
import time

import numpy as np
import pytest
import torch

from udtlib.errors import UnknownNameError
from udtlib.labels import gaussian_label
from udtlib.network import MEAN_RGB
from udtlib.patches import hann_window
from udtlib.weights import default, random_weights
from udtlib.widgets import response
from udtlib.widgets.base import Choice, jpeg

START = {
    "x": 77,
    "y": 83,
    "size": 56,
    "frame": 6,
    "right": 0,
    "down": 0,
    "log10_lambda": -4,
    "sigma": 4.5,
    "window": 1,
    "features": "random network",
}


def test_filter_and_response_are_equations_4_and_5():
    step = response.solve(**{**START, "features": "colour", "log10_lambda": -2, "sigma": 3})
    x, z = (
        np.moveaxis(patch / 255 - (patch / 255).mean((0, 1)), -1, 0) * hann_window(125, 125)
        for patch in (step.template, step.search)
    )
    x, z, y = (np.fft.fft2(part) for part in (x, z, gaussian_label(125, 125, 3)))
    w = x * y.conj() / ((np.abs(x) ** 2).sum(0) + 0.01 * x.size)
    answer = np.fft.ifft2((w.conj() * z).sum(0)).real
    np.testing.assert_allclose(step.response, answer, atol=1e-4)
    channels = np.fft.ifft2(w).real
    strongest = channels[(channels**2).sum((1, 2)).argmax()]
    np.testing.assert_allclose(step.filter, strongest, atol=1e-5 * np.abs(strongest).max() + 1e-7)


@pytest.mark.parametrize(
    ("name", "weights"), [("random network", random_weights), ("learned network", default)]
)
def test_networks_are_seed_0_and_the_default_in_rgb(name, weights):
    patch, features = response.look(0, 77, 83, 56, name)
    pixels = torch.from_numpy(patch - np.array(MEAN_RGB, np.float32)).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        expected = weights().network()(pixels)
    torch.testing.assert_close(features, expected)


@pytest.mark.parametrize("features", response.CELLS)
def test_target_is_found(features):
    step = response.solve(**{**START, "features": features})
    assert step.truth is not None
    cell = response.CONTEXT * 56 / step.response.shape[0]
    assert np.abs(step.found - step.truth).max() < 2.5 + cell


@pytest.mark.parametrize("features", response.CELLS)
def test_sliding_the_search_patch_moves_the_peak_the_other_way(features):
    step = response.solve(**{**START, "features": features, "frame": 0, "right": 20, "down": -12})
    cell = response.CONTEXT * 56 / step.response.shape[0]
    np.testing.assert_array_equal(step.truth, (-20, 12)) if step.truth is not None else pytest.fail(
        "on target"
    )
    np.testing.assert_allclose(step.found, (-20, 12), atol=cell)


def test_template_without_window_answers_with_the_label():
    step = response.solve(**{**START, "frame": 0, "window": 0, "log10_lambda": -8})
    np.testing.assert_allclose(step.response, gaussian_label(125, 125, 4.5), atol=1e-3)
    assert step.found.tolist() == [0, 0]


def test_truth_is_known_on_the_target_only():
    assert response.truth(77, 83, 6, 0, 0) is not None
    assert response.truth(170, 110, 6, 0, 0) is None


def test_every_control_changes_the_picture():
    start = response.draw()
    changes = {
        "x": 90,
        "y": 90,
        "size": 40,
        "frame": 9,
        "right": 9,
        "down": 9,
        "log10_lambda": 0,
        "sigma": 9,
        "window": 0,
        "features": "grey",
    }
    assert set(changes) == set(response.demo().sliders)
    for name, value in changes.items():
        picture = response.draw(**{name: value})
        assert picture.shape == start.shape, name
        assert (picture != start).any(), name


def test_picture_is_pure():
    frames = [frame.copy() for frame in response.scene().frames]
    first, second = response.draw(), response.draw()
    np.testing.assert_array_equal(first, second)
    first[:] = 0
    np.testing.assert_array_equal(response.draw(), second)
    for frame, before in zip(response.scene().frames, frames, strict=True):
        np.testing.assert_array_equal(frame, before)


@pytest.mark.parametrize(("x", "y", "size"), [(20, 20, 96), (300, 220, 96), (300, 220, 16)])
def test_extreme_places_are_drawn(x, y, size):
    for features in response.CELLS:
        picture = response.draw(x, y, size, 12, 40, 40, -8, 0.5, 0, features)
        assert picture.shape == response.draw().shape


def test_unknown_features_are_refused():
    with pytest.raises(UnknownNameError, match="random network"):
        response.draw(features="vgg")


def test_demo_starts_as_drawn_and_has_a_twin():
    demo = response.demo()
    np.testing.assert_array_equal(demo.start(), response.draw())
    height = response.draw().shape[0]
    np.testing.assert_array_equal(demo.twin[:height], response.draw())
    assert demo.twin.shape[0] > 2 * height
    assert demo.twin.dtype == np.uint8


def test_widget_has_a_menu_that_redraws():
    pytest.importorskip("anywidget")
    demo = response.demo()
    assert isinstance(demo.sliders["features"], Choice)
    assert demo.sliders["features"].options == tuple(response.CELLS)
    widget = demo.widget()
    widget.values = widget.values | {"features": "fhog"}
    assert widget.picture == jpeg(response.draw(features="fhog"))


def test_event_to_picture_takes_under_100_ms():
    response.demo()
    times = []
    for step in range(1, 6):
        for name, value in (("right", step), ("log10_lambda", step - 7), ("sigma", step), ("x", 77 + step)):
            start = time.process_time()
            jpeg(response.draw(**{name: value}))
            times.append(time.process_time() - start)
    assert statistics.median(times) < 0.1
