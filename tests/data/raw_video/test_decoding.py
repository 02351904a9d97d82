"""Decoding in a child process: crashes, hangs and bad files are survived and named."""

import time
from pathlib import Path

import numpy as np
import pytest
from video_files import frames_of, write_folder, write_video

from udtlib.data.raw_video.cache_index import NUMEL
from udtlib.data.raw_video.decoding import Chunk, Decoded, Decoder, Failure, Job, answer
from udtlib.data.raw_video.patch_selection import cut_patches
from udtlib.data.video.file import VideoFile
from udtlib.errors import DataError


def patches_in(messages):
    blobs = [blob for message in messages if isinstance(message, Chunk) for blob in message.blobs]
    return np.frombuffer(b"".join(blobs), np.uint8).reshape(-1, 125, 125, 3)


def test_patches_are_those_of_the_decoded_frames(tmp_path):
    path = write_video(tmp_path / "a.avi", frames_of(1, 40))
    messages = list(answer(Job(path, frames=35)))
    assert messages[-1].frames == 35
    assert messages[-1].note == ""
    np.testing.assert_array_equal(patches_in(messages), list(cut_patches(list(VideoFile(path))[:35])))
    with Decoder() as decoder:
        received = []
        ending = decoder.decode(Job(path, frames=35), received.append)
    assert ending == messages[-1]
    np.testing.assert_array_equal(patches_in(received), patches_in(messages))
    np.testing.assert_array_equal(received[0].hashes, messages[0].hashes)
    assert len(received[0].blobs[0]) == NUMEL


def test_a_relative_path_is_right_after_the_folder_changes(tmp_path, monkeypatch):
    """The child was started in another folder, and stays there."""
    for name, frames in [("first", 3), ("second", 5)]:
        (tmp_path / name).mkdir()
        write_video(tmp_path / name / "a.avi", frames_of(1, frames))
    with Decoder() as decoder:
        for name, frames in [("first", 3), ("second", 5)]:
            monkeypatch.chdir(tmp_path / name)
            assert decoder.decode(Job(Path("a.avi"), 9), lambda chunk: None).frames == frames


def test_child_is_survived_and_started_again(tmp_path):
    good = write_video(tmp_path / "good.avi", frames_of(1, 3))
    with Decoder(module="crashing_decoder") as decoder:
        for name, reason in [("abort", r"abort\.avi: the decoder crashed \(SIGABRT\)"), ("exit", "status 3")]:
            with pytest.raises(DataError, match=reason):
                decoder.decode(Job(tmp_path / f"{name}.avi", 9), lambda chunk: None)
            assert decoder.decode(Job(good, 9), lambda chunk: None).frames == 3


def test_hanging_child_is_stopped(tmp_path):
    begin = time.monotonic()
    stopped = pytest.raises(DataError, match=r"hang\.avi: the decoder gave no frame for 0\.2 s")
    with Decoder(patience=0.2, module="crashing_decoder") as decoder, stopped:
        decoder.decode(Job(tmp_path / "hang.avi", 9), lambda chunk: None)
    assert time.monotonic() - begin < 30


def test_receiver_that_fails_ends_the_child(tmp_path):
    path = write_video(tmp_path / "a.avi", frames_of(1, 40))

    def fail(chunk):
        raise KeyboardInterrupt

    with Decoder() as decoder:
        with pytest.raises(KeyboardInterrupt):
            decoder.decode(Job(path, 40), fail)
        assert decoder.decode(Job(path, 40), lambda chunk: None).frames == 40


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "an empty file"),
        (b"not a video\n" * 99, "found a text"),
        (b"RIFF\xff\xff\0\0AVI " * 99, "no frame that can be decoded"),
    ],
)
def test_file_that_is_no_video(tmp_path, content, reason):
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    (message,) = answer(Job(path, 9))
    assert isinstance(message, Failure)
    assert reason in message.reason
    assert str(path) in message.reason


@pytest.mark.parametrize(("suffix", "usable"), [(".mp4", False), (".avi", True)])
def test_truncated_video(tmp_path, suffix, usable):
    """An MP4 file has its table of frames at the end; of an AVI file the first part can be read."""
    path = write_video(tmp_path / f"cut{suffix}", frames_of(1, 40))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    *chunks, last = answer(Job(path, 300))
    if usable:
        assert 10 < last.frames < 30
        assert "of 40 announced frames could be decoded" in last.note
        assert len(patches_in(chunks)) == last.frames
    else:
        assert isinstance(last, Failure)


def test_video_of_one_frame(tmp_path):
    path = write_video(tmp_path / "one.avi", frames_of(1, 1))
    *_, last = answer(Job(path, 9))
    assert last == Failure(f"{path}: one frame, at least 2 are needed")


def test_folder_of_frames_ends_at_a_broken_one(tmp_path):
    folder = write_folder(tmp_path / "frames", frames_of(1, 20))
    whole = list(answer(Job(folder, 300)))
    assert whole[-1].frames == 20
    (folder / "000018.JPEG").write_bytes(b"")
    *chunks, last = answer(Job(folder, 300))
    assert isinstance(last, Decoded)
    assert last.frames == 18
    assert "000018.JPEG" in last.note
    np.testing.assert_array_equal(patches_in(chunks), patches_in(whole)[:18])
    (folder / "000001.JPEG").write_bytes(b"")
    *_, last = answer(Job(folder, 300))
    assert isinstance(last, Failure)
    assert "000001.JPEG" in last.reason


def test_fingerprint_is_of_the_source(tmp_path):
    from hashlib import sha256

    path = write_video(tmp_path / "a.avi", frames_of(1, 3))
    *_, last = answer(Job(path, 2))
    assert last.source_sha256 == sha256(path.read_bytes()).hexdigest()
    folder = write_folder(tmp_path / "frames", frames_of(1, 3))
    *_, last = answer(Job(folder, 2))
    used = b"".join((folder / f"00000{index}.JPEG").read_bytes() for index in range(2))
    assert last.source_sha256 == sha256(used).hexdigest()


def test_webp_is_small_and_close(tmp_path):
    path = write_video(tmp_path / "a.avi", frames_of(1, 3))
    import cv2

    (chunk, _), (raw, _) = answer(Job(path, 3, webp=80)), answer(Job(path, 3))
    decoded = [cv2.imdecode(np.frombuffer(blob, np.uint8), 1)[:, :, ::-1] for blob in chunk.blobs]
    error = np.abs(np.stack(decoded).astype(int) - patches_in([raw]))
    assert error.mean() < 4
    assert max(map(len, chunk.blobs)) < NUMEL / 4
