"""LaSOT, on small trees written here."""

import logging

import numpy as np
import pytest
from trees import write_lasot

from udtlib import load_dataset
from udtlib.errors import DataError, MissingDataError


def test_folders_of_categories_and_flat_ones(tmp_path):
    write_lasot(tmp_path, "airplane-1")
    write_lasot(tmp_path, "airplane-10")
    write_lasot(tmp_path, "zebra-2", category=False)
    found = load_dataset("lasot", tmp_path)
    assert [one.name for one in found] == ["airplane-1", "airplane-10", "zebra-2"]
    assert found[0].frames.paths[0] == tmp_path / "airplane" / "airplane-1" / "img" / "00000001.jpg"
    np.testing.assert_array_equal(found[2].boxes[:2], [[1, 2, 5, 4], [2, 2, 5, 4]])


def test_where_the_target_is_hidden_or_gone_there_is_no_box(tmp_path):
    write_lasot(tmp_path, "bird-1", count=5, occluded=(0, 2), outside=(2, 4))
    boxes = load_dataset("lasot", tmp_path)[0].boxes
    np.testing.assert_array_equal(np.isnan(boxes).all(axis=1), [False, False, True, False, True])
    np.testing.assert_array_equal(boxes[0], [1, 2, 5, 4])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0,0,0", "expected 4 numbers, one a true box, found 3"),
        ("0,0,0,2", "from 0 to 1, found '2'"),
        ("0 0 x 0", "from 0 to 1, found 'x'"),
        ("0,0,-1,0", "from 0 to 1, found '-1'"),
        ("0,,0,0", "from 0 to 1, found ''"),
        (",0,0,0,0", "from 0 to 1, found ''"),
    ],
)
def test_bad_flags_name_the_file(tmp_path, text, problem):
    (write_lasot(tmp_path, "bird-1") / "out_of_view.txt").write_text(text)
    with pytest.raises(DataError, match=rf"out_of_view\.txt: .*{problem}"):
        load_dataset("lasot", tmp_path)


def test_missing_flags_are_a_line_in_the_log(tmp_path, caplog):
    (write_lasot(tmp_path, "bird-1") / "full_occlusion.txt").unlink()
    with caplog.at_level(logging.WARNING):
        assert not np.isnan(load_dataset("lasot", tmp_path)[0].boxes).any()
    assert "full_occlusion.txt: no such file" in caplog.text


def test_the_test_sequences_are_those_of_the_list(tmp_path):
    for name in ("bird-1", "bird-2", "cat-3"):
        write_lasot(tmp_path, name)
    with pytest.raises(MissingDataError, match=r"testing_set\.txt"):
        load_dataset("lasot-test", tmp_path)
    (tmp_path / "testing_set.txt").write_text("cat-3\nbird-1\n")
    assert [one.name for one in load_dataset("lasot-test", tmp_path)] == ["bird-1", "cat-3"]
    (tmp_path / "testing_set.txt").write_text("cat-3\ndog-1\n")
    with pytest.raises(MissingDataError, match=r"1 of the 2 sequences .* are missing: dog-1"):
        load_dataset("lasot-test", tmp_path)
