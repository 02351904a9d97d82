"""Frames that change size on the way are brought to the first one's size."""

import logging
import pickle
from dataclasses import replace

import cv2
import numpy as np
from clips import texture

from udtlib.data.one_size import OneSize
from udtlib.data.sequences import Sequence
from udtlib.evaluation.protocols import protocol_runs
from udtlib.evaluation.running.one_pass import track_sequence
from udtlib.strips import strip
from udtlib.widgets.scrubber import frame_drawer


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


def grown():
    """Four frames, the later two twice as large, with a box that is right in the first one's coordinates."""
    small = [texture(60, 80, seed) for seed in range(4)]
    frames = [frame if k < 2 else cv2.resize(frame, (160, 120)) for k, frame in enumerate(small)]
    return Sequence("Grows", frames, np.tile([20.0, 15, 30, 25], (4, 1)))


def test_a_run_that_starts_later_sees_frames_as_large_as_the_sequences_first():
    class Tracker:
        def init(self, frame, box):
            self.box = box
            assert frame.shape == (60, 80, 3)

        def update(self, frame):
            assert frame.shape == (60, 80, 3)
            return self.box

    sequence = grown()
    for protocol in ("anchors", "tre", "shift"):
        for label, part in protocol_runs(sequence, protocol):
            track_sequence(Tracker(), part)
            assert {part.frames[k].shape for k in range(len(part.frames))} == {(60, 80, 3)}, (protocol, label)
    moved = [part for label, part in protocol_runs(sequence, "shift") if label == "frame 4"]
    assert np.abs(moved[0].frames[0].astype(int) - texture(60, 80, 3)).mean() < 8
    again = pickle.loads(pickle.dumps(moved[0].frames))
    np.testing.assert_array_equal(again[0], moved[0].frames[0])


def test_boxes_are_drawn_where_they_are_in_frames_of_another_size():
    sequence = grown()
    red = replace(sequence, frames=[np.zeros_like(frame) for frame in sequence.frames])
    whole = strip(red, {"t": sequence.boxes}, frames=[0, 3], height=60, legend=False)
    assert whole.shape[1] == 2 * 80 + 4
    left, right = whole[:, :80], whole[:, 84:]
    np.testing.assert_array_equal(left[20:], right[20:])  # below the frames' numbers
    draw = frame_drawer(red, sequence.boxes, height=60)
    first, last = draw(0), draw(3)
    np.testing.assert_array_equal(first[18:], last[18:])  # below the caption
