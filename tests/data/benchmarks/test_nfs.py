"""NfS, on small trees written here."""

import logging

import numpy as np
import pytest
from trees import nfs_rows, write_nfs

from udtlib import load_dataset
from udtlib.data.benchmarks.nfs import read_columns
from udtlib.errors import DataError


def test_the_ten_columns(tmp_path):
    (tmp_path / "bee.txt").write_text(nfs_rows(4, lost=(0, 2)))
    boxes = read_columns(tmp_path / "bee.txt")
    np.testing.assert_array_equal(boxes[[0, 1, 3]], [[2, 3, 5, 4], [3, 3, 5, 4], [5, 3, 5, 4]])
    assert np.isnan(boxes[2]).all()


def test_two_frame_rates(tmp_path):
    write_nfs(tmp_path, "bee", "30", 2, nfs_rows(2))
    write_nfs(tmp_path, "bee", "240", 16, nfs_rows(16))
    assert [(one.name, len(one)) for one in load_dataset("nfs", tmp_path)] == [("bee", 2)]
    assert [(one.name, len(one)) for one in load_dataset("nfs240", tmp_path)] == [("bee", 16)]


@pytest.mark.parametrize(("count", "rows"), [(3, 17), (3, 24), (3, 23)])
def test_rows_of_the_fast_camera_for_the_slow_one(tmp_path, count, rows):
    write_nfs(tmp_path, "bee", "30", count, nfs_rows(rows))
    (one,) = load_dataset("nfs", tmp_path)
    np.testing.assert_array_equal(one.boxes[:, 0], [2, 10, 18])
    assert len(one) == 3


@pytest.mark.parametrize(("count", "rows", "kept"), [(4, 3, 3), (3, 4, 3)])
def test_one_row_or_image_too_many_is_left_out_and_said(tmp_path, caplog, count, rows, kept):
    write_nfs(tmp_path, "bee", "30", count, nfs_rows(rows))
    with caplog.at_level(logging.WARNING):
        (one,) = load_dataset("nfs", tmp_path)
    assert len(one) == len(one.boxes) == kept
    assert f"{rows} boxes for {count} images; the last of them is left out" in caplog.text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (nfs_rows(6), "expected 3 rows, one an image, or 8 times as many, found 6"),
        ("0 1 2 3 4 0 0 0 1\n" * 3, "line 1: expected the ten columns"),
        ('0 1 2 3 4 0 2 0 1 "x"\n' * 3, "line 1: expected the ten columns"),
        ('0 1 2 x 4 0 0 0 1 "x"\n' * 3, "line 1: expected 4 numbers"),
        (nfs_rows(2) + '1 1 2 3 4 0 0 0 1 "x"\n', "expected one target, found the tracks 0, 1"),
        ('0 -1e308 2 1e308 4 0 0 0 1 "x"\n' * 3, "endless size"),
        ("\n", "found none"),
    ],
)
def test_bad_annotations_name_the_file(tmp_path, text, problem):
    write_nfs(tmp_path, "bee", text=text)
    with pytest.raises(DataError, match=rf"bee\.txt.*{problem}"):
        load_dataset("nfs", tmp_path)
