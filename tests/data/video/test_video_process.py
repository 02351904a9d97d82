"""An opened video's process: its crashes, the processes and threads around it, names, and what it leaves."""

import operator
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader
from video_files import frames_of, write_video

from udtlib.child_process import import_path
from udtlib.data.folder import open_frames
from udtlib.data.video import file
from udtlib.data.video.file import VideoFile
from udtlib.data.video.reader import VideoReader
from udtlib.data.video.shared_frame import SharedFrame
from udtlib.errors import DataError, DecoderError

COUNT = 60


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("video") / "clip.mp4", frames_of(3, COUNT))


@pytest.fixture(scope="module")
def truth(video):
    capture = cv2.VideoCapture(str(video))
    return [capture.read()[1][:, :, ::-1].copy() for _ in range(COUNT)]


@pytest.fixture
def dying(monkeypatch):
    monkeypatch.setattr(VideoFile, "module", "crashing_reader")


def copy_as(video, path):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(video.read_bytes())
    return path


def children():
    """The processes that this one has, dead ones included."""
    return sorted(
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    )


@pytest.mark.parametrize(
    ("kind", "cause"), [("abort", r"crashed \(SIGABRT\)"), ("exit", "ended with status 3")]
)
def test_a_crash_names_file_and_frame_and_costs_only_the_frames_behind_it(
    video, truth, tmp_path, dying, kind, cause
):
    frames = VideoFile(copy_as(video, tmp_path / f"{kind}-12.mp4"))
    for index in range(12):
        np.testing.assert_array_equal(frames[index], truth[index])
    with pytest.raises(DecoderError, match=rf"{kind}-12\.mp4: the decoder {cause} at frame 12"):
        frames[12]
    before = children()
    for _ in range(3):
        with pytest.raises(DecoderError, match="at frame 12"):
            frames[30]
    with pytest.raises(DecoderError, match="at frame 12"):
        len(frames)
    assert children() == before
    np.testing.assert_array_equal(frames[11], truth[11])
    np.testing.assert_array_equal(frames[3], truth[3])


def test_a_crash_while_decoding_ahead_spares_earlier_frames(video, truth, tmp_path, dying):
    frames = VideoFile(copy_as(video, tmp_path / "abort-12.mp4"))
    for index in (10, 11, 5):
        np.testing.assert_array_equal(frames[index], truth[index])
    with pytest.raises(DecoderError, match="at frame 12"):
        len(frames)


def test_a_crash_on_opening(video, tmp_path, dying):
    with pytest.raises(DecoderError, match=r"abort-0\.mp4: the decoder crashed \(SIGABRT\) at frame 0"):
        open_frames(copy_as(video, tmp_path / "abort-0.mp4"))


def test_a_hang_is_stopped(video, truth, tmp_path, dying):
    frames = VideoFile(copy_as(video, tmp_path / "hang-12.mp4"))
    np.testing.assert_array_equal(frames[5], truth[5])
    frames._process.child.output.raw.patience = 0.5
    begin = time.monotonic()
    with pytest.raises(DecoderError, match=r"hang-12\.mp4: the decoder gave no frame for .* at frame 12"):
        frames[20]
    assert time.monotonic() - begin < 30
    assert frames._process is None


def test_passing_over_many_frames_is_not_a_hang(video, monkeypatch):
    frames = VideoFile(video)
    raw = frames._process.child.output.raw
    waits, seen = iter([False] * 4), iter(range(100))
    real = raw._source.wait
    monkeypatch.setattr(raw, "progress", lambda: next(seen))
    monkeypatch.setattr(raw._source, "wait", lambda limit: next(waits, real(5000)))
    assert len(frames) == COUNT
    assert next(waits, None) is None


def test_children_end_with_close_with_the_object_and_are_no_zombies(video):
    before, files = children(), sorted(os.listdir("/proc/self/fd"))
    frames = VideoFile(video)
    assert len(children()) == len(before) + 1
    frames.close()
    assert children() == before
    assert frames[4].shape == (60, 80, 3)
    del frames
    assert children() == before
    assert sorted(os.listdir("/proc/self/fd")) == files


@pytest.mark.parametrize("count", [3, pytest.param(200, marks=pytest.mark.slow)])
def test_nothing_leaks(video, count, tmp_path, dying):
    """Neither from videos that were read, nor from files that are none, nor from crashes."""
    (tmp_path / "none.mp4").write_bytes(b"no video" * 99)
    crashing = copy_as(video, tmp_path / "abort-0.mp4")
    before, files = children(), len(os.listdir("/proc/self/fd"))
    for index in range(count):
        with pytest.raises(DataError):
            VideoFile([tmp_path / "none.mp4", crashing][index % 2])
        VideoFile(video)[1]
    assert children() == before
    assert len(os.listdir("/proc/self/fd")) == files


def test_only_so_many_processes_at_a_time(video, truth, monkeypatch):
    monkeypatch.setattr(file, "MOST_OPEN", 2)
    before = len(children())
    opened = [VideoFile(video) for _ in range(4)]
    assert len(children()) == before + 2
    for index, frames in enumerate(opened):
        np.testing.assert_array_equal(frames[10 + index], truth[10 + index])
    assert len(children()) == before + 2


@pytest.mark.parametrize("codec", ["none", "hang"])
def test_a_killed_parent_leaves_no_child(video, tmp_path, codec):
    code = """
import sys, threading, time
from udtlib.data.video.file import VideoFile
VideoFile.module = "crashing_reader"
frames = VideoFile(sys.argv[1])
print(frames._process.child._process.pid, flush=True)
threading.Thread(target=lambda: frames[9], daemon=True).start()
time.sleep(60)
"""
    path = copy_as(video, tmp_path / {"none": "clip.mp4", "hang": "hang-5.mp4"}[codec])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(import_path())}
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", code, str(path)], stdout=subprocess.PIPE, env=environment
    )
    with parent:
        child = int(parent.stdout.readline())
        time.sleep(0.2)
        assert Path(f"/proc/{child}").exists()
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def alive(pid):
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_forked_process_reads_its_own_frames(video, truth):
    frames = VideoFile(video)
    frames[0]
    pid = os.fork()
    if pid == 0:
        same = all(np.array_equal(frames[index], truth[index]) for index in (7, 8, 2))
        os._exit(0 if same else 1)
    np.testing.assert_array_equal(frames[20], truth[20])
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert frames._process is not None
    np.testing.assert_array_equal(frames[21], truth[21])


def test_fork_while_another_thread_reads(video, truth):
    frames = VideoFile(video)
    with ThreadPoolExecutor(1) as pool:
        counted = pool.submit(lambda: [frames[index] for index in range(COUNT)])
        pid = os.fork()
        if pid == 0:
            os._exit(0 if np.array_equal(frames[30], truth[30]) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        np.testing.assert_array_equal(counted.result(), truth)


def test_data_loader_workers(video, truth):
    frames = VideoFile(video)
    frames[0]
    loader = DataLoader(frames[:8], batch_size=None, num_workers=2, multiprocessing_context="fork")
    np.testing.assert_array_equal([frame.numpy() for frame in loader], truth[:8])
    assert frames[9].shape == (60, 80, 3)


def test_a_spawned_process_gets_the_video_by_pickle(video, truth):
    frames = VideoFile(video)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        np.testing.assert_array_equal(pool.submit(operator.getitem, frames, 5).result(), truth[5])


def test_threads_take_turns(video, truth):
    frames = VideoFile(video)
    order = np.random.default_rng(0).integers(0, COUNT, 60).tolist()
    with ThreadPoolExecutor(4) as pool:
        for index, frame in zip(order, pool.map(frames.__getitem__, order), strict=True):
            np.testing.assert_array_equal(frame, truth[index])


@pytest.mark.parametrize("name", [b"caf\xe9.avi", "ありがとう %d.avi".encode(), b"a\nb.avi", b"d\xe9/x.avi"])
def test_any_file_name(video, truth, tmp_path, name):
    path = copy_as(video, Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)))
    for kind in (VideoFile, VideoReader):
        np.testing.assert_array_equal(kind(path)[3], truth[3])
    path.write_bytes(b"none")
    with pytest.raises(DataError, match="expected a video") as caught:
        open_frames(path)
    assert ascii(str(path))[1:-1] in ascii(str(caught.value)).replace("a b.avi", r"a\nb.avi")


def test_another_current_folder_later(video, truth, monkeypatch, tmp_path):
    monkeypatch.chdir(video.parent)
    frames = VideoFile(video.name)
    monkeypatch.chdir(tmp_path)
    frames.close()
    np.testing.assert_array_equal(frames[3], truth[3])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(frames))[3], truth[3])


def test_a_path_through_a_link_is_the_systems(video, truth, monkeypatch, tmp_path):
    (tmp_path / "inside" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "inside" / "deep")
    copy_as(video, tmp_path / "inside" / "clip.mp4")
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(VideoFile("link/../clip.mp4")[3], truth[3])


def test_shared_frame_grows_and_copies():
    shared = SharedFrame()
    other = SharedFrame(os.dup(shared.descriptor))
    for size in ((2, 3), (200, 300), (1, 1)):
        frame = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
        other.write(frame)
        other.at = size[1]
        found = shared.read(*size)
        np.testing.assert_array_equal(found, frame)
        assert shared.at == size[1]
        found[:] = 0
        np.testing.assert_array_equal(shared.read(*size), frame)
    with pytest.raises(ValueError):
        shared.read(1000, 1000)
