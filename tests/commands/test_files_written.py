"""Every command's paths and files: home folders, second writers, devices, names, and what a kill leaves."""

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from shift_tracker import Shift, digests, three_sequences
from video_files import frames_of, write_folder, write_video

from udtlib.cli import COMMANDS, build_parser, main
from udtlib.commands import track
from udtlib.data import find_data, load_dataset, load_truth
from udtlib.data.folder import load_folder
from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.data.synthetic.cache import pack_clips
from udtlib.errors import StorageError
from udtlib.evaluation import evaluate
from udtlib.evaluation.results.runs import find_trackers
from udtlib.files import write_whole
from udtlib.locks import only_writer
from udtlib.weights import random_weights, save_weights

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parents[1])])}
PLACES = ("FILE", "DIR", "RUN", "IN", "OUT", "VIDEOS", "ROOT", "out.mp4", "out.txt")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def arguments_of(parser):
    """Yield all arguments of a parser and of the parsers below it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in dict.fromkeys(action.choices.values()):
                yield from arguments_of(below)
        else:
            yield action


def path_arguments():
    for command in COMMANDS:
        parsers = build_parser(command)._subparsers._group_actions[0].choices
        for action in arguments_of(parsers[command]):
            words = str(action.metavar or "").replace("FILE_OR_", "").split(".")
            if words[0] in PLACES or str(action.metavar) in PLACES:
                yield pytest.param(action, id=f"{command} {action.metavar} {action.dest}")


@pytest.mark.parametrize("action", list(path_arguments()))
def test_every_path_argument_knows_home_folders(action, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert action.type("~/a/b.csv") == tmp_path / "a" / "b.csv"
    for text in ("", "~nobody-of-this-name/a", "a\0b"):
        with pytest.raises(argparse.ArgumentTypeError):
            action.type(text)


def test_there_are_path_arguments():
    found = [param.id for param in path_arguments()]
    assert len(found) >= 24
    assert {name.split()[0] for name in found} == set(COMMANDS) - {"check", "select"}


def test_functions_know_home_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_folder(tmp_path / "clip", frames_of(1, 3))
    (one,) = load_dataset("folder", "~/clip")
    assert (one.name, len(one.frames)) == ("clip", 3)
    write_whole("~/truth.txt", "1,2,3,4\n")
    assert len(load_folder("~/clip", truth="~/truth.txt")[0].boxes) == 1
    evaluate(Shift, three_sequences(), "~/run", name="shift")
    assert list(find_trackers(["~/run"])) == ["shift"]
    write_whole("~/otb.json", json.dumps({}))
    monkeypatch.setenv("UDT_DATA", "~")
    assert find_data("otb.json") == tmp_path / "otb.json"
    assert len(pack_clips("~/clips.raw", 1, 2)) == len(PatchCache("~/clips.raw")) == 2
    with pytest.raises(Exception, match=str(tmp_path)):
        load_truth("otb2015", "~/nowhere")
    assert names(tmp_path) == ["clip", "clips.raw", "otb.json", "run", "truth.txt"]


# --- names ---


def test_names_of_sequences(tmp_path, monkeypatch):
    for name in ("clip.1", "clip.2", "a.b.mp4"):
        write_folder(tmp_path / name, frames_of(1, 2))
        assert load_folder(tmp_path / name)[0].name == name
    write_video(tmp_path / "film.v2.avi", frames_of(1, 3))
    assert load_folder(tmp_path / "film.v2.avi")[0].name == "film.v2"
    for number in ("1", "2"):
        (tmp_path / "film.v2.avi").rename(tmp_path / f"film.{number}")
        assert load_folder(tmp_path / f"film.{number}")[0].name == f"film.{number}"
        (tmp_path / f"film.{number}").rename(tmp_path / "film.v2.avi")
    monkeypatch.chdir(tmp_path / "clip.1")
    for root, expected in (
        (".", "clip.1"),
        ("./", "clip.1"),
        ("../clip.2", "clip.2"),
        ("../clip.2/.", "clip.2"),
    ):
        assert load_folder(root)[0].name == expected


def test_evaluating_the_current_folder(tmp_path, monkeypatch, capsys):
    write_folder(tmp_path / "clip.1", frames_of(1, 3))
    (tmp_path / "clip.1" / "groundtruth.txt").write_text("20,20,30,30\n" * 3)
    monkeypatch.chdir(tmp_path / "clip.1")
    words = ["--tracker", "mosse", "--dataset", "folder", "--root", ".", "--out", "../run", "--jobs", "1"]
    assert main(["evaluate", *words]) == 0
    assert names(tmp_path / "run" / "mosse") == ["clip.1.json", "clip.1.txt"]
    table = ["--table", "../a.csv", "--json", "../a.json"]
    assert main(["evaluate", *words, *table]) == 2
    assert "a.json: expected a name for each file to write, found this one twice" in capsys.readouterr().err


# --- what is read is not written ---


OWN = """
class Still:
    def init(self, frame, box): self.box = box
    def update(self, frame): return self.box
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    """A folder with one of each kind of file that commands read, which is the current one."""
    monkeypatch.chdir(tmp_path)
    save_weights("net.safetensors", random_weights())
    write_folder(tmp_path / "clip", frames_of(1, 3))
    Path("truth.json").write_text("20,20,30,30\n" * 3)
    Path("own.py").write_text(OWN)
    Path("otb.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize("spelling", ["same", "./same", "clip/../same", "absolute", "link", "hard link"])
@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("weights convert FILE OUT", "net.safetensors"),
        ("weights export FILE OUT", "net.safetensors"),
        ("evaluate --tracker udt --option weights=FILE --out run --json OUT", "net.safetensors"),
        ("evaluate --tracker FILE:Still --out run --json OUT", "own.py"),
        (
            "evaluate --tracker mosse --dataset folder --root clip --truth FILE --out run --json OUT",
            "truth.json",
        ),
        ("bench --tracker udt --option weights=FILE --json OUT", "net.safetensors"),
        ("score --dataset otb --annotations FILE --results run --json OUT", "otb.json"),
        ("score --dataset folder --truth FILE --results run --json OUT", "truth.json"),
        ("vot score --annotations FILE --results run --json OUT", "otb.json"),
        ("report run --annotations FILE --out OUT", "otb.json"),
        ("track clip --box 20,20,20,20 --tracker FILE:Still --boxes OUT", "own.py"),
        ("track clip --box 20,20,20,20 --option weights=FILE --boxes OUT", "net.safetensors"),
    ],
)
def test_no_command_writes_over_a_file_that_it_reads(read, capsys, command, name, spelling):
    before = Path(name).read_bytes()
    other = {"absolute": read / name, "link": "a-link", "hard link": "another"}.get(spelling)
    if spelling == "link":
        Path("a-link").symlink_to(name)
    if spelling == "hard link":
        os.link(name, "another")
    words = command.replace("FILE", name).replace("OUT", str(other or spelling.replace("same", name)))
    assert main(words.split()) == 2
    assert "is what is to be read; choose another name" in capsys.readouterr().err
    assert Path(name).read_bytes() == before
    assert not Path("run").exists()


def test_nor_does_the_file_beside_a_table(read, capsys):
    words = "evaluate --tracker mosse --dataset folder --root clip --truth truth.json --out run"
    assert main([*words.split(), "--table", "truth.csv"]) == 2
    assert "truth.json is what is to be read" in capsys.readouterr().err


def test_two_outputs_of_one_name_in_two_spellings_are_refused(read, capsys):
    words = "evaluate --tracker mosse --out run --table a.csv --json clip/../a.json"
    assert main(words.split()) == 2
    assert "a.json: expected a name for each file to write, found this one twice" in capsys.readouterr().err


def test_a_tracker_and_a_file_of_its_name_are_two_things(read):
    Path("mosse").write_text("{}")
    words = "evaluate --tracker mosse --dataset folder --root clip --truth truth.json --out run --jobs 1"
    assert main([*words.split(), "--json", "mosse"]) == 0
    assert len(json.loads(Path("mosse").read_text())) > 1


# --- one writer, and what is there already ---


@pytest.fixture
def network(tmp_path):
    save_weights(tmp_path / "net.safetensors", random_weights())
    return tmp_path / "net.safetensors"


def test_a_second_process_that_writes_a_file_is_refused(tmp_path, network, capsys):
    convert = ["weights", "convert", str(network), str(tmp_path / "out")]
    with only_writer(tmp_path / "out"):
        assert main(convert) == 2
    assert (
        f"{tmp_path / 'out'}: another process is writing there; wait for its end" in capsys.readouterr().err
    )
    assert main(convert) == 0
    assert names(tmp_path) == ["net.safetensors", "out"]


def test_a_second_evaluation_of_a_tracker_is_refused(tmp_path):
    tried = []

    class Second(Shift):
        def init(self, frame, box):
            super().init(frame, box)
            with pytest.raises(StorageError, match="shift: another process is writing there"):
                evaluate(Shift, three_sequences(), tmp_path, name="shift")
            evaluate(Shift, three_sequences(), tmp_path, name="other")
            tried.append(1)

    assert not evaluate(Second, three_sequences()[:1], tmp_path, name="shift").failed
    assert tried == [1]
    assert not list(tmp_path.rglob(".lock"))


def test_a_deleted_folder_ends_an_evaluation_at_once(tmp_path):
    started = []

    class Deletes(Shift):
        def init(self, frame, box):
            super().init(frame, box)
            started.append(1)
            for path in sorted((tmp_path / "run").rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()

    with pytest.raises(StorageError, match=r"run/shift does not exist"):
        evaluate(Deletes, three_sequences(), tmp_path / "run", name="shift")
    assert started == [1]


def test_devices_pipes_and_links_stay_what_they_are(tmp_path, network):
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "link").symlink_to("real")
    for target in ("/dev/null", tmp_path / "null", tmp_path / "link"):
        assert main(["weights", "convert", str(network), str(target)]) == 0
    clip = str(write_folder(tmp_path / "clip", frames_of(1, 3)))
    for target in ("/dev/null", tmp_path / "null", tmp_path / "boxes-link"):
        if target == tmp_path / "boxes-link":
            target.symlink_to("boxes-real")
        assert (
            main(["track", clip, "--box", "20,20,20,20", "--tracker", "mosse", "--boxes", str(target)]) == 0
        )
    assert Path("/dev/null").is_char_device()
    assert (tmp_path / "real").is_file()
    assert (tmp_path / "boxes-real").read_text().count("\n") == 4
    assert all((tmp_path / name).is_symlink() for name in ("null", "link", "boxes-link"))


TRACK = ["--box", "20,20,20,20", "--tracker", "mosse"]


def test_two_tracks_into_one_file(tmp_path, capsys):
    write_folder(tmp_path / "clip", frames_of(1, 3))
    command = ["track", str(tmp_path / "clip"), *TRACK, "--boxes", str(tmp_path / "b.txt")]
    with only_writer(tmp_path / "b.txt"):
        assert main([*command, "--out", str(tmp_path / "o.mp4")]) == 2
    assert "b.txt: another process is writing there" in capsys.readouterr().err
    assert main([*command, "--out", str(tmp_path / "o.mp4")]) == 0
    assert names(tmp_path) == ["b.txt", "clip", "o.mp4"]


def test_a_video_appears_when_it_is_whole(tmp_path, monkeypatch):
    write_folder(tmp_path / "clip", frames_of(1, 3))
    out = tmp_path / "o.mp4"
    out.write_text("old")
    killed = tmp_path / ".o.mp4.0123456789abcdef.unfinished.mp4"
    killed.touch()
    os.utime(killed, (0, 0))
    seen, add = [], track.Outputs.add

    def look(self, frame, boxes):
        add(self, frame, boxes)
        seen.append(out.read_text())

    monkeypatch.setattr(track.Outputs, "add", look)
    assert main(["track", str(tmp_path / "clip"), *TRACK, "--out", str(out)]) == 0
    assert seen == ["old"] * 3
    assert len(load_folder(out)[0].frames) == 3
    assert names(tmp_path) == ["clip", "o.mp4"]


@pytest.mark.parametrize("suffix", [".webm", ".mp4"])
def test_a_full_disk_under_a_video(tmp_path, suffix):
    """The file may not grow beyond 30 kB; OpenCV itself says nothing."""
    write_folder(
        tmp_path / "clip", np.random.default_rng(0).integers(0, 256, (30, 120, 160, 3), dtype=np.uint8)
    )
    (tmp_path / f"o{suffix}").write_text("old")
    code = "import sys; from udtlib.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["track", str(tmp_path / "clip"), *TRACK, "--out", str(tmp_path / f"o{suffix}")]

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    assert done.returncode == 2, done.stderr
    assert f"o{suffix}: its 30 frames could not all be written; is the disk full?" in done.stderr
    assert (tmp_path / f"o{suffix}").read_text() == "old"
    assert names(tmp_path) == ["clip", f"o{suffix}"]


# --- kills ---


EVALUATE = """
import sys
from shift_tracker import Shift, three_sequences
from udtlib.evaluation import evaluate
evaluate(Shift, three_sequences(), sys.argv[1], name="shift")
"""


def test_evaluations_killed_at_random_moments(tmp_path):
    evaluate(Shift, three_sequences(), tmp_path / "whole", name="shift")
    chance, kills = random.Random(5), 0
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-c", EVALUATE, str(tmp_path / "run")], env=ENVIRONMENT)
        before = len(list(tmp_path.glob("run/shift/*.txt")))
        while child.poll() is None and len(list(tmp_path.glob("run/shift/*"))) <= before:
            time.sleep(0.002)
        time.sleep(0.004 * chance.random())
        child.send_signal(signal.SIGKILL)
        kills += child.wait() == -signal.SIGKILL
    assert kills
    evaluate(Shift, three_sequences(), tmp_path / "run", name="shift")
    assert digests(tmp_path / "run") == digests(tmp_path / "whole")
    assert len(digests(tmp_path / "run")) == 3
