"""``udt track`` from the command line to the files it leaves."""

import os
import re
import shutil
import subprocess
import sys
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
from web_server import WebServer

from udtlib.cli import main
from udtlib.commands import track
from udtlib.data.box_files import read_boxes
from udtlib.data.folder import open_frames
from udtlib.data.video.file import VideoFile
from udtlib.trackers.udt import UdtTracker

BOX = "20,30,24,20"
COUNT = 20


def moving_square(index):
    """A textured square that moves 2 pixels right and 1 down a frame over still noise."""
    generator = np.random.default_rng(0)
    frame = generator.integers(90, 130, (100, 120, 3), dtype=np.uint8)
    texture = cv2.resize(generator.integers(0, 256, (5, 6, 3), dtype=np.uint8), (24, 20))
    frame[30 + index : 50 + index, 20 + 2 * index : 44 + 2 * index] = texture
    return frame


@pytest.fixture
def folder(tmp_path):
    clip = tmp_path / "clip"
    clip.mkdir()
    for index in range(COUNT):
        cv2.imwrite(str(clip / f"{index:04d}.png"), moving_square(index))
    return clip


@pytest.fixture
def video(tmp_path):
    return video_of(tmp_path).rename(tmp_path / "clip.avi")


def video_of(folder):
    path = folder / "plain.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 12.5, (120, 100))
    for index in range(COUNT):
        writer.write(moving_square(index))
    writer.release()
    return path


@pytest.mark.parametrize("kind", ["folder", "video"])
def test_boxes_and_video_are_written(kind, request, tmp_path, capsys):
    source, out, boxes = request.getfixturevalue(kind), tmp_path / "new" / "o.mp4", tmp_path / "o.txt"
    assert main(["track", str(source), "--box", BOX, "--out", str(out), "--boxes", str(boxes)]) == 0
    found = read_boxes(boxes, index_base=0)
    assert found.shape == (COUNT, 4)
    truth = np.array([20, 30, 24, 20]) + np.arange(COUNT)[:, None] * [2, 1, 0, 0]
    np.testing.assert_array_equal(found[0], truth[0])
    assert np.abs(found - truth).max() < 1.5
    drawn = VideoFile(out)
    assert len(drawn) == COUNT
    assert drawn.fps == (12.5 if kind == "video" else 25)
    red, green, blue = drawn[0][30:50, 21].mean(axis=0)  # the box's left line is orange
    assert red > green > blue + 50
    printed = capsys.readouterr()
    assert "20 frames tracked" in printed.out
    assert str(boxes) in printed.out
    assert boxes.read_text().startswith("# x,y,w,h in pixels, the first pixel is 0")
    assert {path.name for path in tmp_path.iterdir()} <= {"clip", "clip.avi", "new", "o.txt"}


@pytest.mark.parametrize("tracker", ["mosse", "udt"])
def test_several_boxes_are_tracked_in_one_pass(folder, tmp_path, capsys, tracker):
    others = ["60,10,30,30", BOX]
    command = ["track", str(folder), "--tracker", tracker]
    boxes = [word for box in others for word in ("--box", box)]
    assert main([*command, *boxes, "--boxes", str(tmp_path / "b.txt"), "--out", str(tmp_path / "o.mp4")]) == 0
    printed = capsys.readouterr().out
    assert len(re.findall(r"b-[12]\.txt", printed)) == 2
    assert not (tmp_path / "b.txt").exists()
    for k, box in enumerate(others, start=1):
        assert main([*command, "--box", box, "--boxes", str(tmp_path / "single.txt")]) == 0
        together = read_boxes(tmp_path / f"b-{k}.txt", index_base=0)
        np.testing.assert_allclose(together, read_boxes(tmp_path / "single.txt", index_base=0), atol=0.01)
    red, green, blue = VideoFile(tmp_path / "o.mp4")[0][12:38, 61].mean(axis=0)
    assert red > green > blue + 50
    (tmp_path / "taken-2.txt").mkdir()
    assert main([*command, *boxes, "--boxes", str(tmp_path / "taken.txt")]) == 2
    assert "taken-2.txt: expected the name of a file" in capsys.readouterr().err


def test_a_damaged_frame_keeps_the_last_box_and_is_reported(folder, tmp_path, capsys):
    (folder / "0007.png").write_bytes(b"damaged")
    (folder / "0009.png").write_bytes(b"")
    out, boxes = tmp_path / "o.webm", tmp_path / "o.txt"
    assert main(["track", str(folder), "--box", BOX, "--out", str(out), "--boxes", str(boxes)]) == 1
    found = read_boxes(boxes, 0)
    assert len(found) == len(VideoFile(out)) == COUNT
    np.testing.assert_array_equal(found[7], found[6])
    np.testing.assert_array_equal(found[9], found[8])
    assert found[-1, 0] == pytest.approx(20 + 2 * (COUNT - 1), abs=1.5)
    printed = capsys.readouterr()
    assert "frame 7 is passed over" in printed.err
    assert "0007.png" in printed.err
    assert "2 frames could not be read" in printed.out


@pytest.mark.parametrize("factor", [0.5, 2])
def test_frames_of_another_size_are_tracked_in_the_first_ones_coordinates(folder, tmp_path, caplog, factor):
    for index in range(8, 14):
        frame = cv2.resize(moving_square(index), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{index:04d}.png"), frame)
    boxes, out = tmp_path / "o.txt", tmp_path / "o.mp4"
    assert main(["track", str(folder), "--box", BOX, "--boxes", str(boxes), "--out", str(out)]) == 0
    truth = np.array([20, 30, 24, 20]) + np.arange(COUNT)[:, None] * [2, 1, 0, 0]
    assert np.abs(read_boxes(boxes, 0) - truth).max() < 2
    assert {frame.shape for frame in VideoFile(out)} == {(100, 120, 3)}
    found = f"{int(120 * factor)}x{int(100 * factor)}"
    assert [record.getMessage().replace(str(folder), "clip") for record in caplog.records] == [
        f"clip: frame 8 is {found}, the first 120x100; resized, boxes are in the first frame's coordinates",
        "clip: frame 14 is 120x100, the first 120x100",
    ]


@pytest.mark.parametrize("kind", ["abort", "hang"])
def test_a_codec_that_dies_keeps_what_was_tracked(video, tmp_path, capsys, monkeypatch, kind):
    monkeypatch.setattr(VideoFile, "module", "crashing_reader")
    monkeypatch.setattr(track, "open_source", lambda path: VideoFile(path, patience=4))
    source = video.rename(tmp_path / f"{kind}-12.avi")
    out, boxes = tmp_path / "o.mp4", tmp_path / "o.txt"
    assert main(["track", str(source), "--box", BOX, "--out", str(out), "--boxes", str(boxes)]) == 1
    found = read_boxes(boxes, index_base=0)
    assert found.shape == (12, 4)
    assert found[-1, 0] == pytest.approx(20 + 2 * 11, abs=1.5)
    assert len(VideoFile(out)) == 12
    printed = capsys.readouterr()
    cause = r"crashed \(SIGABRT\)" if kind == "abort" else r"gave no frame for 4 s and was stopped"
    kept = "what was tracked before is kept"
    assert re.search(rf"udt track: .*{kind}-12\.avi: the decoder {cause} at frame 12; {kept}", printed.err)
    assert "12 frames tracked" in printed.out
    assert "says it has 20 frames; the others could not be read" in printed.out


@pytest.mark.parametrize("size", [(241, 321), (240, 321), (241, 320), (1, 1), (3, 2)])
def test_nothing_of_an_odd_sized_frame_is_cut(tmp_path, size):
    height, width = size
    source = tmp_path / "clip"
    source.mkdir()
    frame = np.full((*size, 3), 60, np.uint8)
    frame[-8:, -8:] = 250
    for index in range(3):
        cv2.imwrite(str(source / f"{index}.png"), frame)
    box = ["--box", f"0,0,{min(width, 20)},{min(height, 20)}"]
    assert main(["track", str(source), *box, "--out", str(tmp_path / "o.mp4")]) == 0
    drawn = list(VideoFile(tmp_path / "o.mp4"))
    assert len(drawn) == 3
    assert drawn[0].shape == (height + height % 2, width + width % 2, 3)
    if min(size) > 20:
        assert drawn[0][height - 1, width - 4 : width].min() > 200
        assert drawn[0][height - 4 : height, width - 1].min() > 200


@pytest.mark.parametrize("name", [b"\xc3\xa9t\xc3\xa9", b"caf\xe9", b"d\xe9/x"])
@pytest.mark.parametrize("locale", ["utf-8", "ascii", "C"])
def test_any_name_on_any_terminal(tmp_path, name, locale):
    """All names, of source and outputs; with a terminal that cannot show them and a locale of ASCII only."""
    places = [os.fsencode(tmp_path) + b"/" + name + suffix for suffix in (b".avi", b"-out.mp4", b".txt")]
    os.makedirs(os.path.dirname(places[0]), exist_ok=True)
    shutil.copy(video_of(tmp_path), places[0])
    environment = os.environ | {"PYTHONIOENCODING": "utf-8" if locale == "utf-8" else "ascii:strict"}
    if locale == "C":
        environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "udtlib", "track", places[0], "--box", BOX, "--tracker", "mosse"]
    command += ["--out", places[1], "--boxes", places[2]]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert b"20 frames tracked" in done.stdout
    assert b"boxes: " in done.stdout
    assert len(VideoFile(os.fsdecode(places[1]))) == COUNT
    assert len(read_boxes(os.fsdecode(places[2]), 0)) == COUNT
    left = {path for _, _, files in os.walk(os.fsencode(tmp_path)) for path in files}
    assert {os.path.basename(place) for place in places} <= left
    assert not [path for path in left if b"unfinished" in path]


def test_a_tracker_that_changes_the_folder_does_not_move_the_files(folder, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "own.py").write_text(
        "import os\nclass Own:\n    def init(self, frame, box):\n        self.box = box\n"
        f"        os.chdir({str(elsewhere)!r})\n    def update(self, frame):\n        return self.box\n"
    )
    monkeypatch.chdir(tmp_path)
    words = ["--box", BOX, "--tracker", "own.py:Own", "--boxes", "b.txt", "--out", "o.mp4"]
    assert main(["track", folder.name, *words]) == 0
    assert len(read_boxes(tmp_path / "b.txt", 0)) == COUNT
    assert (tmp_path / "o.mp4").stat().st_size > 1000
    assert list(elsewhere.iterdir()) == []


def test_boxes_are_on_disk_while_tracking(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(track, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(track, "SAVING", float("inf"))
    seen = []
    path, real = tmp_path / "o.txt", track.write_boxes

    def noting(*arguments, **options):
        real(*arguments, **options)
        seen.append(len(read_boxes(path, 0)))

    monkeypatch.setattr(track, "write_boxes", noting)
    assert main(["track", str(folder), "--box", BOX, "--boxes", str(path)]) == 0
    assert seen == [*range(1, COUNT + 1), COUNT]


def test_a_video_shorter_than_it_says_is_told(video, tmp_path, capsys):
    data = video.read_bytes()
    short = tmp_path / "short.avi"
    short.write_bytes(data[: len(data) // 2])
    assert len(open_frames(short)) < COUNT
    assert main(["track", str(short), "--box", BOX]) == 0
    assert "says it has 20 frames" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--box", "1,2,3"], "four numbers"),
        (["--box", "a,b,c,d"], "four numbers x,y,w,h separated by commas, found 'a,b,c,d'"),
        (["--box", "1,2,0,4"], "positive width"),
        (["--box", "nan,2,3,4"], "four numbers"),
        (["--box", "1e999,2,3,4"], "finite"),
        (["--box", "1,2,1e308,1e308"], "times as large as the 120x100 image"),
        (["--box", f"1,2,{10**400},4"], "finite"),
        (["--box", f"1,2,{'9' * 5000},4"], "four numbers"),
        (["--box", "1,2,1j,4"], "four numbers"),
        (["--box", "1_0,2,3,4"], "four numbers"),
        (["--box", "0x10,2,3,4"], "four numbers"),
        (["--box", "500,2,3,4"], "outside the 120x100 image"),
        (["--box", BOX, "--tracker", "nobody"], "no tracker 'nobody'; known: .*mosse"),
        (["--box", BOX, "--out", "o.gif"], "a video's name that ends in .mp4 or .webm"),
        (["--box", BOX, "--out", "SOURCE"], "--out .*clip.avi: expected a video's name"),
        (["--box", BOX, "--start", "20"], "--start 20: .*clip.avi has 20 frames; the first is frame 0"),
        (["--box", BOX, "--start", "9", "--end", "8"], "--end 8 comes before --start 9"),
        (["--box", BOX, "--weights", "no.pth"], "no.pth"),
        (
            ["--box", BOX, "--weights", "a", "--option", "weights=b"],
            "--weights a and --option weights=b: give",
        ),
        (["--box", BOX, "--device", "abacus"], "device 'abacus' cannot be used here"),
        (["--box", BOX, "--device", "meta"], "device 'meta' cannot be used here"),
        (["--box", BOX, "--option", "preset=no"], "preset.*'no'"),
        (["--box", BOX, "--tracker", "mosse", "--weights", "x"], "tracker 'mosse'.*weights"),
        (["--box", BOX, "--boxes", "SOURCE"], "clip.avi is what is to be read; choose another name"),
        (["--box", BOX, "--index-base", "1"], "--index-base is of the file of --truth: .*always 0"),
        (["--box", BOX, "--out", "FOLDER/o.mp4", "--boxes", "FOLDER/o.mp4"], "o.mp4: .*found this one twice"),
        (["--box", BOX, "--boxes", "FOLDER"], "expected the name of a file to write, found a folder"),
        (
            ["--box", BOX, "--boxes", "SOURCE/b.txt"],
            r"clip\.avi is a file, expected a folder; choose another place",
        ),
        (
            ["--box", BOX, "--out", "SOURCE/o.mp4"],
            r"clip\.avi is a file, expected a folder; choose another place",
        ),
    ],
)
def test_bad_arguments_are_refused_in_one_line(video, capsys, options, message):
    places = {"SOURCE": str(video), "FOLDER": str(video.parent)}
    for word, place in places.items():
        options = [option.replace(word, place) for option in options]
    before = video.read_bytes()
    assert main(["track", str(video), *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("udt track: ")
    assert error.count("\n") == 1
    assert re.search(message, error)
    assert video.read_bytes() == before
    assert list(video.parent.iterdir()) == [video]


@pytest.mark.parametrize("option", ["--truth", "--weights"])
def test_what_is_read_is_not_written_over(video, tmp_path, monkeypatch, capsys, option):
    """By whatever name: true boxes and weights are somebody's work, as the video is."""
    path = tmp_path / "read.txt"
    path.write_text(f"{BOX}\n" * COUNT)
    (tmp_path / "link.txt").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    start = [] if option == "--truth" else ["--box", BOX]
    for name in (str(path), "read.txt", "./link.txt"):
        assert main(["track", str(video), option, str(path), *start, "--boxes", name]) == 2
        assert "is what is to be read; choose another name" in capsys.readouterr().err
    assert path.read_text() == f"{BOX}\n" * COUNT


def test_boxes_that_take_long_to_write_are_written_less_often(folder, tmp_path, monkeypatch):
    """Else a camera that runs for hours would do nothing but write."""
    now, written = [0.0], []

    def slow(path, boxes, **_):
        written.append(len(boxes))
        now[0] += 1.0

    monkeypatch.setattr(track, "write_boxes", slow)
    monkeypatch.setattr(track.time, "monotonic", lambda: now[0])
    outputs = track.Outputs([tmp_path / "o.txt"], None, open_frames(folder), moving_square(0), 0)
    boxes = []
    for _ in range(100):
        boxes.append(np.array([[1.0, 2, 3, 4]]))
        now[0] += 1.0
        outputs.add(moving_square(0), boxes)
    outputs.close(boxes)
    assert written == [1, 22, 43, 64, 85, 100]


def test_an_interrupted_run_keeps_the_boxes_so_far(folder, tmp_path, capsys, monkeypatch):
    def interrupt(tracker, frame):
        if np.array_equal(frame, open_frames(folder)[5]):
            raise KeyboardInterrupt
        return np.array([1.0, 2, 3, 4])

    monkeypatch.setattr(UdtTracker, "update", interrupt)
    assert main(["track", str(folder), "--box", BOX, "--boxes", str(tmp_path / "b.txt")]) == 130
    assert "interrupted; files written so far are kept" in capsys.readouterr().err
    assert len(read_boxes(tmp_path / "b.txt", index_base=0)) == 5


def test_absent_source(tmp_path, capsys):
    assert main(["track", str(tmp_path / "nothing.mp4"), "--box", BOX]) == 2
    assert "nothing.mp4: no such video file" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["track", str(tmp_path / "empty"), "--box", BOX]) == 2
    assert "empty: expected images" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["folder", "video"])
@pytest.mark.parametrize(
    ("start", "end", "count"), [(0, 4, 5), (12, 15, 4), (12, None, 8), (12, 99, 8), (7, 7, 1)]
)
def test_a_range_of_frames(kind, start, end, count, request, tmp_path, capsys):
    source, boxes = request.getfixturevalue(kind), tmp_path / "o.txt"
    box = f"{20 + 2 * start},{30 + start},24,20"
    options = ["--start", str(start), *(["--end", str(end)] if end is not None else [])]
    assert main(["track", str(source), "--box", box, *options, "--boxes", str(boxes)]) == 0
    truth = np.array([20, 30, 24, 20]) + np.arange(start, start + count)[:, None] * [2, 1, 0, 0]
    found = read_boxes(boxes, 0)
    assert found.shape == truth.shape
    assert np.abs(found - truth).max() < 1.5
    assert ("the first line is frame 12" in boxes.read_text()) == (start == 12)
    assert ("frame 19 was the last, before --end 99" in capsys.readouterr().out) == (end == 99)


@pytest.mark.parametrize("word", ["--start", "--end"])
@pytest.mark.parametrize("value", ["-1", "1.5", "x"])
def test_a_range_that_is_no_number(video, word, value, capsys):
    with pytest.raises(SystemExit):
        main(["track", str(video), "--box", BOX, f"{word}={value}"])
    assert f"{word}: expected a whole number from 0" in capsys.readouterr().err


def test_options_weights_and_device_reach_the_tracker(folder, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(track, "load_group", lambda name, count, **rest: seen.append((name, rest)) or still())
    command = ["track", str(folder), "--box", BOX]
    assert main(command) == 0
    assert main([*command, "--weights", "a b.pth", "--device", "cuda:1", "--option", "padding=1.5"]) == 0
    assert seen == [("udt", {}), ("udt", {"weights": "a b.pth", "device": "cuda:1", "padding": 1.5})]


def still():
    tracker = Mock()
    tracker.update = lambda frame: np.array([[1.0, 2, 3, 4]])
    return tracker


def test_other_weights_give_other_boxes(folder, tmp_path):
    found = {}
    for weights in ("udt-noise", "random"):
        boxes = tmp_path / "o.txt"
        assert main(["track", str(folder), "--box", BOX, "--weights", weights, "--boxes", str(boxes)]) == 0
        found[weights] = read_boxes(boxes, 0)
    assert np.abs(found["random"] - found["udt-noise"]).max() > 0.01


@pytest.mark.parametrize("name", ["o.mp4", "o.webm", "O.WEBM"])
def test_the_video_is_vp9(folder, tmp_path, name, capfd):
    assert main(["track", str(folder), "--box", BOX, "--end", "3", "--out", str(tmp_path / name)]) == 0
    data = (tmp_path / name).read_bytes()
    assert (b"vp09" if name == "o.mp4" else b"V_VP9") in data
    assert data.startswith(b"\x1a\x45\xdf\xa3") == (name != "o.mp4")
    assert len(VideoFile(tmp_path / name)) == 4
    assert "not supported" not in capfd.readouterr().err


@pytest.mark.parametrize(("name", "word"), [("o.mp4", "MPEG-4 Part 2"), ("o.webm", "VP8")])
def test_an_opencv_without_vp9_writes_something_else_and_says_so(
    folder, tmp_path, name, word, caplog, monkeypatch
):
    real = cv2.VideoWriter()
    lacking = [cv2.VideoWriter.fourcc(*code) for code in ("vp09", "VP90")]
    poor = Mock(fourcc=cv2.VideoWriter.fourcc)
    poor.return_value = Mock(write=real.write, release=real.release)
    poor.return_value.open = lambda place, code, *rest: code not in lacking and real.open(place, code, *rest)
    monkeypatch.setattr(cv2, "VideoWriter", poor)
    assert main(["track", str(folder), "--box", BOX, "--end", "3", "--out", str(tmp_path / name)]) == 0
    assert f"{name}: this OpenCV cannot write VP9; {word}" in caplog.text
    assert len(VideoFile(tmp_path / name)) == 4


@pytest.fixture
def stream(video):
    server = WebServer()
    server.files["clip.avi"] = video.read_bytes()
    yield server.address + "clip.avi"
    server.close()


def test_a_stream_is_tracked_as_the_file_is(stream, video, tmp_path, capsys):
    for source, name in ((stream, "a.txt"), (str(video), "b.txt")):
        box = "24,32,24,20"
        assert main(["track", source, "--box", box, "--start", "2", "--boxes", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.txt").read_text() == (tmp_path / "b.txt").read_text()
    assert main(["track", stream, "--box", BOX, "--start", "20"]) == 2
    assert f"--start 20: {stream} ends before it" in capsys.readouterr().err
    assert main(["track", "rtsp://127.0.0.1:1/x", "--box", BOX]) == 2
    assert capsys.readouterr().err.startswith("udt track: rtsp://127.0.0.1:1/x: cannot be opened")


def test_ctrl_c_ends_a_stream_with_everything_written(stream, tmp_path, capsys, monkeypatch):
    calls, real = [], UdtTracker.update

    def interrupt(tracker, frame):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(tracker, frame)

    monkeypatch.setattr(UdtTracker, "update", interrupt)
    boxes, out = tmp_path / "b.txt", tmp_path / "o.webm"
    assert main(["track", stream, "--box", BOX, "--boxes", str(boxes), "--out", str(out)]) == 0
    assert len(read_boxes(boxes, 0)) == len(VideoFile(out)) == 5
    printed = capsys.readouterr().out
    assert "5 frames tracked" in printed
    assert "could not be read" not in printed
