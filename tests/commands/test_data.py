"""``udt data pack``: what it prints and returns."""

import numpy as np
import pytest
from video_files import frames_of, write_folder, write_video

from udtlib import cli
from udtlib.data.raw_video import decoding
from udtlib.data.raw_video.cache_index import NUMEL
from udtlib.data.raw_video.patch_cache import PatchCache


@pytest.fixture
def videos(tmp_path):
    for seed in range(3):
        write_video(tmp_path / "in" / f"{seed}.avi", frames_of(seed, 6))
    return tmp_path / "in"


def test_pack(videos, tmp_path, capsys):
    out = tmp_path / "patches.webp"
    command = ["data", "pack", str(videos), "--out", str(out), "--webp", "80", "--frames-per-video", "4"]
    assert cli.main([*command, "--measured"]) == 0
    printed = capsys.readouterr().out
    assert f"{out}: 12 patches of 3 videos" in printed
    assert "\n0 skipped\n" in printed, "nothing of sequences for measuring, for there are none"
    assert PatchCache(out).settings["webp"] == 80
    assert cli.main([*command, "--measured"]) == 0
    assert capsys.readouterr().out == printed


def test_bad_and_leaking_videos_are_named(videos, tmp_path, capsys):
    (videos / "empty.mp4").touch()
    write_folder(tmp_path / "otb" / "Slide" / "img", np.repeat(frames_of(1, 6), 2, axis=1), "{:04d}.jpg")
    out = str(tmp_path / "patches.raw")
    assert cli.main(["data", "pack", str(videos), "--out", out, "--measured", str(tmp_path / "otb")]) == 1
    printed = capsys.readouterr()
    assert "12 patches of 2 videos" in printed.out
    assert "1 skipped; 1 dropped because they show one of the 1 sequences for measuring" in printed.out
    assert "dropped 1.avi: shows otb/Slide" in printed.out
    assert "skipped empty.mp4: " in printed.err


def test_interrupt_keeps_what_is_finished(videos, tmp_path, capsys, monkeypatch):
    command = ["data", "pack", str(videos), "--out", str(tmp_path / "patches"), "--measured"]
    decode = decoding.Decoder.decode

    def decode_first_two(decoder, job, receive):
        if job.path.name == "2.avi":
            raise KeyboardInterrupt
        return decode(decoder, job, receive)

    monkeypatch.setattr(decoding.Decoder, "decode", decode_first_two)
    assert cli.main(command) == 130
    assert "run the same command again" in capsys.readouterr().err
    assert (tmp_path / "patches.partial").stat().st_size == 12 * NUMEL
    monkeypatch.undo()
    assert cli.main(command) == 0
    assert len(PatchCache(tmp_path / "patches")) == 18


def test_measured_defaults_to_what_is_found(videos, tmp_path, monkeypatch):
    write_folder(tmp_path / "data" / "vot" / "slide" / "color", frames_of(1, 6), "{:08d}.jpg")
    monkeypatch.setenv("UDT_DATA", str(tmp_path / "data"))
    assert cli.main(["data", "pack", str(videos), "--out", str(tmp_path / "patches")]) == 0
    cache = PatchCache(tmp_path / "patches")
    assert cache.settings["measured"] == ["vot/slide"]
    assert [video.name for video in cache.skipped if video.leak] == ["1.avi"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere"], "nowhere: no such video"),
        (["."], "found none"),
        (["0.avi", "--webp", "101"], "1 to 100, found 101"),
        (["0.avi", "--measured", "nowhere"], "expected folders of images to measure on"),
    ],
)
def test_refusals_are_one_line(videos, tmp_path, capsys, monkeypatch, arguments, text):
    monkeypatch.setenv("UDT_DATA", "none")
    monkeypatch.chdir(tmp_path if arguments[0] == "." else videos)
    for path in tmp_path.glob("in/*") if arguments[0] == "." else ():
        path.unlink()
    assert cli.main(["data", "pack", *arguments, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1
