"""The bench of chapter 03: a pure picture, true to what it claims, fast, and a static twin."""

import time

import numpy as np
import pytest

from udtlib import viz
from udtlib.errors import OptionError
from udtlib.features import colour, fhog, grey
from udtlib.trackers import kcf
from udtlib.widgets import features
from udtlib.widgets.base import Demo, jpeg

START = {"feature": "fhog", "kernel": "gaussian", "sigma": 0.1, "frames": 3, "light": 1.0, "growth": 1.0}


def test_picture_is_rgb_and_pure() -> None:
    before = [frame.copy() for frame in features.scene()[0]]
    first, second = features.draw(), features.draw()
    assert first.dtype == np.uint8
    assert first.shape == (164, 524 + viz.BAR, 3)
    np.testing.assert_array_equal(first, second)
    first[:] = 0
    np.testing.assert_array_equal(features.draw(), second)
    for frame, old in zip(features.scene()[0], before, strict=True):
        np.testing.assert_array_equal(frame, old)


def test_every_control_changes_the_picture() -> None:
    changes = {"feature": "grey", "kernel": "linear", "sigma": 0.2, "frames": 8, "light": 0.5, "growth": 1.2}
    start, sliders = features.draw(), features.demo().sliders
    assert set(changes) == set(sliders) == set(START)
    assert {name: slider.start for name, slider in sliders.items()} == START
    for name, value in changes.items():
        assert (features.draw(**{name: value}) != start).any(), name


@pytest.mark.parametrize("feature", features.FEATURES)
@pytest.mark.parametrize("kernel", features.KERNELS)
def test_the_target_is_found_where_the_patch_was_cut_off_centre(feature: str, kernel: str) -> None:
    """Frame 0 again, 8 px to the right and 5 px down: the peak lies as far to the left and up."""
    look = features.solve(feature, kernel, frames=0)
    cells = np.array(look.response.shape) / (features.scene()[1][0, 3:1:-1] * 2.5)
    np.testing.assert_allclose(look.wanted, (-5 * cells[0], -8 * cells[1]))
    assert look.error < 2


def test_growth_shows_the_target_larger_around_the_same_place() -> None:
    look = features.solve(growth=1.4)
    np.testing.assert_allclose(look.wanted, 1.4 * np.array(features.solve().wanted))
    assert look.response.max() < 0.8 * features.solve().response.max()


def test_a_shadow_fools_grey_and_not_fhog() -> None:
    assert features.solve(feature="grey", light=0.3).error > 20
    assert features.solve(feature="fhog", light=0.3).error < 3
    patch = np.full((20, 40, 3), 200, np.uint8)
    shaded = features.darken(patch, 0.5)
    assert set(np.unique(shaded)) == {100, 200}
    np.testing.assert_array_equal(features.darken(patch, 1.0), patch)
    np.testing.assert_array_equal(patch, 200)


def test_response_is_the_trackers_own() -> None:
    """The widget's response is what KCF with the same settings computes from the same two patches."""
    look = features.solve()
    recipe = kcf.RECIPES["fhog"]
    found = features.respond(look.template, look.template, recipe, "gaussian", 0.1)
    assert found.max() == pytest.approx(1, abs=0.05)
    assert np.unravel_index(found.argmax(), found.shape) == (0, 0)


@pytest.mark.parametrize("extract", [grey, colour, fhog])
def test_channels_are_drawn(extract) -> None:
    picture = features.channels_picture(extract(features.solve().search))
    assert picture.shape == (128, 128, 3)
    assert picture.std() > 5


def test_strokes_lie_along_the_edge() -> None:
    """Brightness grows to the right: the edge, and each stroke, is vertical."""
    ramp = np.repeat(np.linspace(0, 250, 120).astype(np.uint8)[None, :, None], 120, axis=0).repeat(3, axis=2)
    picture = features.channels_picture(fhog(ramp))[..., 0].astype(float)
    assert picture.any()
    assert np.abs(np.diff(picture, axis=1)).sum() > 3 * np.abs(np.diff(picture, axis=0)).sum()


@pytest.mark.parametrize(
    "setting",
    [
        {"feature": "hog"},
        {"kernel": "cubic"},
        {"frames": 13},
        {"frames": -1},
        {"light": 0},
        {"growth": -1},
        {"sigma": 0},
    ],
)
def test_settings_out_of_range_are_refused(setting: dict[str, float | str]) -> None:
    with pytest.raises(OptionError, match=r"found"):
        features.draw(**setting)


def test_redraw_is_fast() -> None:
    times = []
    for frame in range(5):
        start = time.process_time()
        jpeg(features.draw(frames=frame))
        times.append(time.process_time() - start)
    assert min(times) < 0.1


def test_demo_has_a_twin_of_three_settings() -> None:
    demo = features.demo()
    assert isinstance(demo, Demo)
    assert demo.twin.shape == (3 * 164, 524 + viz.BAR, 3)
    np.testing.assert_array_equal(demo.start(), features.draw())
    np.testing.assert_array_equal(demo.twin[:164], features.draw(feature="grey", light=0.3))
