"""The OTB layout with every exception of the benchmark, on small trees written here."""

import json

import cv2
import numpy as np
import pytest

from udtlib import load_dataset
from udtlib.data import find_data
from udtlib.data.benchmarks.otb import RANGES, canonical_name, load_annotations, load_otb
from udtlib.errors import DataError, MissingDataError


def write_sequence(root, name, images, rows, digits=4, truths=("groundtruth_rect.txt",)):
    """Images of 8x6 pixels whose red value is the image number modulo 256; boxes with x = row + 10."""
    folder = root / name
    (folder / "img").mkdir(parents=True)
    for number in images:
        image = np.full((6, 8, 3), (0, 0, number % 256), np.uint8)
        ok, data = cv2.imencode(".bmp", image)
        assert ok
        (folder / "img" / f"{number:0{digits}d}.jpg").write_bytes(data.tobytes())
    for k, truth in enumerate(truths):
        (folder / truth).write_text("".join(f"{row + 10},20,{30 + k},40\n" for row in range(rows)))
    return folder


def red(frame):
    return int(frame[0, 0, 0])


def only(sequences):
    assert len(sequences) == 1
    return sequences[0]


def test_the_rule(tmp_path):
    write_sequence(tmp_path, "Basketball", range(1, 6), 5)
    (tmp_path / "notes").mkdir()
    (tmp_path / "README.txt").write_text("no sequence")
    sequence = only(load_dataset("otb", tmp_path))
    assert (sequence.name, sequence.start, len(sequence)) == ("Basketball", 1, 5)
    assert [red(frame) for frame in sequence.frames] == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(sequence.boxes[:2], [[9, 19, 30, 40], [10, 19, 30, 40]])
    assert sequence.frames[0].shape == (6, 8, 3)


@pytest.mark.parametrize(
    ("name", "images", "rows", "start", "count"),
    [
        ("David", range(300, 771), 471, 300, 471),  # some copies hold only the annotated images
        ("David", range(1, 771), 471, 300, 471),  # the official one holds all
        ("Football1", range(1, 82), 74, 1, 74),
        ("Tiger1", range(1, 355), 354, 6, 349),
        ("Tiger1", range(1, 355), 349, 6, 349),
        ("BlurCar1", range(247, 989), 742, 247, 742),
        ("BlurCar3", range(3, 360), 357, 3, 357),
        ("blurcar4", range(18, 398), 380, 18, 380),
        ("Freeman3", range(1, 461), 460, 1, 460),
        ("Freeman4", range(1, 298), 283, 1, 283),
        ("Diving", range(1, 232), 215, 1, 215),
    ],
)
def test_ranges(tmp_path, name, images, rows, start, count):
    write_sequence(tmp_path, name, images, rows)
    sequence = only(load_otb(tmp_path))
    assert (sequence.start, len(sequence), len(sequence.boxes)) == (start, count, count)
    assert red(sequence.frames[0]) == start % 256
    assert red(sequence.frames[-1]) == (start + count - 1) % 256
    dropped = rows - count
    assert sequence.boxes[0, 0] == 10 + dropped - 1
    annotation = only(load_annotations(tmp_path))
    assert (annotation.start, len(annotation.frames)) == (start, 0)
    np.testing.assert_array_equal(annotation.boxes, sequence.boxes)


def test_every_range_is_tried_above():
    marks = [mark for mark in test_ranges.pytestmark if mark.name == "parametrize"]
    assert {arguments[0].lower() for arguments in marks[0].args[1]} == set(RANGES)


def test_board_has_five_digits_and_its_zero_box_is_kept(tmp_path):
    folder = write_sequence(tmp_path, "Board", range(1, 5), 3, digits=5)
    with (folder / "groundtruth_rect.txt").open("a") as file:
        file.write("0,0,0,0\n")
    sequence = only(load_otb(tmp_path))
    assert sequence.frames.paths[0].name == "00001.jpg"
    np.testing.assert_array_equal(sequence.boxes[-1], [-1, -1, 0, 0])


def test_two_targets_and_the_second_only(tmp_path):
    both = ("groundtruth_rect.1.txt", "groundtruth_rect.2.txt")
    for name in ("Jogging", "Skating2", "Human4"):
        write_sequence(tmp_path, name, range(1, 4), 3, truths=both)
    sequences = load_otb(tmp_path)
    names = ["Human4_2", "Jogging_1", "Jogging_2", "Skating2_1", "Skating2_2"]
    assert [sequence.name for sequence in sequences] == names
    assert [sequence.boxes[0, 2] for sequence in sequences] == [31, 30, 31, 30, 31]
    assert only(load_otb(tmp_path, names=["jogging(2)"])).name == "Jogging_2"


@pytest.mark.parametrize(
    ("spellings", "canonical"),
    [
        (("Jogging", "jogging_1", "Jogging-1", "Jogging(1)", "Jogging.1"), "jogging_1"),
        (("Jogging(2)", "jogging_2", "JOGGING-2", "Jogging.2"), "jogging_2"),
        (("Skating2", "skating2_1"), "skating2_1"),
        (("Skating2(2)", "Skating2-2"), "skating2_2"),
        (("Human4", "human4_2", "Human4-2"), "human4_2"),
        (("Bird1",), "bird1"),
        (("Car24",), "car24"),
        (("faceocc2", "FaceOcc2"), "faceocc2"),
    ],
)
def test_canonical_names(spellings, canonical):
    assert {canonical_name(spelling) for spelling in spellings} == {canonical}


def test_names_select_and_leave_the_rest_unread(tmp_path):
    for name in ("Bird1", "Bird2", "Boy"):
        write_sequence(tmp_path, name, range(1, 3), 2)
    (tmp_path / "Boy" / "img" / "0001.jpg").unlink()
    assert [sequence.name for sequence in load_otb(tmp_path, names=["bird2", "BIRD1"])] == ["Bird1", "Bird2"]
    with pytest.raises(MissingDataError, match=r"no OTB sequence Nobody; found Bird1, Bird2, Boy"):
        load_otb(tmp_path, names=["Bird1", "Nobody"])


def test_attributes_beside_the_sequences(tmp_path, monkeypatch):
    monkeypatch.setenv("UDT_DATA", "none")
    write_sequence(tmp_path, "Walking", range(1, 3), 2)
    assert only(load_otb(tmp_path)).attributes == ()
    content = {"att_name_short": ["IV", "SV"], "Walking": ["SV", "OCC", "DEF", ""]}
    (tmp_path / "otb_attributes.json").write_text(json.dumps(content))
    assert only(load_otb(tmp_path)).attributes == ("SV", "OCC", "DEF")
    assert only(load_annotations(tmp_path)).attributes == ("SV", "OCC", "DEF")
    (tmp_path / "otb_attributes.json").write_text("[")
    with pytest.raises(DataError, match=r"otb_attributes\.json: expected a JSON"):
        load_otb(tmp_path)


def test_missing_image_is_named(tmp_path):
    folder = write_sequence(tmp_path, "Boy", range(1, 6), 5)
    for lost in ("0003.jpg", "0001.jpg"):
        (folder / "img" / lost).unlink()
        with pytest.raises(MissingDataError, match=rf"Boy/img/{lost}.* images 1 to 5"):
            load_otb(tmp_path)


def test_last_image_missing_and_images_left_over(tmp_path):
    folder = write_sequence(tmp_path, "Boy", range(1, 6), 6)
    with pytest.raises(MissingDataError, match=r"0006\.jpg"):
        load_otb(tmp_path)
    (folder / "groundtruth_rect.txt").write_text("1,2,3,4\n" * 4)
    with pytest.raises(DataError, match=r"Boy: expected one .* found 4 rows and images up to 0005\.jpg"):
        load_otb(tmp_path)


def test_wrong_number_of_rows_in_a_listed_range(tmp_path):
    write_sequence(tmp_path, "Football1", range(1, 82), 81)
    with pytest.raises(DataError, match=r"groundtruth_rect\.txt: expected 74 rows .* found 81"):
        load_otb(tmp_path)


def test_wrong_columns_name_the_line(tmp_path):
    folder = write_sequence(tmp_path, "Boy", range(1, 4), 3)
    (folder / "groundtruth_rect.txt").write_text("1,2,3,4\n1,2,3,4\n1,2,3\n")
    with pytest.raises(DataError, match=r"Boy/groundtruth_rect\.txt, line 3"):
        load_otb(tmp_path)


def test_truncated_image_is_named_when_it_is_read(tmp_path):
    folder = write_sequence(tmp_path, "Boy", range(1, 4), 3)
    data = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8))[1]
    (folder / "img" / "0002.jpg").write_bytes(data.tobytes()[:2000])
    frames = only(load_otb(tmp_path)).frames
    assert red(frames[0]) == 1
    with pytest.raises(DataError, match=r"0002\.jpg: truncated"):
        frames[1]
    assert red(frames[2]) == 3


def test_missing_ground_truth_and_empty_root(tmp_path):
    with pytest.raises(MissingDataError, match="no OTB sequence found; expected folders"):
        load_otb(tmp_path)
    (tmp_path / "Boy" / "img").mkdir(parents=True)
    with pytest.raises(MissingDataError, match=r"Boy/groundtruth_rect\.txt"):
        load_otb(tmp_path)
    with pytest.raises(MissingDataError, match="nowhere"):
        load_otb(tmp_path / "nowhere")


def test_without_data_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setenv("UDT_DATA", "none")
    with pytest.raises(MissingDataError, match=r"root=.*data/otb.*UDT_DATA"):
        load_dataset("otb")


def test_data_is_found_through_the_variable(tmp_path, monkeypatch):
    write_sequence(tmp_path / "otb", "Boy", range(1, 3), 2)
    monkeypatch.setenv("UDT_DATA", str(tmp_path))
    assert only(load_dataset("otb")).name == "Boy"


def test_annotations_from_json(tmp_path, monkeypatch):
    monkeypatch.setenv("UDT_DATA", "none")
    entry = {
        "name": "Tiger1",
        "image_files": ["0006.jpg", "0007.jpg"],
        "gt_rect": [[1, 2, 3, 4], [0, 0, 0, 0]],
    }
    second = {"name": "Jogging", "image_files": ["0001.jpg"], "gt_rect": [[5, 6, 7, 8]]}
    path = tmp_path / "otb2015.json"
    path.write_text(json.dumps({"tiger1": entry, "jogging_2": second}))
    jogging, tiger = load_annotations(path)
    assert (jogging.name, jogging.start, tiger.name, tiger.start) == ("Jogging_2", 1, "Tiger1", 6)
    np.testing.assert_array_equal(tiger.boxes, [[0, 1, 3, 4], [-1, -1, 0, 0]])


@pytest.mark.parametrize(
    "content",
    [
        "nonsense",
        "[]",
        '{"a": 1}',
        '{"a": {"name": "a", "gt_rect": [[1, 2]]}}',
        '{"a": {"name": "a", "image_files": ["1.jpg"], "gt_rect": [[1, 2, 3, 2, 3, 4, 1, 4]]}}',  # a polygon
        '{"a": {"name": "a", "image_files": ["1.jpg"], "gt_rect": [[1, 2], [3, 4]]}}',
        '{"a": {"name": "a", "image_files": ["1.jpg"], "gt_rect": [1, 2, 3, 4]}}',
    ],
)
def test_bad_annotations_name_the_file(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DataError, match=r"a\.json"):
        load_annotations(tmp_path / "a.json")
    with pytest.raises(MissingDataError, match=r"b\.json"):
        load_annotations(tmp_path / "b.json")


def outside(name):
    path = find_data(name)
    if path is None:
        pytest.skip(f"{name} is not on this machine (UDT_DATA or ../shared)")
    return path


@pytest.mark.shared
def test_the_published_annotations():
    sequences = load_annotations(outside("published/otb2015.json"))
    assert len(sequences) == 100
    assert len({canonical_name(sequence.name) for sequence in sequences}) == 100
    assert sum(len(sequence.boxes) for sequence in sequences) == 59035
    assert all(sequence.attributes for sequence in sequences)
    assert {sequence.name: sequence.start for sequence in sequences if sequence.start > 1} == {
        "BlurCar1": 247, "BlurCar3": 3, "BlurCar4": 18, "David": 300, "Tiger1": 6,
    }  # fmt: skip
    for sequence in sequences:
        first, last = RANGES.get(sequence.name.lower(), (1, len(sequence.boxes)))
        assert (sequence.start, len(sequence.boxes)) == (first, last - first + 1), sequence.name


@pytest.mark.shared
def test_the_real_sequences_agree_with_the_published_annotations():
    sequences = load_otb(outside("otb"))
    published = {one.name: one for one in load_annotations(outside("published/otb2015.json"))}
    assert len(sequences) == 10
    for sequence in sequences:
        np.testing.assert_array_equal(sequence.boxes, published[sequence.name].boxes)
        assert sequence.start == published[sequence.name].start
        assert sequence.attributes == published[sequence.name].attributes
        assert len(sequence) == len(sequence.boxes)
        assert sequence.frames[0].shape == sequence.frames[-1].shape
    lengths = {sequence.name: len(sequence) for sequence in sequences}
    assert (lengths["David"], lengths["Football1"]) == (471, 74)
    david = next(sequence for sequence in sequences if sequence.name == "David")
    assert david.frames.paths[0].name == "0300.jpg"
