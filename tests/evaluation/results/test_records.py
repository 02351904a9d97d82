"""Records beside results: what they may hold, and that a broken one costs nothing but itself."""

import json

import numpy as np
import pytest
from shift_tracker import Shift, make_sequence

from udtlib.errors import DataError
from udtlib.evaluation import evaluate, score
from udtlib.evaluation.results.records import LARGEST, read_record
from udtlib.evaluation.results.runs import recorded_dataset, recorded_origins

BROKEN = {
    "a time of 5e-324": {"seconds": 5e-324},
    "a negative time": {"seconds": -1.0},
    "NaN": {"seconds": float("nan")},
    "infinity": {"seconds": float("inf")},
    "a text as time": {"seconds": "1"},
    "true as time": {"seconds": True},
    "a large time": {"seconds": 1e300},
    "a huge whole number": {"seconds": 10**400},
    "many runs": {"runs": 10**9},
    "no run": {"runs": 0},
    "runs in words": {"runs": "twelve"},
    "a list as tracker": {"tracker": ["mosse"]},
    "a list as dataset": {"dataset": ["otb"]},
    "options in a list": {"options": [1]},
    "a number as option": {"options": {"slow": 1}},
    "a text as place": {"made": "here"},
    "a list as commit": {"made": {"commit": ["a"]}},
    "a number as date": {"made": {"date": 20250101}},
    "a date in words": {"made": {"date": "yesterday"}},
    "a number as box": {"first_box": 3},
    "a box of texts": {"first_box": ["1", "2", "3", "4"]},
    "a list as images": {"images": []},
    "libraries in a list": {"libraries": ["numpy"]},
    "unknown in a text": {"unknown": "all"},
}
TEXTS = ["", "{", "[1]", "3", "null", '{"seconds": ' + "9" * 5000 + "}", "[" * 100_000, "\x00", '{"a": 1']


@pytest.fixture
def result(tmp_path):
    evaluate(Shift, [make_sequence()], tmp_path)
    return tmp_path / "Shift/one.txt"


def breaks(result, content):
    path = result.with_suffix(".json")
    if isinstance(content, dict):
        content = json.dumps(json.loads(path.read_text()) | content)
    path.write_text(content)


@pytest.mark.parametrize("content", [*BROKEN.values(), *TEXTS], ids=[*BROKEN, *(text[:9] for text in TEXTS)])
def test_a_broken_record_is_named_and_costs_the_time_alone(result, content, caplog):
    breaks(result, content)
    with pytest.raises(DataError, match=r"one\.json: expected "):
        read_record(result)
    found = score(result.parent, [make_sequence()], dataset="custom")
    assert found.auc == pytest.approx(20 / 21)
    assert found.fps is None
    (note,) = found.notes
    assert "one.json: expected " in note
    assert note.endswith("; its boxes count, its time is not known")
    assert recorded_dataset([result.parent]) is None
    assert recorded_origins(result.parent) == [{"commit": None, "cpu": None, "dates": None, "runs": 1}]
    again = evaluate(Shift, [make_sequence()], result.parents[1])
    assert again.fps
    assert not again.notes
    (line,) = caplog.messages
    assert line.startswith("Shift: 1 result made with a broken record (")
    assert read_record(result)["seconds"] > 0


def test_a_large_record_is_not_read(result):
    with result.with_suffix(".json").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(DataError, match=r"one\.json: expected the JSON record of a run, found 1048577 bytes"):
        read_record(result)


def test_a_broken_record_of_the_first_run_leaves_the_runs_that_are_there(tmp_path):
    evaluate(Shift, [make_sequence()], tmp_path, protocol="sre")
    breaks(tmp_path / "Shift/sre/one-01.txt", {"runs": 10**9})
    found = score(tmp_path / "Shift", [make_sequence()], dataset="custom", protocol="sre")
    assert found.sequences[0].frames == 12 * 6
    assert len(found.notes) == 1


def test_a_time_of_zero_is_no_time(result):
    breaks(result, {"seconds": 0})
    found = score(result.parent, [make_sequence()], dataset="custom")
    assert (found.fps, found.notes) == (None, ())


def test_a_record_says_what_the_result_is_made_of(result):
    record = read_record(result)
    assert record["frames"] == 6
    np.testing.assert_allclose(record["first_box"], make_sequence().boxes[0])
    for key in ("images", "truth", "code"):
        assert len(record[key]) == 32
        assert int(record[key], 16)
    assert (record["files"], record["unknown"]) == ({}, [])
