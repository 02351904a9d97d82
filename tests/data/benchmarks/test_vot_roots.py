"""VOT's sequences, on small trees written here."""

import numpy as np
import pytest
from trees import rows, write_vot

from udtlib import load_dataset
from udtlib.data.benchmarks.vot import read_regions, read_tags
from udtlib.data.locate import find_data
from udtlib.errors import DataError, MissingDataError
from udtlib.polygons import corners, upright_box

DIAMOND = "5,1,9,4,5,7,1,4\n"


def test_boxes_and_polygons(tmp_path):
    write_vot(tmp_path, "bag", rows(2) + DIAMOND)
    (tmp_path / "not-listed").mkdir()
    (one,) = load_dataset("vot", tmp_path)
    np.testing.assert_array_equal(one.boxes, [[2, 3, 5, 4], [3, 3, 5, 4], [1, 1, 8, 6]])
    regions = read_regions(tmp_path / "bag" / "groundtruth.txt")
    np.testing.assert_array_equal(corners(regions[0]), [[2, 3], [7, 3], [7, 7], [2, 7]])
    np.testing.assert_array_equal(corners(regions[2]), [[5, 1], [9, 4], [5, 7], [1, 4]])
    assert len(one.regions) == 3


def test_a_polygon_lies_in_its_box_and_touches_every_side():
    polygon = np.random.default_rng(0).uniform(0, 100, (7, 2))
    x, y, w, h = upright_box(polygon.ravel())
    inside = (polygon >= (x, y)).all() and (polygon <= (x + w + 1e-9, y + h + 1e-9)).all()
    assert inside
    assert {polygon[:, 0].min(), polygon[:, 1].min()} == {x, y}
    np.testing.assert_allclose([polygon[:, 0].max(), polygon[:, 1].max()], [x + w, y + h])


def test_where_the_images_are(tmp_path):
    write_vot(tmp_path, "a-color", rows(3))
    write_vot(
        tmp_path,
        "c-stated",
        rows(3),
        images="left/rgb",
        settings="channels.color=left/rgb/%08d.jpg\nfps=30\n",
    )
    (tmp_path / "d-flat").mkdir()
    for image in (tmp_path / "a-color" / "color").iterdir():
        (tmp_path / "d-flat" / image.name).write_bytes(image.read_bytes())
    (tmp_path / "d-flat" / "groundtruth.txt").write_text(rows(3))
    with (tmp_path / "list.txt").open("a") as file:
        file.write("d-flat\n")
    assert [(one.name, len(one)) for one in load_dataset("vot", tmp_path)] == [
        ("a-color", 3),
        ("c-stated", 3),
        ("d-flat", 3),
    ]


def test_where_the_true_regions_are(tmp_path):
    folder = write_vot(tmp_path, "bag", rows(3), settings="groundtruth=mine.txt\n")
    (folder / "groundtruth.txt").rename(folder / "mine.txt")
    (folder / "groundtruth.txt").write_text("9,9,9,9\n" * 3)
    (stated,) = load_dataset("vot", tmp_path)
    (folder / "mine.txt").rename(folder / "groundtruth.txt")
    (folder / "sequence").unlink()
    (usual,) = load_dataset("vot", tmp_path)
    np.testing.assert_array_equal(stated.boxes, usual.boxes)
    assert stated.boxes[0, 0] != 9


@pytest.mark.parametrize("pattern", ["../other/%08d.jpg", "/etc/%08d.jpg", "color/../../x/%08d.jpg"])
def test_settings_that_lead_out_of_the_folder(tmp_path, pattern):
    write_vot(tmp_path, "bag", rows(3), settings=f"channels.color={pattern}\n")
    with pytest.raises(DataError, match="sequence: expected a path in this folder"):
        load_dataset("vot", tmp_path)


def test_tags(tmp_path):
    tags = {"occlusion": "0\n1\n0\n", "camera_motion": "0\n0\n0\n", "size_change": "1\n"}
    folder = write_vot(tmp_path, "bag", rows(3), tags=tags)
    assert load_dataset("vot", tmp_path)[0].attributes == ("occlusion", "size_change")
    found = read_tags(folder, 3)
    assert {name: frames.tolist() for name, frames in found.items()} == {
        "camera_motion": [False, False, False],
        "occlusion": [False, True, False],
        "size_change": [True, False, False],
    }
    (folder / "occlusion.tag").write_text("0\n1\n0\n0\n")
    with pytest.raises(DataError, match=r"occlusion\.tag: expected 3 numbers"):
        load_dataset("vot", tmp_path)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,2,3,4,5", "found 5 numbers"),
        ("1,2,3,4,5,6,7", "found 7 numbers"),
        ("1", "found 1 numbers"),
        ("m0,0,3,3,1,2", "a mask"),
        ("1,2,x,4", "expected numbers of a box"),
        ("1,2,inf,4", "expected numbers of a box"),
    ],
)
def test_rows_that_are_no_region(tmp_path, row, problem):
    write_vot(tmp_path, "bag", f"{rows(1)}{row}\n{rows(1)}")
    with pytest.raises(DataError, match=rf"groundtruth\.txt, line 2: .*{problem}"):
        load_dataset("vot", tmp_path)


def test_odd_regions_are_read_as_they_are(tmp_path):
    """Absent targets, repeated points and three corners."""
    write_vot(tmp_path, "bag", rows(1) + "nan,nan,nan,nan\n" + "1,1,1,1,1,1,1,1\n" + "0,0,4,0,0,2\n", count=4)
    boxes = load_dataset("vot", tmp_path)[0].boxes
    assert np.isnan(boxes[1]).all()
    np.testing.assert_array_equal(boxes[2:], [[1, 1, 0, 0], [0, 0, 4, 2]])


def test_a_list_with_one_sequence_that_is_not_there(tmp_path):
    write_vot(tmp_path, "bag", rows(3))
    (tmp_path / "list.txt").write_text("bag\n\nball\n")
    with pytest.raises(MissingDataError, match="ball"):
        load_dataset("vot", tmp_path)
    broken = {}
    assert [one.name for one in load_dataset("vot", tmp_path, broken=broken)] == ["bag"]
    assert list(broken) == ["ball"]


@pytest.mark.shared
def test_the_sequences_at_hand():
    folder = find_data("vot")
    if folder is None:
        pytest.skip("no VOT sequences at hand")
    found = load_dataset("vot", folder)
    assert [(one.name, len(one), len(one.boxes)) for one in found] == [("bag", 196, 196), ("ball1", 105, 105)]
