"""The bench of chapter 02: a pure picture, true to what it claims, fast, and a static twin."""

import time

import numpy as np
import pytest
from scipy import fft

from udtlib import viz
from udtlib.errors import FrameError
from udtlib.labels import gaussian_label
from udtlib.widgets import correlation
from udtlib.widgets.base import Demo, jpeg

STILL = {"log10_lambda": -4, "sigma": 2, "window": 1, "noise": 0, "down": 0, "right": 0}


def test_picture_is_rgb_and_pure() -> None:
    before = [part.copy() for part in correlation.scene()]
    first, second = correlation.draw(), correlation.draw()
    assert first.dtype == np.uint8
    assert first.shape == (196, 652 + 2 * viz.BAR, 3)
    np.testing.assert_array_equal(first, second)
    first[:] = 0
    np.testing.assert_array_equal(correlation.draw(), second)
    for part, old in zip(correlation.scene(), before, strict=True):
        np.testing.assert_array_equal(part, old)


def test_every_control_changes_the_picture() -> None:
    changes = {"log10_lambda": 0, "sigma": 4, "window": 0, "noise": 2, "down": 3, "right": 3}
    start = correlation.draw()
    assert set(changes) == set(correlation.demo().sliders)
    for name, value in changes.items():
        assert (correlation.draw(**{name: value}) != start).any(), name


def test_nothing_moved_answers_with_the_label() -> None:
    bench = correlation.solve(**STILL)
    assert bench.found == (0, 0)
    # Eq. 3 of the template itself: each wave of the label, damped where the template is weak.
    power = np.abs(fft.fft2(bench.template)) ** 2
    expected = fft.ifft2(power / (power + 1e-4) * fft.fft2(gaussian_label(64, 64, 2.0))).real
    np.testing.assert_allclose(bench.response, expected, atol=1e-9)


@pytest.mark.parametrize("move", [(0, 5), (7, -9), (-12, 3), (-10, -10)])
def test_moves_are_found(move: tuple[int, int]) -> None:
    bench = correlation.solve(**{**STILL, "down": move[0], "right": move[1]})
    assert bench.found == move


def test_circle_turns_orange_when_lost() -> None:
    def has(picture: np.ndarray, color: tuple[int, int, int]) -> bool:
        return bool((picture[36:, -160:] == color).all(axis=-1).any())

    lost, found = correlation.draw(log10_lambda=-6, noise=3), correlation.draw(log10_lambda=0, noise=3)
    assert has(lost, correlation.viz.PREDICTION)
    assert not has(found, correlation.viz.PREDICTION)


def test_too_large_a_shift_is_refused() -> None:
    with pytest.raises(FrameError, match="24 px"):
        correlation.draw(down=25)


def test_redraw_is_fast() -> None:
    times = []
    for down in range(5):
        start = time.process_time()
        jpeg(correlation.draw(down=down))
        times.append(time.process_time() - start)
    assert min(times) < 0.1


def test_demo_has_a_twin_of_four_settings() -> None:
    demo = correlation.demo()
    assert isinstance(demo, Demo)
    assert demo.twin.shape == (4 * 196, 652 + 2 * viz.BAR, 3)
    np.testing.assert_array_equal(demo.start(), correlation.draw())
    np.testing.assert_array_equal(demo.twin[:196], correlation.draw(log10_lambda=-6, noise=3))
