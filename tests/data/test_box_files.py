"""Boxes in text files."""

import os

import numpy as np
import pytest

from udtlib.data.benchmarks.otb import load_annotations
from udtlib.data.box_files import read_boxes, write_boxes
from udtlib.errors import DataError, MissingDataError, ShapeError


def write(tmp_path, content):
    path = tmp_path / "groundtruth_rect.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "1,2,3,4\n5,6,7,8\n",
        "1\t2\t3\t4\r\n5\t6\t7\t8\r\n",
        "1 2 3 4\r5 6 7 8",
        "1, 2,\t3 4\n\n  5 ,6;7,8  \n\n",
        "\ufeff# x,y,w,h\n1.0,2.0,3.0,4.0\n5e0,6,7,8,\n",
        "1 , 2\t,\t3 ; 4 ,\n5,6,7,8;\r\n",
    ],
)
def test_separators_and_line_ends(tmp_path, content):
    boxes = read_boxes(write(tmp_path, content), index_base=1)
    assert boxes.dtype == np.float64
    np.testing.assert_array_equal(boxes, [[0, 1, 3, 4], [4, 5, 7, 8]])


def test_index_base_zero_and_kept_zero_and_nan_boxes(tmp_path):
    path = write(tmp_path, "1,2,3,4\n0,0,0,0\nNaN,NaN,NaN,NaN\n")
    np.testing.assert_array_equal(read_boxes(path, 0), [[1, 2, 3, 4], [0, 0, 0, 0], [np.nan] * 4])
    np.testing.assert_array_equal(read_boxes(path, 1)[1], [-1, -1, 0, 0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2,3,4\n1,2,3\n", r"groundtruth_rect\.txt, line 2: expected 4 numbers.* 3 columns"),
        ("1,2,3,4\n\n1,2,3,4,5\n", r"line 3: .* 5 columns"),
        ("1,2,,3,4,,9\n", r"line 1: .* 7 columns"),
        ("1,2,3,4\n1,,2,3,4\n", r"groundtruth_rect\.txt, line 2: expected 4 numbers.* 5 columns"),
        ("1,2,3,4\n1, ;2,3,4\n", r"line 2: .* 5 columns"),
        ("1,2,3,4\n,1,2,3,4\n", r"line 2: .* 5 columns"),
        ("1,2,3,4\r ;1,2,3,4\n", r"line 2: .* 5 columns"),
        ("1,2,3,4,,\n", r"line 1: .* 5 columns"),
        ("1,2,,4\n", r"line 1: expected 4 numbers x,y,w,h, found '1,2,,4'"),
        ("1,2,3,4\nx,y,w,h\n", r"line 2: expected 4 numbers x,y,w,h, found 'x,y,w,h'"),
        ("1,2,3,inf\n", r"line 1: expected finite"),
        (f"1,2,{10**400},4\n", r"line 1: expected finite"),
        ("1,2,3,1j\n", r"line 1: expected 4 numbers"),
        ("1,2,3,1_000\n", r"line 1: expected 4 numbers"),
        ("1,2,3,0x10\n", r"line 1: expected 4 numbers"),
        ("1,2,3,\u0664\n", r"line 1: expected 4 numbers"),
        ("", r"groundtruth_rect\.txt: .* found no line"),
        ("\n \n", r"found no line"),
        (b"\xff\xd8\xff\xe0\x00", r"groundtruth_rect\.txt: .* binary"),
    ],
)
def test_bad_content_names_file_and_line(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_boxes(write(tmp_path, content), 1)


def test_absent_file(tmp_path):
    with pytest.raises(MissingDataError, match=r"nothing\.txt"):
        read_boxes(tmp_path / "nothing.txt", 1)
    with pytest.raises(MissingDataError):
        read_boxes(tmp_path, 1)


def test_written_boxes_are_read_back(tmp_path):
    boxes = np.array([[0.25, 1, 2, 3], [np.nan] * 4])
    path = tmp_path / "new" / "boxes.txt"
    write_boxes(path, boxes, index_base=1, comment="x,y,w,h")
    assert path.read_text() == "# x,y,w,h\n1.2500,2.0000,2.0000,3.0000\nnan,nan,nan,nan\n"
    np.testing.assert_array_equal(read_boxes(path, 1), boxes)
    write_boxes(path, boxes[:1], index_base=0)
    assert path.read_text() == "0.2500,1.0000,2.0000,3.0000\n"
    assert [file.name for file in path.parent.iterdir()] == ["boxes.txt"]


@pytest.mark.parametrize("kind", ["fifo", "link to a fifo", "device", "huge"])
def test_what_has_no_end_is_not_read(tmp_path, kind):
    path = tmp_path / "truth.txt"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link to a fifo":
        os.mkfifo(tmp_path / "fifo")
        path.symlink_to("fifo")
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        with path.open("wb") as file:
            file.truncate(1 << 40)
    expected = "of at most 268,435,456 bytes, found 1,099,511,627,776" if kind == "huge" else ", found a pipe"
    with pytest.raises(DataError, match=rf"truth\.txt: expected a text file.*{expected}"):
        read_boxes(path, 0)
    with pytest.raises(DataError, match=r"truth\.txt: expected a text file"):
        load_annotations(path)


@pytest.mark.parametrize("boxes", [np.zeros((2, 8)), np.zeros(4), np.zeros((1, 2, 4))])
def test_what_is_no_list_of_boxes_is_not_written_as_one(tmp_path, boxes):
    with pytest.raises(ShapeError, match=r"expected boxes \(N, 4\) to write, found shape"):
        write_boxes(tmp_path / "new" / "boxes.txt", boxes, index_base=0)
    assert not (tmp_path / "new").exists()
