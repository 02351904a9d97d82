"""The classic trackers on ten real sequences: AUC and precision do not fall below what was promised."""

import cv2
import numpy as np
import pytest

from udtlib import load_dataset, load_tracker
from udtlib.data import find_data
from udtlib.evaluation.scoring.ope import score_sequence

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(find_data("otb") is None, reason="the ten real sequences (otb) were not found"),
]


def accuracy(name):
    """Mean AUC and precision over the sequences, first frame included."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    scores = []
    for sequence in load_dataset("otb", find_data("otb")):
        tracker = load_tracker(name)
        tracker.init(sequence.frames[0], sequence.boxes[0])
        found = [tracker.update(frame) for frame in sequence.frames[1:]]
        scores.append(score_sequence(np.vstack([sequence.boxes[:1], found]), sequence.boxes))
    cv2.setNumThreads(threads)
    assert len(scores) == 10
    return np.mean([score.auc for score in scores]), np.mean([score.precision for score in scores])


@pytest.mark.parametrize(
    ("name", "auc", "precision"),
    [
        ("mosse", 0.36, 0.50),
        ("kcf", 0.50, 0.70),
        pytest.param("dsst", 0.58, 0.73, marks=pytest.mark.slow),
    ],
)
def test_ours(name, auc, precision):
    found = accuracy(name)
    assert found[0] >= auc
    assert found[1] >= precision


def test_the_wrapper_of_opencv_reproduces_what_was_measured_without_it():
    np.testing.assert_allclose(accuracy("mosse-opencv"), (0.221, 0.352), atol=0.01)
