"""Result files of VOT's toolkit: both kinds, where they lie, and what is said of broken ones."""

import struct
from pathlib import Path

import numpy as np
import pytest
from binary_results import binary_result

from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation.results.regions import Regions, State, read_regions, write_regions
from udtlib.evaluation.results.trajectories import find_trajectories, read_trajectory
from udtlib.polygons import rotated_rectangle, upright_box

STATES = np.array([State.INITIALISED, *[State.TRACKED] * 2, State.FAILED, State.SKIPPED, State.TRACKED])


def some_regions() -> Regions:
    """Return a run with a box, a polygon, a failure, and a frame without finite numbers."""
    polygon = rotated_rectangle((20, 30), (8, 4), 30)
    boxes = np.full((6, 4), np.nan)
    boxes[1], boxes[2] = [1.25, 2.5, 3.75, 4], upright_box(polygon)
    return Regions(boxes, STATES, {2: polygon})


@pytest.mark.parametrize("name", ["a_001.txt", "a_001.bin"])
def test_what_is_written_comes_back(tmp_path: Path, name: str) -> None:
    regions, expected = some_regions(), STATES.copy()
    if name.endswith(".txt"):
        write_regions(tmp_path / name, regions, 0)
    else:
        (tmp_path / name).write_bytes(binary_result(regions))
        expected[5] = State.SKIPPED  # it has no other way to say that there are no numbers
    again = read_trajectory(tmp_path / name)
    np.testing.assert_array_equal(again.states, expected)
    np.testing.assert_allclose(again.boxes, regions.boxes, atol=1e-4)
    assert list(again.polygons) == [2]
    np.testing.assert_allclose(again.polygons[2], regions.polygons[2], atol=1e-4)
    assert [len(one) for one in again.each()] == [4, 4, 8, 4, 4, 4]


def test_the_bytes_are_those_of_the_toolkit() -> None:
    """Written down from its format: version, count, and a byte before each frame."""
    data = binary_result(some_regions())
    assert data[:6] == struct.pack("<hI", 1, 6)
    assert data[6:11] == struct.pack("<BI", 0, 1)
    assert data[11:28] == struct.pack("<Bffff", 1, 1.25, 2.5, 3.75, 4)
    assert data[28:31] == struct.pack("<BH", 2, 4)
    assert data[63:] == struct.pack("<BIBIBI", 0, 2, 0, 0, 0, 0)


def test_text_as_the_toolkit_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "a_001.txt"
    path.write_text("1\n10.5,20.25,30.0,40.0\n0,0,4,0,4,4,0,4\nnan,nan,nan,nan\n2\n0\n0,0,nan,0,4,4\n")
    found = read_trajectory(path)
    assert found.states.tolist() == [1, 3, 3, 3, 2, 0, 3]
    np.testing.assert_array_equal(found.boxes[1], [10.5, 20.25, 30, 40])
    np.testing.assert_array_equal(found.boxes[2], [0, 0, 4, 4])
    assert list(found.polygons) == [2]
    assert np.isnan(found.boxes[[3, 6]]).all()


def test_polygons_follow_the_files_index_base(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1\n1,1,5,1,5,5,1,5\n1,1,4,4\n")
    found = read_regions(tmp_path / "a.txt", 1)
    np.testing.assert_array_equal(found.boxes[1:], [[0, 0, 4, 4], [0, 0, 4, 4]])
    np.testing.assert_array_equal(found.polygons[1], [0, 0, 4, 0, 4, 4, 0, 4])


HEAD = struct.pack("<hI", 1, 2)
START = struct.pack("<BI", 0, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "found 0 bytes: empty or truncated"),
        (HEAD[:3], "found 3 bytes"),
        (struct.pack("<hI", 7, 2) + START * 2, "expected version 1 .* found 7"),
        (struct.pack("<hI", 1, 0) + START, "found 0: truncated"),
        (struct.pack("<hI", 1, 2**32 - 1) + START, "found 4294967295: truncated"),
        (HEAD + START, "found 2: truncated"),
        (HEAD + START + struct.pack("<Bff", 1, 1, 2), "truncated, it ends in frame 2 of 2"),
        (HEAD + START + struct.pack("<BHf", 2, 4, 2), "truncated, it ends in frame 2"),
        (HEAD + START + struct.pack("<BHffff", 2, 2, 1, 2, 3, 4), "expected three corners or more, found 2"),
        (HEAD + START + struct.pack("<Bffff", 1, 1, 2, 3, float("inf")), "frame 2: expected pixels"),
        (HEAD + START + struct.pack("<BI", 0, 9), "expected the code 0, 1 or 2, found 9"),
        (HEAD + START + struct.pack("<BI", 3, 9), "found a mask"),
        (HEAD + START + struct.pack("<BI", 77, 9), "found a region of kind 77"),
        (HEAD + START * 2 + b"xx", "found 2 bytes more after them"),
    ],
)
def test_broken_binary_files(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a_001.bin"
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"a_001\.bin.*{message}"):
        read_trajectory(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found no line"),
        ("1\n1,2,3\n", "line 2: expected 4 numbers"),
        ("1\n1,2,3,4,5,6,7\n", "line 2: expected a box"),
        ("1\nm0,0,2,2,0,4\n", "line 2: expected numbers"),
        ("1\n4\n", "line 2"),
    ],
)
def test_broken_text_files(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a_001.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        read_trajectory(tmp_path / "a_001.txt")


def fill(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("1\n")


def test_results_are_found_where_the_toolkit_puts_them(tmp_path: Path) -> None:
    fill(tmp_path / "t/baseline/b", "b_001.txt", "b_001_time.value", "b_time.txt", "._b_001.txt")
    fill(tmp_path / "t/baseline/a", "a_002.txt", "a_001.bin", "a_002.bin", "a_003.bin")
    fill(tmp_path / "t/unsupervised/a", "a_001.txt")
    found = find_trajectories(tmp_path / "t")
    assert {name: [path.name for path in paths] for name, paths in found.items()} == {
        "a": ["a_001.bin", "a_002.txt", "a_003.bin"],
        "b": ["b_001.txt"],
    }
    assert find_trajectories(tmp_path / "t/baseline") == found


def test_results_of_ours_are_found(tmp_path: Path) -> None:
    fill(tmp_path / "t/vot", "a-02.txt", "a-01.txt", "b-1-01.txt")
    found = find_trajectories(tmp_path / "t")
    assert {name: [path.name for path in paths] for name, paths in found.items()} == {
        "a": ["a-01.txt", "a-02.txt"],
        "b-1": ["b-1-01.txt"],
    }


def test_what_is_missing_or_of_another_sequence_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no such folder"):
        find_trajectories(tmp_path / "none")
    with pytest.raises(
        MissingDataError, match=r"expected VOT results NAME/NAME_001\.txt or \.bin, found none"
    ):
        find_trajectories(tmp_path)
    fill(tmp_path / "gap/a", "a_001.txt", "a_003.txt")
    with pytest.raises(MissingDataError, match="expected the repetitions of a from 1 to 3, found 1, 3"):
        find_trajectories(tmp_path / "gap")
    fill(tmp_path / "other/a", "a_001.txt", "b_001.txt")
    with pytest.raises(DataError, match=r"some of another sequence, b_001\.txt"):
        find_trajectories(tmp_path / "other")
    with pytest.raises(MissingDataError, match="no such result file"):
        read_trajectory(tmp_path / "none_001.bin")
