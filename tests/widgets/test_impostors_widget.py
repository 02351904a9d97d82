"""The demo of chapter 11: who follows, and what its pictures show."""

import numpy as np
import pytest

from udtlib import viz
from udtlib.widgets import impostors


@pytest.fixture(scope="module", autouse=True)
def untrained(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UDT_WEIGHTS", "random")
        impostors.network.cache_clear()
        yield
    impostors.network.cache_clear()


@pytest.mark.parametrize("name", ["random", "trained"])
def test_networks_find_the_move(name):
    answer = impostors.solve(name, 8, -12)
    assert answer.found.tolist() == [8, -12]
    assert np.array_equal(answer.search[68:90, 30:60], answer.template[60:82, 42:72])


def test_a_position_code_says_the_centre():
    answer = impostors.solve("position code", 8, -12)
    assert answer.found.tolist() == [0, 0]
    assert answer.response[0, 0] == pytest.approx(1, abs=0.01)


def test_collapsed_features_say_nothing():
    assert np.ptp(impostors.solve("collapsed", 8, -12).response) < 1e-3


def test_pictures_mark_truth_and_peak():
    right, wrong = impostors.draw("random", 20, 20), impostors.draw("position code", 20, 20)
    assert right.shape == wrong.shape
    assert (right != wrong).any()
    truth = (wrong[:, -impostors.PANEL - viz.BAR :] == viz.TRUTH).all(-1)
    assert truth.any()


def test_twin_is_a_picture_and_controls_start_at_the_defaults():
    demo = impostors.demo()
    assert demo.twin.dtype == np.uint8
    assert demo.twin.shape[0] == len(impostors.NETWORKS) * impostors.draw().shape[0]
    assert np.array_equal(demo.start(), impostors.draw())
