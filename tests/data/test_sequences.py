"""A folder of images or a video file as a dataset."""

import cv2
import numpy as np
import pytest

from udtlib import load_dataset
from udtlib.data.folder import load_folders, open_frames
from udtlib.data.images import ImageFiles
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, FrameError, MissingDataError
from udtlib.frames import check_frame


def write_images(folder, names, size=(6, 8)):
    folder.mkdir(exist_ok=True)
    for value, name in enumerate(names):
        assert cv2.imwrite(str(folder / name), np.full((*size, 3), value, np.uint8))
    return folder


def values(frames):
    return [int(frame[0, 0, 0]) for frame in frames]


def test_natural_order_and_other_files_ignored(tmp_path):
    folder = write_images(tmp_path / "walk", ["f8.png", "f9.png", "f10.Png", "f11.PNG"])
    (folder / "notes.txt").write_text("hello")
    (sequence,) = load_dataset("folder", folder)
    assert (sequence.name, len(sequence), sequence.start) == ("walk", 4, 1)
    assert values(sequence.frames) == [0, 1, 2, 3]
    assert sequence.boxes.shape == (0, 4)


@pytest.mark.parametrize(
    "names",
    [
        ["000000.png", "000005.png", "000010.png"],  # every fifth frame of a longer video
        ["a.png", "b.png", "z.png"],
        ["a1.png", "b7.png", "c9.png"],
        ["only.png"],
        ["7.png"],
        ["take2_1.png", "take2_2.png", "take2_3.png"],
    ],
)
def test_names_without_a_gap(tmp_path, names):
    assert values(open_frames(write_images(tmp_path / "clip", names))) == list(range(len(names)))


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["0001.png", "0002.png", "0004.png"], r"0003\.png"),
        (["img9.png", "img10.png", "img12.png", "img13.png"], r"img11\.png"),
        (["000.png", "005.png", "010.png", "020.png"], r"015\.png"),
    ],
)
def test_missing_frame_is_named(tmp_path, names, missing):
    with pytest.raises(MissingDataError, match=missing):
        open_frames(write_images(tmp_path / "clip", names))


def test_two_images_with_one_number(tmp_path):
    with pytest.raises(DataError, match=r"002\.png and 2\.png have one number"):
        open_frames(write_images(tmp_path / "clip", ["1.png", "2.png", "002.png", "3.png"]))


def test_empty_folder_and_wrong_files(tmp_path):
    with pytest.raises(DataError, match=r"expected images \(\.bmp.* found none"):
        load_dataset("folder", tmp_path)
    write_images(tmp_path / "clip", ["one.png"])
    with pytest.raises(DataError, match="found one image"):
        open_frames(tmp_path / "clip" / "one.png")
    with pytest.raises(MissingDataError, match="nowhere"):
        open_frames(tmp_path / "nowhere")
    with pytest.raises(MissingDataError, match=r"with root= .in a terminal --root"):
        load_dataset("folder")


def test_ground_truth_beside_the_images(tmp_path):
    folder = write_images(tmp_path / "clip", ["1.png", "2.png"])
    (folder / "groundtruth.txt").write_text("1,2,3,4\n2 3 3 4\n")
    (sequence,) = load_dataset("folder", folder)
    np.testing.assert_array_equal(sequence.boxes, [[1, 2, 3, 4], [2, 3, 3, 4]])
    truth = tmp_path / "other.txt"
    truth.write_text("1,2,3,4")
    (sequence,) = load_dataset("folder", folder, truth=truth, index_base=1)
    np.testing.assert_array_equal(sequence.boxes, [[0, 1, 3, 4]])


def test_wrong_number_of_boxes_names_the_file(tmp_path):
    folder = write_images(tmp_path / "clip", ["1.png", "2.png", "3.png"])
    for rows in (2, 4):
        (folder / "groundtruth.txt").write_text("1,2,3,4\n" * rows)
        with pytest.raises(DataError, match=rf"groundtruth\.txt: expected 3 boxes.* found {rows}"):
            load_dataset("folder", folder)
    with pytest.raises(MissingDataError, match=r"absent\.txt"):
        load_dataset("folder", folder, truth=tmp_path / "absent.txt")


def test_size_change_passes_the_reader_and_stops_the_tracker(tmp_path):
    folder = write_images(tmp_path / "clip", ["1.png", "2.png"])
    write_images(folder, ["3.png"], size=(6, 9))
    frames = open_frames(folder)
    like = frames[0].shape[:2]
    assert check_frame(frames[1], like).shape == (6, 8, 3)
    with pytest.raises(FrameError, match=r"share one size: expected 8x6, found 9x6"):
        check_frame(frames[2], like)


def test_a_sequence_is_as_long_as_its_frames():
    assert len(Sequence("a", (np.zeros((2, 2, 3), np.uint8),) * 5, np.zeros((5, 4)))) == 5
    assert len(ImageFiles([])) == 0


@pytest.mark.parametrize("boxes", [np.zeros((5, 8)), np.zeros(4), [[[1, 2, 3, 4]]]])
def test_true_boxes_of_another_shape_are_refused_with_what_to_do(boxes):
    with pytest.raises(DataError, match=r"a: expected true boxes \(N, 4\), found shape .*upright rectangle"):
        Sequence("a", (), boxes)
    assert len(Sequence("a", (), np.empty((0, 4))).boxes) == len(Sequence("a", (), []).boxes) == 0


@pytest.mark.parametrize("given", [[[1, 2, 3, 4]], np.array([[1, 2, 3, 4]]), np.array([[1, 2, 3, 4]], "u1")])
def test_true_boxes_of_any_numbers_are_float64(given):
    boxes = Sequence("a", (), given).boxes
    assert boxes.dtype == np.float64
    assert boxes.tolist() == [[1.0, 2.0, 3.0, 4.0]]
    assert Sequence("a", (), boxes).boxes is boxes


@pytest.mark.parametrize("given", [[["x", 2, 3, 4]], [[1, 2, 3, 4], [1, 2]], [[1j, 2, 3, 4]]])
def test_true_boxes_that_are_no_numbers_are_refused(given):
    with pytest.raises(DataError, match=r"a: expected true boxes \(N, 4\) of numbers, found "):
        Sequence("a", (), given)


def test_folders_of_systems_and_hidden_ones_are_no_sequences(tmp_path):
    for name in ("b", "a", ".trash", "__MACOSX"):
        write_images(tmp_path / name, ["1.png", "2.png"])
        (tmp_path / name / "groundtruth.txt").write_text("1,2,3,4\n" * 2)
    assert [one.name for one in load_folders(tmp_path)] == ["a", "b"]
    with pytest.raises(MissingDataError, match=r"nowhere: expected folders SEQUENCE/groundtruth\.txt"):
        load_folders(tmp_path / "nowhere")
