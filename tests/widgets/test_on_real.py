"""A chapter's experiment on the real videos of a machine: the menu, its pictures, what cannot be shown."""

import logging

import numpy as np
import pytest
from trees import write_otb

from udtlib.boxes import iou
from udtlib.data.sequences import Sequence
from udtlib.errors import TrackerError
from udtlib.printing import log_of
from udtlib.widgets.on_real import menu, on_real, out_and_back, scenes, side_by_side, tracks_picture

DRAWN = np.full((90, 120, 3), 200, np.uint8)


class Still:
    """A tracker that answers with its first box, moved by ``drift`` pixels a frame."""

    def __init__(self, drift=0.0):
        self.drift, self.started, self.seen = drift, 0, 0

    def init(self, frame, box):
        self.box, self.seen = np.array(box, float), 1

    def update(self, frame):
        self.seen += 1
        self.box = self.box + np.array((self.drift, 0, 0, 0))
        return self.box


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("UDT_DATA", str(tmp_path))
    return tmp_path


def video(frames=9):
    boxes = np.array([(10.0 + k, 20, 12, 10) for k in range(frames)])
    return Sequence("made", [np.full((60, 80, 3), 40 + k, np.uint8) for k in range(frames)], boxes)


def test_the_picture_shown_first_is_the_same_with_and_without_data(root, capsys, caplog):
    without = on_real("drawn", DRAWN, side_by_side({"a": Still}))
    (write_otb(root / "otb", "Boat") / "img" / "thumbs.txt").write_text("left out")
    with caplog.at_level(logging.WARNING):
        real = on_real("drawn", DRAWN, side_by_side({"a": Still}))
    assert without.sliders["video"].options == ("drawn", menu.NONE)
    assert real.sliders["video"].options == ("drawn", "Boat (otb)")
    for demo in (without, real):
        np.testing.assert_array_equal(demo.start(), DRAWN)
        np.testing.assert_array_equal(demo.twin, DRAWN)
    assert capsys.readouterr() == ("", "")
    assert caplog.records == []
    np.testing.assert_array_equal(without.draw(video=menu.NONE), menu.notice(menu.HOW))


def test_what_the_search_for_videos_logs_is_not_shown(monkeypatch, caplog):
    def noisy():
        log_of("udtlib.data.benchmarks.lasot").warning("no such file")
        return {}

    monkeypatch.setattr(menu, "real_sequences", noisy)
    with caplog.at_level(logging.WARNING):
        on_real("drawn", DRAWN, side_by_side({"a": Still}))
        assert caplog.records == []
        noisy()
    assert [record.message for record in caplog.records] == ["no such file"]


def test_nothing_is_computed_before_a_video_is_chosen_and_once_after(root):
    made = []

    def make():
        made.append(Still())
        return made[-1]

    write_otb(root / "otb", "Boat", count=7)
    demo = on_real("drawn", DRAWN, side_by_side({"a": make, "b": make}), frames=5)
    assert demo.start() is DRAWN
    assert made == []
    pictures = list(demo.steps(video="Boat (otb)"))
    assert [tracker.seen for tracker in made] == [5, 5]
    assert len(pictures) == 3  # frames 0 and 4 on the way, and the result
    (again,) = demo.steps(video="Boat (otb)")
    np.testing.assert_array_equal(again, pictures[-1])
    assert len(made) == 2


def test_a_damaged_image_is_a_line_and_is_tried_again(root):
    folder = write_otb(root / "otb", "Boat")
    image = folder / "img" / "0002.jpg"
    whole = image.read_bytes()
    image.write_bytes(b"\xff\xd8 no image")
    demo = on_real("drawn", DRAWN, side_by_side({"a": Still}))
    broken = demo.draw(video="Boat (otb)")
    assert broken.shape[1] == 520
    assert (broken < 128).any()
    image.write_bytes(whole)
    assert demo.draw(video="Boat (otb)").shape[1] != 520


def test_a_tracker_that_fails_is_a_line():
    class Failing(Still):
        def update(self, frame):
            raise TrackerError("lost its way")

    shown = menu.Menu(side_by_side({"a": Failing}), {"x": video()}, 60).draw("x")
    np.testing.assert_array_equal(shown, menu.notice("x: lost its way"))


def test_a_long_line_with_foreign_letters_is_broken_and_cut():
    picture = menu.notice("\u4e2d word " * 500)
    assert picture.shape == (picture.shape[0], 520, 3)
    assert picture.shape[0] <= 18 * 12


def test_side_by_side_shows_each_trackers_own_boxes():
    clip = video()
    *_, shown = side_by_side({"still": Still, "moves": lambda: Still(1.0)})(clip)
    still = np.repeat(clip.boxes[:1], len(clip), axis=0)
    expected = tracks_picture(clip, {"still": still, "moves": clip.boxes})
    np.testing.assert_array_equal(shown, expected)
    assert iou(still, clip.boxes)[-1] < 0.5
    other = tracks_picture(clip, {"still": clip.boxes, "moves": clip.boxes})
    assert (other != shown).any()


def test_the_way_back_begins_where_the_way_out_ended(monkeypatch):
    clip, ways = video(), []
    drawn = scenes.ways_picture
    monkeypatch.setattr(scenes, "ways_picture", lambda *all: ways.append(np.array(all[1:3])) or drawn(*all))
    shown = list(out_and_back(lambda: Still(1.0))(clip))
    assert {picture.shape for picture in shown} == {shown[0].shape}
    out, back = ways[-1]
    np.testing.assert_array_equal(out, clip.boxes)
    np.testing.assert_array_equal(back[-1], out[-1])
    np.testing.assert_array_equal(
        back[0] - out[-1], (8, 0, 0, 0)
    )  # it drifts to the right on the way back, too
