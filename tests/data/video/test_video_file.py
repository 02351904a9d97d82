"""Video files: frame i is the i-th decoded frame, whatever was asked for before."""

import pickle

import cv2
import numpy as np
import pytest
from video_files import frames_of, write_video

from udtlib import load_dataset
from udtlib.data import find_data
from udtlib.data.folder import open_frames
from udtlib.data.video.file import VideoFile
from udtlib.data.video.reader import MARGIN, VideoReader
from udtlib.errors import DataError, MissingDataError, OptionError

COUNT = 150


def picture(index):
    """A frame that shows its own index as 8 black or white bars, which survive compression."""
    bits = [(index >> bit) & 1 for bit in range(8)]
    return np.repeat(np.array(bits, np.uint8) * 200 + 20, 16)[None, :, None].repeat(64, 0).repeat(3, 2)


def index_shown(frame):
    return sum(int(frame[20:40, 16 * bit + 4 : 16 * bit + 12].mean() > 128) << bit for bit in range(8))


@pytest.fixture(scope="module", params=[("avi", "MJPG"), ("mp4", "mp4v"), ("mkv", "mp4v"), ("avi", "XVID")])
def video(request, tmp_path_factory):
    suffix, codec = request.param
    path = tmp_path_factory.mktemp(codec) / f"clip.{suffix}"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 25, (128, 64))
    assert writer.isOpened()
    for index in range(COUNT):
        writer.write(picture(index))
    writer.release()
    return path


def test_frames_in_order(video):
    frames = VideoFile(video)
    assert [index_shown(frame) for frame in frames] == list(range(COUNT))
    assert len(frames) == COUNT
    assert frames.fps == pytest.approx(25)
    assert frames[0].shape == (64, 128, 3)
    assert frames[0].dtype == np.uint8


@pytest.mark.parametrize("counted_first", [False, True])
def test_random_access_equals_sequential_decoding(video, counted_first):
    capture, truth = cv2.VideoCapture(str(video)), []
    while len(truth) < COUNT:
        truth.append(capture.read()[1][:, :, ::-1])
    frames = VideoFile(video)
    if counted_first:
        assert len(frames) == COUNT
    order = np.random.default_rng(1).integers(0, COUNT, 40).tolist()
    for index in [COUNT - 1, 0, MARGIN, MARGIN + 1, 0, 0, 1, 140, 139, 70, *order]:
        np.testing.assert_array_equal(frames[index], truth[index], err_msg=f"frame {index}")


def test_slices_negative_indices_and_the_end(video):
    frames = VideoFile(video)
    assert [index_shown(frame) for frame in frames[140:20:-40]] == [140, 100, 60]
    assert index_shown(frames[-1]) == COUNT - 1
    assert index_shown(frames[COUNT - 1]) == COUNT - 1
    for outside in (COUNT, COUNT + 100, -COUNT - 1):
        with pytest.raises(IndexError):
            frames[outside]
    assert index_shown(frames[3]) == 3


def test_a_frame_may_be_changed_without_changing_the_next_reading(video):
    frames = VideoFile(video)
    frames[5][:] = 0
    assert index_shown(frames[5]) == 5


def test_travels_to_another_process(video):
    frames = pickle.loads(pickle.dumps(VideoFile(video)))
    assert index_shown(frames[77]) == 77


def test_a_video_is_a_dataset(video, tmp_path):
    (tmp_path / "boxes.txt").write_text("1,2,3,4\n" * COUNT)
    (sequence,) = load_dataset("folder", video, truth=tmp_path / "boxes.txt")
    assert (sequence.name, len(sequence), sequence.boxes.shape) == ("clip", COUNT, (COUNT, 4))
    (tmp_path / "boxes.txt").write_text("1,2,3,4\n" * (COUNT - 1))
    with pytest.raises(DataError, match="expected 150 boxes"):
        load_dataset("folder", video, truth=tmp_path / "boxes.txt")


def test_wrong_time_stamps_after_a_jump_cost_time_only(video, monkeypatch):
    frames = VideoReader(video)
    assert len(frames) == COUNT
    reopened = []
    monkeypatch.setattr(frames, "_times", [0.0] * COUNT)
    monkeypatch.setattr(frames, "_open", lambda: reopened.append(1) or VideoReader._open(frames))
    assert index_shown(frames[100]) == 100
    assert index_shown(frames[50]) == 50
    assert reopened


@pytest.mark.parametrize("content", [b"", b"this is no video" * 100])
def test_not_a_video_names_the_file(tmp_path, content):
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(DataError, match=r"clip\.mp4: expected a video"):
        open_frames(tmp_path / "clip.mp4")
    with pytest.raises(MissingDataError, match=r"absent\.mp4"):
        open_frames(tmp_path / "absent.mp4")


def test_truncated_video_gives_what_it_has(video, tmp_path):
    data = video.read_bytes()
    path = tmp_path / video.name
    path.write_bytes(data[: len(data) // 2])
    if video.suffix == ".mp4":  # its table of frames stands at the end
        with pytest.raises(DataError, match=r"clip\.mp4"):
            VideoFile(path)
        return
    frames = VideoFile(path)
    shown = [index_shown(frame) for frame in frames[: len(frames) - 1]]
    assert 20 < len(frames) < COUNT
    assert shown == list(range(len(shown)))


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["sample_book.mkv", "bgslibrary_video02.avi", "propainter_test-sample0.mp4", "mmaction2_test.avi"]
)
def test_real_codecs(name):
    path = find_data(f"videos/{name}")
    if path is None:
        pytest.skip(f"videos/{name} is not on this machine (UDT_DATA or ../shared)")
    capture, truth = cv2.VideoCapture(str(path)), []
    while len(truth) < 120 and capture.grab():
        truth.append(capture.retrieve()[1][::4, ::4, ::-1].copy())
    frames = VideoFile(path)
    assert len(frames) >= len(truth)
    for index in np.random.default_rng(2).integers(0, len(truth), 8).tolist():
        np.testing.assert_array_equal(frames[index][::4, ::4], truth[index], err_msg=f"frame {index}")


def test_frames_larger_than_the_limit_are_refused_before_the_first(tmp_path, monkeypatch):
    path = write_video(tmp_path / "clip.avi", frames_of(1, 3))
    monkeypatch.setenv("UDT_LARGEST_IMAGE", "4799")
    for open_video in (VideoFile, VideoReader):
        with pytest.raises(DataError, match=r"clip\.avi: 80x60 pixels, more than the limit.*GEST_IMAGE=4800"):
            open_video(path)
    monkeypatch.setattr(VideoReader, "_check_announced_size", lambda self: None)  # as if it had none
    with pytest.raises(DataError, match="80x60 pixels"):
        VideoReader(path)[0]
    monkeypatch.setenv("UDT_LARGEST_IMAGE", "many")
    with pytest.raises(OptionError, match="UDT_LARGEST_IMAGE"):
        VideoFile(path)


def test_a_video_that_claims_a_huge_frame_is_refused_at_once(tmp_path):
    """FFmpeg would read this one; frames of still larger sizes it refuses itself."""
    path = tmp_path / "clip.y4m"
    path.write_bytes(b"YUV4MPEG2 W12000 H12000 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(100_000))
    with pytest.raises(DataError, match=r"clip\.y4m: 12000x12000 pixels, more than the limit of 134,217,728"):
        VideoFile(path)
