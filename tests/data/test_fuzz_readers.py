"""Readers of other people's files: whatever stands in them, only our own errors come out.

Result files are fuzzed in `test_results.py` too, tables of the paper in `test_paper.py`.
"""

import json

import numpy as np
import pytest
from hostile_text import ENDS, NUMBERS, OTHERS, SEPARATORS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from trees import write_otb, write_tc128

from udtlib.data import Sequence
from udtlib.data.benchmarks.otb import ATTRIBUTES_FILE, load_annotations, load_otb, read_attributes
from udtlib.data.benchmarks.tc128 import load_tc128, read_range
from udtlib.data.box_files import _parse_lines, parse_plain, read_boxes, read_text
from udtlib.data.download.downloads import contents, read_checksums
from udtlib.errors import DataError, UdtError
from udtlib.evaluation import score
from udtlib.evaluation.results.files import load_result
from udtlib.evaluation.results.records import read_record
from udtlib.evaluation.results.runs import recorded_dataset

FUZZ = settings(max_examples=150, deadline=None, database=None, derandomize=True)

NUMBER, SEPARATOR, END = map(st.sampled_from, (NUMBERS, SEPARATORS, ENDS))
WORDS = st.one_of(NUMBER, NUMBER, NUMBER, st.sampled_from(OTHERS))


def ours(file, read):
    """What ``read`` returns, None if it raised our own error, which must name the file."""
    message = file
    try:
        return read()
    except UdtError as error:
        message = str(error)
    finally:
        assert file in message
    return None


@st.composite
def box_texts(draw):
    """Text that is nearly a file of boxes: 0 to 5 rows of 3 to 5 words, any separators and line ends."""
    rows = draw(st.lists(st.lists(WORDS, min_size=3, max_size=5), max_size=5))
    return "".join(draw(SEPARATOR).join(row) + draw(END) for row in rows)


def good_rows(text):
    """What the file says, read in the plainest way; None if it is not rows of four numbers."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    rows = []
    for line in lines:
        if not line or line[0] == "#":
            continue
        try:
            rows.append([float(word) for word in line.replace(",", " ").replace(";", " ").split()])
        except ValueError:
            return None
    fits = rows and all(len(row) == 4 for row in rows) and not np.isinf(rows).any()
    return np.array(rows) if fits else None


@FUZZ
@given(text=st.one_of(box_texts(), st.text(max_size=40)))
@example("1,2,3,4\r\n5\t6 7;8\r\n\r\n")
@example("1,2,3,4")
@example("\n1,2,3,4\n")
@example("1,2,3,4\n\n5,6,7,8,9\n")
def test_a_file_of_boxes_is_read_as_it_says_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "groundtruth_rect.txt"
    path.write_bytes(text.encode())
    expected = good_rows(path.read_text())
    if expected is None:
        with pytest.raises(DataError, match=r"groundtruth_rect\.txt.*: expected"):
            read_boxes(path, 0)
    else:
        np.testing.assert_array_equal(read_boxes(path, 0), expected)


@FUZZ
@given(text=box_texts())
def test_the_short_way_reads_what_the_long_way_reads(text):
    plain = parse_plain(text)
    if plain is not None:
        np.testing.assert_array_equal(plain, _parse_lines(text, "file"))


@FUZZ
@given(text=box_texts(), start=st.integers(1, 3), dataset=st.sampled_from(["otb", "synthetic"]))
def test_a_result_of_another_tool_is_scored_or_refused(tmp_path_factory, text, start, dataset):
    folder = tmp_path_factory.mktemp("results")
    (folder / "one.txt").write_bytes(text.encode())
    truth = Sequence("one", (), np.tile([10.0, 20, 30, 40], (2, 1)), (), start)
    result = ours("one.txt", lambda: load_result(folder / "one.txt", truth, dataset))
    found = ours("one.txt", lambda: score(folder, [truth], dataset=dataset))
    assert (result is None) == (found is None)
    if found is not None:
        assert result.boxes.shape == (2, 4)
        assert 0 <= found.auc <= 1
        assert 0 <= found.precision <= 1


@FUZZ
@given(content=st.one_of(st.binary(max_size=30), st.lists(WORDS | SEPARATOR | END, max_size=5).map("".join)))
def test_frames_files(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "Ball_frames.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = ours("Ball_frames.txt", lambda: read_range(path))
    if found is not None:
        words = read_text(path).replace(",", " ").replace(";", " ").split()
        assert 0 <= found[0] <= found[1]
        assert tuple(map(int, words)) == found


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """An OTB and a Temple-Color folder, each with a sequence that is fine and one to spoil."""
    root = tmp_path_factory.mktemp("trees")
    for name in ("Bolt", "Boy"):
        write_otb(root / "otb", name)
    for name in ("Ball_ce1", "Ball_ce2"):
        write_tc128(root / "tc128", name, attributes="SV\nOCC\n")
    return root


@FUZZ
@given(text=box_texts(), file=st.sampled_from(["Boy/groundtruth_rect.txt"]))
def test_one_spoilt_otb_sequence(trees, text, file):
    (trees / "otb" / file).write_bytes(text.encode())
    broken = {}
    names = [sequence.name for sequence in load_otb(trees / "otb", broken=broken)]
    assert [*names, *broken] == ["Bolt", "Boy"]
    assert all("Boy" in problem for problem in broken.values())


@FUZZ
@given(
    text=box_texts()
    | st.lists(st.sampled_from(["SV", "OCC", "?"]) | SEPARATOR | END, max_size=5).map("".join),
    file=st.sampled_from(["gt", "frames", "att"]).map("Ball_ce2/Ball_ce2_{}.txt".format),
)
def test_one_spoilt_temple_color_sequence(trees, text, file):
    before = (trees / "tc128" / file).read_bytes()
    (trees / "tc128" / file).write_bytes(text.encode())
    broken = {}
    names = [sequence.name for sequence in load_tc128(trees / "tc128", broken=broken)]
    (trees / "tc128" / file).write_bytes(before)
    assert [*names, *broken] == ["Ball_ce1", "Ball_ce2"]
    assert all("Ball_ce2" in problem for problem in broken.values())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
ENTRIES = st.dictionaries(
    st.sampled_from(["a", "ab", "b"]),
    JSON
    | st.fixed_dictionaries(
        {
            "name": st.sampled_from(["a", "", 3]),
            "image_files": JSON | st.just(["0001.jpg"]),
            "gt_rect": JSON
            | st.just([[1, 2, 3, 4]])
            | st.lists(st.lists(st.floats(), min_size=4, max_size=4), max_size=2),
        }
    ),
    max_size=2,
)


@FUZZ
@given(content=ENTRIES | JSON)
@example({"a": {"name": "a", "image_files": ["0001.jpg"], "gt_rect": [[10**400, 2, 3, 4]]}})
@example({"a": {"name": "a", "image_files": ["9" * 5000 + ".jpg"], "gt_rect": [[1, 2, 3, 4]]}})
@example({"a": {"name": "a", "image_files": ["0001.jpg"], "gt_rect": []}})
def test_annotations_in_json(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "annotations.json"
    path.write_text(json.dumps(content))
    sequences = ours("annotations.json", lambda: load_annotations(path)) or []
    assert all(one.boxes.shape == (len(one.boxes), 4) and len(one.boxes) for one in sequences)
    assert all(one.boxes.dtype == np.float64 and one.start >= 0 for one in sequences)
    assert not any(np.isinf(one.boxes).any() for one in sequences)


@FUZZ
@given(content=JSON | st.dictionaries(st.just("Boy"), JSON, min_size=1))
def test_attributes(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp()
    (folder / ATTRIBUTES_FILE).write_text(json.dumps(content))
    found = ours(ATTRIBUTES_FILE, lambda: read_attributes(folder)) or {}
    (folder / ATTRIBUTES_FILE).unlink()
    assert all(isinstance(word, str) for words in found.values() for word in words)


@FUZZ
@given(content=st.one_of(JSON.map(json.dumps).map(str.encode), st.binary(max_size=30), st.just(b"[" * 5_000)))
def test_records_and_checksums(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("record")
    (folder / "one.txt").write_text("1,2,3,4\n")
    for file, read in (
        ("one.json", lambda: read_record(folder / "one.txt")),
        ("one.json", lambda: recorded_dataset([folder])),
        ("checksums.json", lambda: read_checksums(folder)),
    ):
        (folder / file).write_bytes(content)
        found = ours(file, read)
        assert found is None or isinstance(found, dict | str)


def test_deeply_nested_annotations(tmp_path):
    (tmp_path / "a.json").write_text("[" * 5_000)
    with pytest.raises(DataError, match=r"a\.json: expected a JSON object"):
        load_annotations(tmp_path / "a.json")


def test_folders_of_anything(tmp_path):
    """Files where folders are expected, and folders where files are."""
    for name in ("Bolt", "Boy", "Coke"):
        write_otb(tmp_path, name)
    (tmp_path / "Boy" / "groundtruth_rect.txt").unlink()
    (tmp_path / "Boy" / "groundtruth_rect.txt").mkdir()
    for image in (tmp_path / "Coke" / "img").iterdir():
        image.unlink()
    (tmp_path / "Coke" / "img").rmdir()
    (tmp_path / "Coke" / "img").write_text("no folder")
    (tmp_path / "Deer").write_text("no folder")
    broken = {}
    assert [sequence.name for sequence in load_otb(tmp_path, broken=broken)] == ["Bolt"]
    assert list(broken) == ["Boy", "Coke"]
    assert len(contents("otb50", tmp_path).found) == 1
