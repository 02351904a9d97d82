"""Cameras and streams: what a source's text means, a video over HTTP, what cannot be opened."""

import cv2
import numpy as np
import pytest
from web_server import WebServer

from udtlib.data.video.file import VideoFile
from udtlib.data.video.live import LiveVideo, is_live, open_source, shown_name
from udtlib.data.video.live_process import LiveReader
from udtlib.errors import DataError, MissingDataError


@pytest.fixture
def web(tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 12.5, (64, 48))
    for index in range(6):
        writer.write(np.full((48, 64, 3), 40 * index, np.uint8))
    writer.release()
    server = WebServer()
    server.files["clip.avi"] = path.read_bytes()
    yield server, path
    server.close()


def test_what_a_source_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    live = ["0", "12", "rtsp://host/x", "HTTP://host/a.mp4", "https://u:p@host/a?b", "udp://@:1234"]
    assert [source for source in live if not is_live(source)] == []
    assert not any(is_live(source) for source in ("a.mp4", "123", "-1", "٣", "c:/a.mp4", "file:///a", ""))
    (tmp_path / "0").mkdir()
    assert not is_live("0")
    with pytest.raises(MissingDataError, match=r"^c:/a.mp4: no such video file"):
        open_source("c:/a.mp4")


def test_a_password_is_never_shown():
    assert shown_name("rtsp://me:se/cret@host:554/live?key=1#x") == "rtsp://host:554/live"
    assert shown_name("rtsp://me:secret@host:554/live?key=secret#x") == "rtsp://host:554/live"
    assert shown_name("http://host?token=secret") == "http://host"
    with pytest.raises(DataError, match=r"^ftp://host/a\.mp4: expected a URL that starts with one of http"):
        open_source("ftp://me:secret@host/a.mp4")


def test_a_video_over_http_has_the_files_frames(web):
    server, path = web
    video, file = open_source(server.address + "clip.avi"), VideoFile(path)
    assert isinstance(video, LiveVideo)
    assert video.fps == 12.5
    for index in range(6):
        np.testing.assert_array_equal(video[index], file[index])
    np.testing.assert_array_equal(video[5], file[5])
    with pytest.raises(IndexError):
        video[6]
    with pytest.raises(DataError, match="frame 2 has passed"):
        video[2]
    with pytest.raises(DataError, match="no number of frames"):
        len(video)


@pytest.mark.parametrize("name", ["nothing.avi", "text.avi"])
def test_what_the_server_does_not_have_is_said(web, name):
    server, _ = web
    server.files["text.avi"] = b"no video" * 100
    with pytest.raises(DataError, match=f"{server.address}{name}: cannot be opened; is the address right"):
        open_source(server.address + name)


def test_a_server_that_cannot_jump_to_the_frames(web, tmp_path):
    server, _ = web
    path = tmp_path / "late.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (640, 480))
    for seed in range(12):  # its index stands at its end
        writer.write(np.random.default_rng(seed).integers(0, 256, (480, 640, 3), dtype=np.uint8))
    writer.release()
    server.files["late.mp4"] = path.read_bytes()
    assert open_source(server.address + "late.mp4")[1].shape == (480, 640, 3)
    server.modes["late.mp4"] = ["no-range"] * 9
    with pytest.raises(DataError, match=r"late\.mp4: .*(server that answers Range|cannot be opened)"):
        open_source(server.address + "late.mp4")


def test_nobody_listens_and_no_camera():
    with pytest.raises(DataError, match=r"^rtsp://127\.0\.0\.1:1/x: cannot be opened"):
        open_source("rtsp://me:secret@127.0.0.1:1/x")
    with pytest.raises(DataError, match=r"^camera 97: cannot be opened; is it plugged in"):
        open_source("97")
    with pytest.raises(DataError, match=r"^nonsense: expected a camera's number"):
        LiveVideo("nonsense")


@pytest.mark.parametrize(
    ("stated", "found"), [(90_000.0, 0.0), (25.0, 25.0), (0.0, 0.0), (float("nan"), 0.0)]
)
def test_a_rate_that_no_video_has_is_none(monkeypatch, stated, found):
    """Streams over RTSP often state their clock's rate, and no video can be written at that."""

    class Capture:
        def __init__(self, *source):
            pass

        def isOpened(self):
            return True

        def get(self, what):
            return stated if what == cv2.CAP_PROP_FPS else 0.0

        def grab(self):
            return True

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    assert LiveReader("rtsp://host/x", "rtsp://host/x").fps == found
