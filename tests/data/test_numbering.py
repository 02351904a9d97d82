"""Names of frames: patterns, order, gaps."""

from pathlib import Path

import pytest

from udtlib.data.numbering import check_numbering, choose_sequence, numbers_of, parse
from udtlib.errors import DataError, MissingDataError


def chosen(*names):
    images = choose_sequence(map(Path, names))
    check_numbering(images)
    return [image.path.name for image in images]


@pytest.mark.parametrize(
    ("name", "pattern", "numbers"),
    [
        ("0001.jpg", "#.jpg", (1,)),
        ("0001.JPEG", "#.jpg", (1,)),
        ("-12.png", "#.png", (-12,)),
        ("frame-12.png", "frame-#.png", (12,)),
        ("frame_-12.png", "frame_#.png", (-12,)),
        ("t=-3.tiff", "t=#.tif", (-3,)),
        ("frame0012.png", "frame#.png", (12,)),
        ("0001_mask.png", "#_mask.png", (1,)),
        ("cam2_0001.png", "cam2_#.png", (1,)),
        ("frame_0001_cam2.png", "frame_#_cam2.png", (1,)),
        ("video1_frame0007.png", "video1_frame#.png", (7,)),
        ("2024-05-31_12.png", "#-#-#_#.png", (2024, 5, 31, 12)),
        ("1403636579763555584.png", "#.png", (1403636579763555584,)),
        ("cover.png", "cover.png", ()),
    ],
)
def test_pattern_and_numbers(name, pattern, numbers):
    image = parse(Path(name))
    assert (image.pattern, image.numbers) == (pattern, numbers)


def test_order_is_that_of_the_numbers():
    assert chosen("10.png", "9.png", "8.png") == ["8.png", "9.png", "10.png"]
    assert chosen("0.jpg", "1.jpg", "-1.jpg", "-2.jpg") == ["-2.jpg", "-1.jpg", "0.jpg", "1.jpg"]
    assert chosen("f_0.jpg", "f_-10.jpg", "f_-5.jpg") == ["f_-10.jpg", "f_-5.jpg", "f_0.jpg"]
    assert chosen("take-2.jpg", "take-1.jpg", "take-3.jpg") == ["take-1.jpg", "take-2.jpg", "take-3.jpg"]
    assert chosen("12_59_59.png", "13_00_00.png", "12_59_07.png") == [
        "12_59_07.png",
        "12_59_59.png",
        "13_00_00.png",
    ]


@pytest.mark.parametrize(
    "stamps",
    [
        [1403636579763555584, 1403636579813555456, 1403636579863555584, 1403636580063555584],
        [1403636579, 1403636580, 1403636583],
        [0, 33, 67, 100, 133],
        [1305031102175304, 1305031102211214],
    ],
)
def test_time_stamps_have_no_gaps(stamps):
    names = [f"{stamp}.png" for stamp in stamps]
    assert chosen(*reversed(names)) == names
    assert numbers_of(choose_sequence(map(Path, names))) == stamps


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["-2.png", "-1.png", "1.png"], "0.png"),
        (["-0003.png", "-0002.png", "0000.png"], "-0001.png"),
        (["cam2_08.png", "cam2_09.png", "cam2_11.png"], "cam2_10.png"),
        (["0001_left.png", "0002_left.png", "0004_left.png"], "0003_left.png"),
        (["7_of_9.png", "5_of_9.png", "4_of_9.png"], "6_of_9.png"),
    ],
)
def test_a_gap_is_named(names, missing):
    with pytest.raises(MissingDataError, match=f"^{missing}: missing"):
        chosen(*names)


def test_the_commonest_pattern_wins():
    left, right = ([f"{side}_{number}.png" for number in range(3)] for side in ("left", "right"))
    assert chosen(*left, *right) == left
    assert chosen(*left[:2], *right) == right
    frames, masks = ([f"{number:04d}{suffix}" for number in range(3)] for suffix in (".jpg", ".png"))
    assert chosen(*masks, *frames) == frames
    assert chosen(*masks, *frames[:2]) == masks
    assert chosen("0001.jpg", "cover.jpg") == ["0001.jpg"]
    assert chosen("cam1_0.png", "cam2_0.png", "cam2_1.png") == ["cam2_0.png", "cam2_1.png"]


def test_names_without_numbers_are_taken_in_natural_order():
    assert chosen("b.png", "a.png", "z.jpg") == ["a.png", "b.png", "z.jpg"]
    assert chosen("b10.png", "a.png", "c2.jpg") == ["a.png", "b10.png", "c2.jpg"]
    assert chosen() == []


@pytest.mark.parametrize("names", [["1.png", "01.png"], ["0001.jpg", "0001.JPEG", "0002.jpg"]])
def test_one_number_twice(names):
    with pytest.raises(DataError, match="have one number"):
        chosen(*names)
