"""The explorer's menu is in order, its picture that of the sequence chosen, its twin that of the worst."""

import numpy as np
import pytest

from udtlib.data import Sequence
from udtlib.errors import DataError
from udtlib.evaluation.report.overlap_plot import overlap_plot
from udtlib.evaluation.report.plots import to_picture
from udtlib.widgets.explorer import explorer

TRUTH = np.tile([20.0, 30, 30, 24], (10, 1))
FRAMES = [np.full((80, 120, 3), 25 * t, np.uint8) for t in range(10)]
SEQUENCES = [Sequence(name, FRAMES, TRUTH) for name in ("easy", "hard", "middling")]


def shifted(*amounts):
    return {
        one.name: TRUTH + np.array([amount, 0, 0, 0]) for one, amount in zip(SEQUENCES, amounts, strict=True)
    }


RESULTS = {"worse": shifted(2, 40, 25), "better": shifted(0, 20, 6)}


def test_the_worst_sequence_is_first_and_the_twin():
    demo = explorer(RESULTS, SEQUENCES)
    assert demo.sliders["sequence"].options == ("hard", "middling", "easy")
    np.testing.assert_array_equal(demo.twin, demo.draw(sequence="hard"))
    assert not np.array_equal(demo.twin, demo.draw(sequence="easy"))
    np.testing.assert_array_equal(demo.start(), demo.twin)


def test_without_images_the_curves_stand_alone():
    bare = [Sequence(one.name, (), one.boxes) for one in SEQUENCES]
    with_images, without = (explorer(RESULTS, each).twin for each in (SEQUENCES, bare))
    assert with_images.shape[1] == without.shape[1] == 900
    assert with_images.shape[0] > without.shape[0] + 300
    np.testing.assert_array_equal(with_images[-200:], without[-200:])


def test_figures_become_pictures():
    figure = overlap_plot({"t": TRUTH}, TRUTH)
    picture = to_picture(figure, dpi=50)
    assert picture.dtype == np.uint8
    assert picture.shape == (115, 450, 3)
    assert (picture[0, 0] == 255).all()
    assert (picture < 100).any()


def test_bad_input_is_refused():
    with pytest.raises(DataError, match="one or more trackers"):
        explorer({}, SEQUENCES)
    with pytest.raises(DataError, match="no boxes for middling"):
        explorer({"t": {"easy": TRUTH, "hard": TRUTH}}, SEQUENCES)
    with pytest.raises(DataError, match="as many predicted as true boxes"):
        explorer({"t": {one.name: TRUTH[:5] for one in SEQUENCES}}, SEQUENCES)


def test_the_widget_follows_its_menu():
    pytest.importorskip("anywidget")
    from udtlib.widgets.base import jpeg

    demo = explorer(RESULTS, SEQUENCES)
    widget = demo.widget()
    assert widget.picture == jpeg(demo.twin)
    widget.values = {"sequence": "easy"}
    assert widget.picture == jpeg(demo.draw(sequence="easy"))
