"""VOT's repetitions: three if a tracker does the same each time, else 15; kept and resumed."""

from pathlib import Path

import numpy as np
import pytest
from shift_tracker import Shift, make_sequence

from udtlib.data import Sequence
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation import evaluate, score, score_vot, vot_score_of

COUNT = 8


class DrawsLots(Shift):
    """Another box in each run: by how many of it were made."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        DrawsLots.made += 1
        self.off = DrawsLots.made / 100

    def update(self, frame: np.ndarray) -> np.ndarray:
        return super().update(frame) + self.off * np.array([1, 0, 0, 0])


class Polygons(Shift):
    """Notes the boxes from which it is started."""

    starts: list[list[float]] = []  # noqa: RUF012

    def init(self, frame: np.ndarray, box: np.ndarray) -> None:
        super().init(frame, box)
        Polygons.starts.append(box.tolist())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.txt"))


def test_three_where_they_are_equal_and_fifteen_where_not(tmp_path: Path) -> None:
    same = evaluate(Shift, [make_sequence("a", COUNT)], tmp_path, name="same", protocol="vot")
    assert files(tmp_path / "same/vot") == ["a-01.txt", "a-02.txt", "a-03.txt"]
    lots = evaluate(DrawsLots, [make_sequence("a", COUNT)], tmp_path, name="lots", protocol="vot")
    assert len(files(tmp_path / "lots/vot")) == 15
    assert len(vot_score_of(same).runs["a"]) == 3
    assert len(vot_score_of(lots).runs["a"]) == 15
    again = score(tmp_path / "lots", [make_sequence("a", COUNT)], dataset="custom", protocol="vot")
    assert vot_score_of(again).failures == vot_score_of(lots).failures == 0
    (tmp_path / "lots/vot/a-09.txt").unlink()
    with pytest.raises(MissingDataError, match=r"1 of 15 runs are missing: a-09\.txt"):
        score(tmp_path / "lots", [make_sequence("a", COUNT)], dataset="custom", protocol="vot")


def test_repetitions_left_of_an_earlier_version_do_not_count(tmp_path: Path) -> None:
    clip = make_sequence("a", COUNT)
    evaluate(DrawsLots, [clip], tmp_path, name="t", protocol="vot")
    mended = evaluate(Shift, [clip], tmp_path, name="t", protocol="vot", force=True)
    assert len(files(tmp_path / "t/vot")) == 15
    found = score_vot(tmp_path / "t", [clip])
    assert len(found.runs["a"]) == len(vot_score_of(mended).runs["a"]) == 3
    assert found.to_json() == vot_score_of(mended).to_json()
    (tmp_path / "t/vot/a-02.txt").write_text("1\nnonsense\n")
    problems: dict[str, str] = {}
    with pytest.raises(DataError, match="none of 1 sequences"):
        score_vot(tmp_path / "t", [clip], failed=problems)
    assert "a-02.txt, line 2" in problems["a"]


def test_what_is_finished_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sequences = [make_sequence("a", COUNT), make_sequence("b", COUNT)]
    first = evaluate(Shift, sequences, tmp_path, protocol="vot")
    (tmp_path / "Shift/vot/b-02.txt").unlink()
    again = evaluate(Shift, sequences, tmp_path, protocol="vot")
    assert "5 of 6 kept" in caplog.text
    assert again.to_json()["sequences"]["a"]["failures"] == first.to_json()["sequences"]["a"]["failures"]


def test_a_tracker_fails_where_it_leaves_the_polygon_not_its_box(tmp_path: Path) -> None:
    """The true region is the lower right half of its upright box, the answer stays in the upper left one."""
    frames = [np.zeros((80, 100, 3), np.uint8)] * COUNT
    triangle = np.array([50.0, 10, 50, 50, 10, 50])
    sequence = Sequence("half", frames, np.tile([10.0, 10, 40, 40], (COUNT, 1)), regions=(triangle,) * COUNT)

    class Corner(Polygons):
        def update(self, frame: np.ndarray) -> np.ndarray:
            return np.array([10.0, 10, 8, 8])

    found = evaluate(Corner, [sequence], tmp_path, name="corner", protocol="vot")
    assert found.sequences[0].measures["failures"] == 2  # in frames 2 and, after a start in 7, in 8
    assert Polygons.starts[0] == [10, 10, 40, 40]
    boxes = evaluate(Corner, [sequence], tmp_path, name="corner", protocol="resets")
    assert boxes.sequences[0].measures["failures"] == 0


def test_other_true_regions_are_run_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    boxes, frames = np.tile([10.0, 20, 8, 6], (COUNT, 1)), make_sequence(count=COUNT).frames
    regions = [np.array([10.0, 20, 18, 20, 18, 26, 10, 26])] * COUNT
    evaluate(Shift, [Sequence("a", frames, boxes, regions=tuple(regions))], tmp_path, protocol="vot")
    regions[3] = np.array([10.0, 20, 18, 20, 18, 26, 11, 26])
    evaluate(Shift, [Sequence("a", frames, boxes, regions=tuple(regions))], tmp_path, protocol="vot")
    assert "from other true boxes" in caplog.text


def test_vots_measures_need_vots_protocol() -> None:
    with pytest.raises(DataError, match="Shift: expected results of protocol vot, found resets"):
        vot_score_of(evaluate(Shift, [make_sequence()], protocol="resets"))
