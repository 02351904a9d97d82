"""The Temple-Color layout, on small trees written here."""

import numpy as np
import pytest
from trees import rows, write_tc128

from udtlib import load_dataset
from udtlib.cli import main
from udtlib.data import load_truth
from udtlib.data.benchmarks.tc128 import load_tc128, read_range
from udtlib.errors import DataError, MissingDataError


def test_the_rule(tmp_path):
    write_tc128(tmp_path, "Hurdle_ce2", first=2, last=4)
    write_tc128(tmp_path, "airport_ce")
    (tmp_path / "notes").mkdir()
    airport, hurdle = load_dataset("tc128", tmp_path)
    assert (airport.name, airport.start, len(airport)) == ("airport_ce", 1, 3)
    assert (hurdle.name, hurdle.start, len(hurdle), len(hurdle.boxes)) == ("Hurdle_ce2", 2, 3, 3)
    assert [path.name for path in hurdle.frames.paths] == ["0002.jpg", "0003.jpg", "0004.jpg"]
    np.testing.assert_array_equal(hurdle.boxes[:2], [[1, 2, 5, 4], [2, 2, 5, 4]])
    assert hurdle.frames[0].shape == (12, 16, 3)


def test_names_select(tmp_path):
    for name in ("Ball_ce1", "Ball_ce2", "Jogging1"):
        write_tc128(tmp_path, name)
    assert [sequence.name for sequence in load_tc128(tmp_path, ["ball_ce2", "JOGGING1"])] == [
        "Ball_ce2",
        "Jogging1",
    ]
    with pytest.raises(MissingDataError, match="no Temple-Color sequence Nobody"):
        load_tc128(tmp_path, ["Ball_ce1", "Nobody"])


def test_files_spelled_otherwise_than_their_folder(tmp_path):
    write_tc128(tmp_path, "Yo-yos_ce1").rename(tmp_path / "Yo_yos_ce1")
    assert [sequence.name for sequence in load_tc128(tmp_path)] == ["Yo_yos_ce1"]
    (tmp_path / "Yo_yos_ce1" / "other_GT.txt").write_text("1,2,3,4\n")
    with pytest.raises(
        MissingDataError, match=r"Yo_yos_ce1_gt\.txt: expected one such file, found .*other_GT"
    ):
        load_tc128(tmp_path)


@pytest.mark.parametrize("text", ["1,148", "1\t148\r\n", " 1 148\n\n", "\ufeff1\n148\n", "001,148"])
def test_dialects_of_the_frames_file(tmp_path, text):
    (tmp_path / "frames.txt").write_bytes(text.encode())
    assert read_range(tmp_path / "frames.txt") == (1, 148)


@pytest.mark.parametrize(
    "text", ["", "1", "1,2,3", "1,x", "1.5,2", "-1,2", "nan,2", "5,4", "1,²", "1,1e2", "1,,148"]
)
def test_bad_frames_files_name_the_file(tmp_path, text):
    (tmp_path / "frames.txt").write_text(text)
    with pytest.raises(DataError, match=r"frames\.txt: expected the first"):
        read_range(tmp_path / "frames.txt")


@pytest.mark.parametrize(
    "text", ["SV\nOCC", "SV\nOCC\n", "\ufeffSV\r\nOCC\r\n\r\n", " SV, OCC", "SV\tOCC\nSV\n"]
)
def test_attributes_are_short_names_in_a_file(tmp_path, text):
    folder = write_tc128(tmp_path, "Airport_ce", attributes=text)
    assert [one.attributes for one in load_tc128(tmp_path)] == [("SV", "OCC")]
    assert load_tc128(tmp_path, images=False)[0].attributes == ("SV", "OCC")
    (folder / "Airport_ce_att.txt").rename(folder / "other_ATT.txt")
    assert load_tc128(tmp_path)[0].attributes == ("SV", "OCC")


def test_sequences_without_attributes(tmp_path):
    write_tc128(tmp_path, "Ball_ce1")
    write_tc128(tmp_path, "Thunder_ce", attributes="")
    assert [one.attributes for one in load_tc128(tmp_path)] == [(), ()]


@pytest.mark.parametrize("text", ["SV\nFAST\n", "0,1,1,0,0,0,0,0,0,0,0\n", "sv", "SVOCC"])
def test_bad_attributes_files_name_the_file(tmp_path, text):
    write_tc128(tmp_path, "Ball_ce1", attributes="BC\n")
    write_tc128(tmp_path, "Ball_ce2", attributes=text)
    found = text.replace(",", "\n").split("\n")
    first = next(word for word in found if word != "SV")
    with pytest.raises(DataError, match=rf"Ball_ce2_att\.txt: expected .* BC, LR.*, found '{first}'"):
        load_tc128(tmp_path)
    broken = {}
    assert [one.name for one in load_tc128(tmp_path, broken=broken)] == ["Ball_ce1"]
    assert "Ball_ce2_att.txt" in broken["Ball_ce2"]


def test_missing_and_mismatched_files_are_named(tmp_path):
    folder = write_tc128(tmp_path, "Ball_ce1", last=4)
    (folder / "img" / "0002.jpg").unlink()
    with pytest.raises(MissingDataError, match=r"0002\.jpg: no such image, but Ball_ce1 .* 1 to 4"):
        load_tc128(tmp_path)
    (folder / "Ball_ce1_gt.txt").write_text(rows(3))
    with pytest.raises(DataError, match=r"Ball_ce1_gt\.txt: expected 4 rows for images 1 to 4 .* found 3"):
        load_tc128(tmp_path)
    (folder / "Ball_ce1_frames.txt").unlink()
    with pytest.raises(MissingDataError, match=r"Ball_ce1_frames\.txt: expected one such file, found none"):
        load_tc128(tmp_path)
    with pytest.raises(MissingDataError, match="no Temple-Color sequence found; expected folders"):
        load_tc128(tmp_path / "nowhere")


def test_evaluate_and_score(tmp_path, capsys):
    root = tmp_path / "tc128"
    for name in ("Ball_ce1", "Ball_ce2", "Hurdle_ce2"):
        write_tc128(root, name, first=2, last=5)
    (root / "Ball_ce2" / "Ball_ce2_frames.txt").write_text("2,6\n")
    run = ["--tracker", "mosse", "--dataset", "tc128", "--root", str(root), "--jobs", "1"]
    assert main(["evaluate", *run, "--out", str(tmp_path / "run")]) == 1
    assert "mosse, Ball_ce2: FAILED, " in capsys.readouterr().err
    results = tmp_path / "run" / "mosse"
    assert (results / "Ball_ce1.txt").read_text().startswith("2.0000,3.0000,5.0000,4.0000\n")
    (root / "Ball_ce2" / "Ball_ce2_frames.txt").write_text("2,5\n")
    (results / "Ball_ce2.txt").write_text(rows(5))  # from image 1, as the benchmark's own tools write them
    for folder in root.iterdir():
        for image in (folder / "img").iterdir():
            image.unlink()
    assert main(["score", "--dataset", "tc128", "--annotations", str(root), "--results", str(results)]) == 0
    printed = capsys.readouterr().out
    assert "tc128, 3 sequences" in printed
    assert "Ball_ce2.txt: 5 rows from image 1, cut to 4 from image 2" in printed


def test_without_data_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setenv("UDT_DATA", "none")
    with pytest.raises(MissingDataError, match=r"Temple-Color .* data/tc128"):
        load_truth("tc128")
