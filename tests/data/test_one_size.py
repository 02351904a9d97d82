"""Frames that change size on the way are brought to the first one's size."""

import logging

import cv2
import numpy as np
from clips import texture

from udtlib.data.one_size import OneSize
from udtlib.data.sequences import Sequence
from udtlib.evaluation.running.one_pass import track_sequence


def test_frames_get_the_first_ones_size_and_changes_are_logged(caplog):
    first = texture(60, 80, 1)
    one_size = OneSize("clip", first)
    frames = [first, cv2.resize(first, (160, 120)), cv2.resize(first, (160, 120)), first, first[:30, :40]]
    with caplog.at_level(logging.WARNING):
        found = [one_size(frame, index) for index, frame in enumerate(frames)]
    assert [frame.shape for frame in found] == [(60, 80, 3)] * 5
    assert found[0] is first
    assert np.abs(found[1].astype(int) - first).mean() < 8
    assert [message.split(",")[0] for message in caplog.messages] == [
        "clip: frame 1 is 160x120",
        "clip: frame 3 is 80x60",
        "clip: frame 4 is 40x30",
    ]


def test_a_pass_over_a_sequence_that_changes_size(caplog):
    first = texture(60, 80, 1)
    seen = []

    class Tracker:
        def init(self, frame, box):
            seen.append(frame.shape)

        def update(self, frame):
            seen.append(frame.shape)
            return [1, 2, 3, 4]

    boxes = np.full((3, 4), 5.0)
    track_sequence(Tracker(), Sequence("Grows", [first, cv2.resize(first, (160, 120)), first], boxes))
    assert seen == [(60, 80, 3)] * 3
    assert "Grows: frame 1 is 160x120, the first 80x60" in caplog.text
