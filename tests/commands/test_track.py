"""``udt track`` from the command line to the files it leaves."""

import re

import cv2
import numpy as np
import pytest

from udtlib.cli import main
from udtlib.commands import track
from udtlib.data.box_files import read_boxes
from udtlib.data.folder import open_frames
from udtlib.data.video_file import VideoFile
from udtlib.trackers.mosse import MosseTracker

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
    path = tmp_path / "clip.avi"
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
    out, boxes = tmp_path / "o.avi", tmp_path / "o.txt"
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


def test_a_change_of_size_stops_but_keeps_what_was_tracked(folder, tmp_path, capsys):
    cv2.imwrite(str(folder / "0012.png"), np.zeros((50, 60, 3), np.uint8))
    boxes = tmp_path / "o.txt"
    assert main(["track", str(folder), "--box", BOX, "--boxes", str(boxes)]) == 2
    assert len(read_boxes(boxes, 0)) == 12
    assert "expected 120x100, found 60x50" in capsys.readouterr().err


def test_boxes_are_on_disk_while_tracking(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(track, "SAVE_EVERY", 0.0)
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
        (["--box", BOX, "--out", "o.gif"], "ends in .avi"),
        (["--box", BOX, "--out", "SOURCE"], "--out .* choose another name"),
        (["--box", BOX, "--boxes", "SOURCE"], "--boxes .* choose another name"),
        (["--box", BOX, "--boxes", "FOLDER"], "expected the name of a file to write, found a folder"),
        (
            ["--box", BOX, "--boxes", "SOURCE/b.txt"],
            r"clip\.avi: cannot be written \((File exists|Not a dir)",
        ),
        (["--box", BOX, "--out", "SOURCE/o.mp4"], r"clip\.avi: cannot be written \((File exists|Not a dir)"),
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


def test_an_interrupted_run_keeps_the_boxes_so_far(folder, tmp_path, capsys, monkeypatch):
    def interrupt(tracker, frame):
        if np.array_equal(frame, open_frames(folder)[5]):
            raise KeyboardInterrupt
        return np.array([1.0, 2, 3, 4])

    monkeypatch.setattr(MosseTracker, "update", interrupt)
    assert main(["track", str(folder), "--box", BOX, "--boxes", str(tmp_path / "b.txt")]) == 130
    assert "interrupted; files written so far are kept" in capsys.readouterr().err
    assert len(read_boxes(tmp_path / "b.txt", index_base=0)) == 5


def test_absent_source(tmp_path, capsys):
    assert main(["track", str(tmp_path / "nothing.mp4"), "--box", BOX]) == 2
    assert "nothing.mp4: no such video file" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["track", str(tmp_path / "empty"), "--box", BOX]) == 2
    assert "empty: expected images" in capsys.readouterr().err
