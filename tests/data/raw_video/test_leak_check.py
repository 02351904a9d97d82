"""The perceptual hash: copies are found in spite of size and codec, other videos are not."""

import cv2
import numpy as np
import pytest
from clips import texture
from video_files import frames_of, write_folder, write_video

from udtlib.data import find_data
from udtlib.data.raw_video.leak_check import (
    BITS,
    TOLERANCE,
    Leak,
    Measured,
    group_copies,
    hamming,
    measuring_sequences,
    perceptual_hash,
)
from udtlib.data.raw_video.packing import find_videos
from udtlib.data.raw_video.patch_selection import cut_patches
from udtlib.data.video.file import VideoFile
from udtlib.errors import DataError


def hashes_of(frames):
    return perceptual_hash(np.stack(list(cut_patches(frames))))


def test_hamming_counts_bits():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 256, (2, 5, 32), dtype=np.uint8)
    expected = [
        [sum(int(a ^ b).bit_count() for a, b in zip(x, y, strict=True)) for y in second] for x in first
    ]
    np.testing.assert_array_equal(hamming(first, second), expected)


def test_hash_of_a_ramp_and_of_nothing():
    ramp = np.repeat(np.linspace(0, 255, 125).astype(np.uint8)[None, :, None], 125, 0).repeat(3, 2)
    flat = np.full_like(ramp, 77)
    np.testing.assert_array_equal(
        perceptual_hash(np.stack([ramp, ramp[:, ::-1], flat])), [[255] * 32, [0] * 32, [0] * 32]
    )


def test_copy_is_found_and_others_are_not(tmp_path):
    original = frames_of(1, 24, (120, 160))
    small = [cv2.resize(frame, (100, 60), interpolation=cv2.INTER_AREA) for frame in original[8:]]
    copy = list(VideoFile(write_video(tmp_path / "copy.mp4", small)))
    measured = Measured([("other", frames_of(2, 24)), ("original", list(original))])
    leak = measured.find(hashes_of(copy))
    assert isinstance(leak, Leak)
    assert (leak.sequence, leak.frames) == ("original", 16)
    assert leak.distance <= TOLERANCE
    assert measured.find(hashes_of([frame[:, ::-1] for frame in copy])).sequence == "original"
    assert measured.find(hashes_of(frames_of(3, 24))) is None
    assert measured.find(hashes_of(frames_of(3, 24)), tolerance=BITS).distance > TOLERANCE


def test_flat_frames_match_nothing():
    flat = np.full((4, 60, 80, 3), 90, np.uint8)
    measured = Measured([("flat", flat), ("clip", frames_of(1, 4))])
    assert measured.find(hashes_of(flat)) is None
    assert Measured([("none", [])]).find(hashes_of(flat)) is None


def test_every_frame_is_hashed_as_it_is_and_mirrored():
    frames = frames_of(1, 9, (360, 480))
    measured = Measured([("clip", iter(frames))])
    np.testing.assert_array_equal(measured.hashes[0][::2], hashes_of(frames))
    mirrored = hashes_of(frames[:, :, ::-1])
    assert hamming(measured.hashes[0][1::2], mirrored).diagonal().max() < TOLERANCE


def test_copies_are_one_group():
    clips = [hashes_of([texture(60, 80, seed)]) for seed in range(4)]
    joined = np.concatenate([clips[1], clips[3]])
    assert group_copies(clips) == [0, 1, 2, 3]
    assert group_copies([*clips, clips[2]]) == [0, 1, 2, 3, 2]
    assert group_copies([*clips, joined]) == [0, 1, 2, 1, 1]
    assert group_copies([clips[0] * 0, clips[0] * 0]) == [0, 1]
    assert group_copies([]) == []


def test_measuring_sequences(tmp_path):
    write_folder(tmp_path / "otb" / "David" / "img", frames_of(1, 2), "{:04d}.jpg")
    write_folder(tmp_path / "otb" / "Couple" / "img", frames_of(2, 2), "{:04d}.jpg")
    write_folder(tmp_path / "vot" / "bag" / "color", frames_of(3, 2), "{:08d}.jpg")
    found = measuring_sequences([tmp_path / "otb", tmp_path / "vot"])
    assert [name for name, _ in found] == ["otb/Couple", "otb/David", "vot/bag"]
    assert [len(frames) for _, frames in found] == [2, 2, 2]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: expected folders of images to measure on"):
        measuring_sequences([tmp_path / "empty"])


@pytest.mark.shared
@pytest.mark.parametrize("name", ["David", "Jumping", "Woman"])
def test_copy_of_a_real_sequence_is_found(tmp_path, name):
    root = find_data(f"otb/{name}/img")
    if root is None:
        pytest.skip("the OTB sequences are not found")
    ((_, frames),) = measuring_sequences([root])
    small = [cv2.resize(frame, (176, 120), interpolation=cv2.INTER_AREA) for frame in frames[30:60]]
    copy = VideoFile(write_video(tmp_path / "copy.avi", small))
    leak = Measured([(name, frames[:100])]).find(hashes_of(copy))
    assert leak is not None
    assert leak.frames >= 25


def test_the_current_folder_is_called_what_it_is_called(tmp_path, monkeypatch):
    write_folder(tmp_path / "mine" / "David" / "img", frames_of(1, 2), "{:04d}.jpg")
    monkeypatch.chdir(tmp_path / "mine")
    assert [name for name, _ in measuring_sequences(["."])] == ["mine/David"]
    assert [name for name, _ in measuring_sequences([tmp_path / "mine"])] == ["mine/David"]
    monkeypatch.chdir(tmp_path / "mine" / "David" / "img")
    for here in (".", "../img"):
        assert [source.name for source in find_videos([here])] == ["img"]
