import json
import os
import string
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udtlib.data import Sequence
from udtlib.errors import DataError, MissingDataError, StorageError, UdtError
from udtlib.evaluation.results.files import load_result, load_results, prepare_folder, write_result
from udtlib.evaluation.results.records import read_record

TRUTH = np.array([[10.0, 20, 30, 40], [11, 21, 31, 41], [12, 22, 32, 42]])


def named(name, count=3, start=1):
    return Sequence(name, (), np.tile(TRUTH[:1], (count, 1)), (), start)


def load_text(folder, text, sequence=None, dataset="synthetic"):
    path = folder / "one.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_result(path, named("one") if sequence is None else sequence, dataset)


@pytest.mark.parametrize("dataset", ["otb", "synthetic"])
def test_what_is_written_is_read_again(tmp_path, dataset):
    path = tmp_path / "run/tracker/one.txt"
    prepare_folder(path.parent)
    boxes = TRUTH + 1 / 3
    boxes[1] = [1, np.inf, np.nan, 2]
    write_result(path, boxes, dataset, {"seconds": 1.5})
    result = load_result(path, named("one"), dataset)
    np.testing.assert_allclose(result.boxes[[0, 2]], boxes[[0, 2]], atol=5e-5)
    assert np.isnan(result.boxes[1]).all()
    assert (result.seconds, result.note) == (1.5, "")
    first = {"otb": "11.3333,21.3333,30.3333,40.3333", "synthetic": "10.3333,20.3333,30.3333,40.3333"}
    assert path.read_text().splitlines()[0] == first[dataset]
    assert sorted(os.listdir(path.parent)) == ["one.json", "one.txt"]


def test_a_failed_write_leaves_the_old_result(tmp_path, monkeypatch):
    path = tmp_path / "one.txt"
    write_result(path, TRUTH, "synthetic", {})
    before = path.read_bytes()

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="disk full"):
        write_result(path, TRUTH + 1, "synthetic", {})
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["one.json", "one.txt"]


@pytest.mark.parametrize(
    "text",
    [
        "10,20,30,40\n11,21,31,41\n12,22,32,42\n",
        "10,20,30,40\r\n11,21,31,41\r\n12,22,32,42\r\n",
        "10\t20\t30\t40\n11 21 31 41\n12, 22,\t32 42",
        "1e1,2.0E+01,3e+1,400e-1\n11.,21.0,31.00,41\n12,22,32,42\n\n \n\r\n",
        "\ufeff10,20,30,40\n11,21,31,41\n12,22,32,42\n",
    ],
)
def test_the_dialects_of_result_files(tmp_path, text):
    np.testing.assert_array_equal(load_text(tmp_path, text).boxes, TRUTH)


@pytest.mark.parametrize("token", ["NaN", "nan", "NAN", "-nan"])
def test_nan_tokens_are_answers_that_are_missing(tmp_path, token):
    boxes = load_text(tmp_path, f"10,20,30,40\n{token},{token},{token},{token}\n12,22,32,42\n").boxes
    assert np.isnan(boxes[1]).all()
    np.testing.assert_array_equal(boxes[[0, 2]], TRUTH[[0, 2]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"one\.txt: expected .*found no line"),
        ("\n \n", r"one\.txt: expected .*found no line"),
        ("1,2,3,4\n1,2,3\n1,2,3,4\n", r"one\.txt, line 2: expected 4 numbers.*found 3 columns"),
        ("1,2,3,4\n1,2,3,4\n1,2,3,4,5\n", r"one\.txt, line 3: .*found 5 columns"),
        ("1,2,3,4\n1,,2,3,4\n1,2,3,4\n", r"one\.txt, line 2: expected 4 numbers.*found 5 columns"),
        ("1,2,3,4\nx,y,w,h\n1,2,3,4\n", r"one\.txt, line 2: .*found 'x,y,w,h'"),
        (b"\xff\xfe\x00\x01", r"one\.txt: expected a text file"),
        ("1,2,3,4\n1,2,3,4\n", r"one\.txt: expected 3 rows, found 2$"),
        ("1,2,3,4\n" * 4, r"one\.txt: expected 3 rows, found 4$"),
    ],
)
def test_malformed_files_say_where_and_what(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        load_text(tmp_path, text)


ALPHABET = st.sampled_from(
    [*string.printable, "nan", "inf", "1e999", "1,2,3,4\n", "\x00", "٣", "\ufeff", "1_0"]
)


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(content=st.one_of(st.binary(max_size=60), st.lists(ALPHABET, max_size=25).map("".join)))
def test_no_content_raises_anything_but_our_own_error(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp()
    boxes, message = TRUTH, "one.txt"
    try:
        boxes = load_text(folder, content).boxes
    except UdtError as error:
        message = str(error)
    assert "one.txt" in message
    assert boxes.shape == (3, 4)
    assert not np.isinf(boxes).any()


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(
    rows=st.lists(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), min_size=3, max_size=3),
    separator=st.sampled_from([",", ", ", "\t", " ", ",\t"]),
    end=st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_whatever_the_separators_the_numbers_come_back(tmp_path_factory, rows, separator, end):
    text = end.join(separator.join(map(repr, row)) for row in rows)
    found = load_text(tmp_path_factory.getbasetemp(), text).boxes
    np.testing.assert_array_equal(found, rows)


def test_a_file_from_image_1_is_cut_to_the_annotated_range(tmp_path):
    late = named("one", count=3, start=6)
    lines = [f"{i},20,30,40\n" for i in range(1, 9)]
    result = load_text(tmp_path, "".join(lines), late, "otb")
    assert result.boxes[:, 0].tolist() == [5, 6, 7]
    assert result.note == "one.txt: 8 rows from image 1, cut to 3 from image 6"
    aligned = load_text(tmp_path, "".join(lines[5:]), late, "otb")
    assert (aligned.boxes[:, 0].tolist(), aligned.note) == ([5, 6, 7], "")
    for count in (2, 4, 7):
        with pytest.raises(DataError, match=rf"expected 3 rows \(or 8, from image 1\), found {count}"):
            load_text(tmp_path, "".join(lines[:count]), late, "otb")


@pytest.mark.parametrize(
    ("sequence", "file"),
    [
        ("Jogging_2", "Jogging(2).txt"),
        ("Jogging_1", "jogging.txt"),
        ("Human4_2", "Human4.txt"),
        ("Skating2_1", "Skating2-1.txt"),
        ("FleetFace", "fleetface.txt"),
    ],
)
def test_names_match_in_any_case_and_spelling_of_the_target(tmp_path, sequence, file):
    (tmp_path / file).write_text("1,2,3,4\n" * 3)
    (tmp_path / "Other.txt").write_text("of another sequence, not read\n")
    assert list(load_results(tmp_path, [named(sequence)])) == [sequence]


def test_folders_that_do_not_fit_are_refused(tmp_path):
    sequences = [named(f"s{i}") for i in range(10)]
    with pytest.raises(MissingDataError, match="nowhere: no such folder"):
        load_results(tmp_path / "nowhere", sequences)
    with pytest.raises(MissingDataError, match=r"expected result files SEQUENCE\.txt, found none"):
        load_results(tmp_path, sequences)
    (tmp_path / "s3.txt").write_text("1,2,3,4\n" * 3)
    with pytest.raises(MissingDataError, match=r"each of 10 .* s0, s1, s2, s4, .* \.\.\. \(9 missing\)"):
        load_results(tmp_path, sequences)
    (tmp_path / "S3.txt").write_text("1,2,3,4\n" * 3)
    with pytest.raises(DataError, match=r"s3\.txt: names the same target as S3\.txt"):
        load_results(tmp_path, sequences)
    with pytest.raises(MissingDataError, match=r"s4\.txt"):
        load_result(tmp_path / "s4.txt", sequences[4])


def test_records(tmp_path):
    path = tmp_path / "one.txt"
    assert read_record(path) is None
    path.with_suffix(".json").write_text(json.dumps({"seconds": 2}))
    assert read_record(path) == {"seconds": 2}
    for content in ("[1]", "{", "\x00"):
        path.with_suffix(".json").write_text(content)
        with pytest.raises(DataError, match=r"one\.json: expected the JSON record"):
            read_record(path)


def test_leftovers_of_killed_runs_are_removed_but_not_what_is_being_written(tmp_path):
    for name, age in (("old", 100), ("new", 0)):
        path = tmp_path / f".{name}.txt.0123456789abcdef.unfinished"
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    prepare_folder(tmp_path)
    assert os.listdir(tmp_path) == [".new.txt.0123456789abcdef.unfinished"]
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file is a file, expected a folder"):
        prepare_folder(tmp_path / "file" / "mosse")
