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


def accuracy(*names):
    """Mean AUC and precision of each tracker, first frame included; every frame is read once."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    scores = []
    for sequence in load_dataset("otb", find_data("otb")):
        trackers = [load_tracker(name) for name in names]
        for tracker in trackers:
            tracker.init(sequence.frames[0], sequence.boxes[0])
        found = np.array([[tracker.update(frame) for tracker in trackers] for frame in sequence.frames[1:]])
        runs = [np.vstack([sequence.boxes[:1], boxes]) for boxes in found.swapaxes(0, 1)]
        scores.append([score_sequence(boxes, sequence.boxes) for boxes in runs])
    cv2.setNumThreads(threads)
    assert len(scores) == 10
    return np.mean([[(score.auc, score.precision) for score in row] for row in scores], axis=0)


def test_ours_and_the_wrapper_of_opencv():
    """The wrapper reproduces what was measured without it."""
    mosse, kcf, wrapped = accuracy("mosse", "kcf", "mosse-opencv")
    assert (mosse >= (0.36, 0.50)).all()
    assert (kcf >= (0.50, 0.70)).all()
    np.testing.assert_allclose(wrapped, (0.221, 0.352), atol=0.01)


@pytest.mark.slow
def test_dsst():
    (found,) = accuracy("dsst")
    assert (found >= (0.58, 0.73)).all()
