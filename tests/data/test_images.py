"""Reading one image: channels, damaged files."""

import cv2
import numpy as np
import pytest

from udtlib.data.images import ImageFiles, is_truncated_jpeg, read_image
from udtlib.errors import DataError, MissingDataError


@pytest.fixture
def colour():
    return np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def smooth(height=96, width=128):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 2 % 256, y * 2 % 256, (x + y) % 256], -1).astype(np.uint8)


def test_channels_are_red_green_blue(tmp_path, colour):
    cv2.imwrite(str(tmp_path / "a.png"), colour[:, :, ::-1])
    image = read_image(tmp_path / "a.png")
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, colour)


def test_grey_becomes_three_channels_and_alpha_is_dropped(tmp_path, colour):
    cv2.imwrite(str(tmp_path / "grey.png"), colour[:, :, 0])
    cv2.imwrite(str(tmp_path / "alpha.png"), np.dstack([colour[:, :, ::-1], colour[:, :, 0]]))
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png"), colour[:, :, :1].repeat(3, 2))
    np.testing.assert_array_equal(read_image(tmp_path / "alpha.png"), colour)


@pytest.mark.parametrize("progressive", [0, 1])
def test_truncated_jpeg_is_refused_wherever_it_is_cut(tmp_path, progressive):
    path = tmp_path / "0001.jpg"
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive]
    cv2.imwrite(str(path), smooth(), options)
    whole = path.read_bytes()
    assert np.abs(read_image(path).astype(int) - smooth()[:, :, ::-1]).mean() < 5
    assert not is_truncated_jpeg(whole + b"a camera's own notes")
    for kept in (len(whole) - 1, len(whole) // 2, len(whole) // 4, 30, 3):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match=r"0001\.jpg"):
            read_image(path)


def test_truncation_is_seen_without_help_from_the_decoder(tmp_path):
    whole = cv2.imencode(".jpg", smooth())[1].tobytes()
    assert all(is_truncated_jpeg(whole[:kept]) for kept in range(len(whole) // 2, len(whole)))
    assert not is_truncated_jpeg(whole)


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_unreadable_image_names_the_file(tmp_path, content):
    (tmp_path / "0007.png").write_bytes(content)
    with pytest.raises(DataError, match=r"0007\.png"):
        read_image(tmp_path / "0007.png")


def test_absent_image_names_the_file(tmp_path):
    with pytest.raises(MissingDataError, match=r"0009\.jpg"):
        read_image(tmp_path / "0009.jpg")
    with pytest.raises(MissingDataError, match="no such image"):
        read_image(tmp_path)


def test_image_files_are_lazy_and_sliced_lazily(tmp_path):
    for number in range(6):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((4, 4, 3), number, np.uint8))
    frames = ImageFiles(tmp_path / f"{number}.png" for number in (*range(6), 99))
    part = frames[1:6:2]
    assert len(frames) == 7
    assert [int(frame[0, 0, 0]) for frame in part] == [1, 3, 5]
    assert int(part[-1][0, 0, 0]) == int(part[1:][1][0, 0, 0]) == 5
    with pytest.raises(MissingDataError):
        frames[-1]
    for outside in (7, -8):
        with pytest.raises(IndexError):
            frames[outside]
    with pytest.raises(IndexError):
        part[3]
