"""A user's tracker that changes the current folder when its file is run: names keep their meaning."""

from pathlib import Path

import pytest
from video_files import frames_of, write_folder, write_video

from udtlib.cli import main
from udtlib.data.box_files import read_boxes

TRACKER = """
import os

os.chdir({!r})

class Moved:
    def init(self, frame, box):
        self.box = box

    def update(self, frame):
        return self.box
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The current folder, with a clip, a video, true boxes and the tracker."""
    monkeypatch.chdir(tmp_path)
    Path("elsewhere").mkdir()
    Path("own.py").write_text(TRACKER.format(str(tmp_path / "elsewhere")))
    write_folder(Path("clip"), frames_of(1, 6))
    write_video(Path("clip.avi"), frames_of(1, 6))
    Path("truth.txt").write_text("20,20,20,20\n" * 6)
    return tmp_path


@pytest.mark.parametrize("source", ["clip", "clip.avi"])
def test_the_source_of_a_track(place, source):
    words = ["--box=20,20,20,20", "--tracker", "own.py:Moved", "--boxes", "b.txt"]
    assert main(["track", source, *words]) == 0
    assert len(read_boxes(place / "b.txt", 0)) == 6
    assert not list((place / "elsewhere").iterdir())


def test_the_true_boxes_of_an_evaluation(place):
    words = ["--dataset", "folder", "--root", "clip", "--truth", "truth.txt", "--jobs", "1", "--out", "run"]
    assert main(["evaluate", "--tracker", "own.py:Moved", *words]) == 0
    assert len(read_boxes(place / "run/own.Moved/clip.txt", 0)) == 6
    assert not list((place / "elsewhere").iterdir())


def test_the_trackers_data_and_figures_of_a_measurement(place):
    Path("clip/groundtruth.txt").write_text("20,20,20,20\n" * 6)
    words = ["--dataset", "folder", "--root", "clip", "--frames", "3", "--rounds", "1", "--json", "b.json"]
    assert main(["bench", "--tracker", "own.py:Moved", *words]) == 0
    assert (place / "b.json").stat().st_size > 100
    assert not list((place / "elsewhere").iterdir())


def test_a_workspace_of_vot(place):
    folder = Path("vot/jump/color")
    folder.parent.mkdir(parents=True)
    Path("clip").rename(folder)
    for number, path in enumerate(sorted(folder.iterdir()), start=1):
        path.rename(folder / f"{number:08}{path.suffix}")
    Path("truth.txt").rename("vot/jump/groundtruth.txt")
    Path("vot/list.txt").write_text("jump\n")
    assert main(["vot", "workspace", "w", "--tracker", "own.py:Moved", "--root", "vot"]) == 0
    assert f"{place / 'own.py'}:Moved" in (place / "w/trackers.ini").read_text()
    assert not list((place / "elsewhere").iterdir())
