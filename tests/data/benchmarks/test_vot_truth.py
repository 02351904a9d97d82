"""VOT's true regions, tags and frame sizes, from folders and from a JSON file."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from udtlib.data import load_dataset
from udtlib.data.benchmarks.vot import load_vot_truth
from udtlib.errors import DataError, MissingDataError

ROWS = ["0,0,4,0,4,3,0,3", "1,1,4,3", "nan,nan,nan,nan"]
ENTRY = {"gt_rect": [[0, 0, 4, 0, 4, 3, 0, 3], [1, 1, 4, 3]], "width": 60, "height": 40, "occlusion": [0, 1]}


def write_root(root: Path, name: str = "a", rows: tuple[str, ...] | list[str] = ROWS) -> Path:
    folder = root / name
    (folder / "color").mkdir(parents=True)
    (folder / "groundtruth.txt").write_text("\n".join(rows))
    for number in range(1, len(rows) + 1):
        cv2.imwrite(str(folder / f"color/{number:08}.jpg"), np.zeros((40, 60, 3), np.uint8))
    with open(root / "list.txt", "a") as file:
        file.write(f"{name}\n")
    return folder


def test_a_folder_with_polygons_tags_and_images(tmp_path: Path) -> None:
    folder = write_root(tmp_path)
    (folder / "occlusion.tag").write_text("0\n1\n")
    (one,) = load_dataset("vot", tmp_path)
    assert [len(region) for region in one.regions] == [8, 4, 4]
    np.testing.assert_array_equal(one.boxes[:2], [[0, 0, 4, 3], [1, 1, 4, 3]])
    assert np.isnan(one.boxes[2]).all()
    assert one.size == (60, 40)
    assert one.frame_tags["occlusion"].tolist() == [False, True, False]
    assert one.attributes == ("occlusion",)
    (truth,) = load_vot_truth(tmp_path)
    assert (truth.size, len(truth.frames)) == ((60, 40), 0)


def test_the_size_in_the_settings_needs_no_image(tmp_path: Path) -> None:
    folder = write_root(tmp_path)
    (folder / "color/00000001.jpg").unlink()
    assert load_vot_truth(tmp_path)[0].size is None
    (folder / "sequence").write_text("width=320\nheight=240\n")
    assert load_vot_truth(tmp_path)[0].size == (320, 240)
    (folder / "sequence").write_text("width=-1\nheight=1e9\n")
    assert load_vot_truth(tmp_path)[0].size is None


def test_one_broken_sequence_is_named_and_the_others_read(tmp_path: Path) -> None:
    write_root(tmp_path, "a")
    write_root(tmp_path, "b", ["1,2,3,4,5"])
    broken: dict[str, str] = {}
    assert [one.name for one in load_vot_truth(tmp_path, broken)] == ["a"]
    assert "line 1: expected a box" in broken["b"]


def write_json(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps({"a": {**ENTRY, **changes}}))
    return path


def test_a_json_file_of_pysot(tmp_path: Path) -> None:
    (one,) = load_vot_truth(write_json(tmp_path / "v.json", occlusion=[0, 1], camera_motion=[]))
    assert (one.name, one.size, [len(region) for region in one.regions]) == ("a", (60, 40), [8, 4])
    assert {tag: marked.tolist() for tag, marked in one.frame_tags.items()} == {
        "camera_motion": [False, False],
        "occlusion": [False, True],
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gt_rect": []}, "expected gt_rect"),
        ({"gt_rect": None}, "expected gt_rect"),
        ({"gt_rect": [[1, 2, 3]]}, "frame 1: expected a box"),
        ({"gt_rect": [[1, 2, 3, "x"]]}, "frame 1: expected numbers"),
        ({"width": 0}, "expected width and height"),
        ({"height": 10**9}, "expected width and height"),
        ({"width": True}, "expected width and height"),
        ({"occlusion": [0, 1, 0]}, "'occlusion': expected a list of 2 numbers"),
        ({"occlusion": [0, 2]}, "'occlusion'"),
        ({"occlusion": "01"}, "'occlusion'"),
    ],
)
def test_broken_json_entries(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_vot_truth(write_json(tmp_path / "v.json", **changes))


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no such file of annotations"):
        load_vot_truth(tmp_path / "none.json")
    with pytest.raises(MissingDataError, match="no VOT sequence found"):
        load_vot_truth(tmp_path)
    (tmp_path / "empty.json").write_text("{}")
    with pytest.raises(MissingDataError, match="found none"):
        load_vot_truth(tmp_path / "empty.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(DataError, match="an object of VOT sequences"):
        load_vot_truth(tmp_path / "list.json")
