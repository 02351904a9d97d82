"""What an engineer meets in a day: names in the wrong place, files cut off, a process that is told to end."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from video_files import frames_of, write_folder, write_video

from udtlib.cli import main
from udtlib.data.benchmarks.otb import load_annotations
from udtlib.data.box_files import read_text
from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.errors import CheckpointError, DataError, MissingDataError, StorageError, TrainingError
from udtlib.evaluation.results.files import prepare_folder
from udtlib.files import make_folder
from udtlib.locks import only_writer
from udtlib.training.checkpoint import load_checkpoint
from udtlib.training.loop import check_new
from udtlib.weights import random_weights, save_weights

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parents[1])])}
BOX = "--box=20,20,20,20"
EVALUATE = "evaluate --tracker mosse --dataset folder --root clip --jobs 1 --out run"
EXPORT = "results export run --as pysot --out out"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The current folder, with a clip, a video, a network, a run and a file called ``file``."""
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "clip", frames_of(1, 6))
    write_video(tmp_path / "clip.avi", frames_of(1, 6))
    Path("clip/groundtruth.txt").write_text("20,20,20,20\n" * 6)
    save_weights("net.safetensors", random_weights())
    Path("file").write_text("text")
    return tmp_path


def line_of(capsys, words):
    """The only line that a command which is refused prints."""
    assert main(words.split(" ")) == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1, text
    return text


@pytest.mark.parametrize("below", ["file", "file/deeper"])
@pytest.mark.parametrize(
    "words",
    [
        f"track clip {BOX} --tracker mosse --boxes PLACE/b.txt",
        f"track clip {BOX} --tracker mosse --out PLACE/o.mp4",
        "weights convert net.safetensors PLACE/o.safetensors",
        "weights export net.safetensors PLACE/o.onnx",
        "book PLACE",
        "evaluate --tracker mosse --dataset folder --root clip --jobs 1 --out PLACE",
        f"{EVALUATE} --table PLACE/t.csv",
        f"{EVALUATE} --json PLACE/t.json",
        "report run --annotations clip --out PLACE/r.html",
        "score --dataset folder --annotations clip --results run/mosse --json PLACE/s.json",
        "data pack clip.avi --measured --out PLACE/patches",
        "data render --clips 2 --out PLACE/patches",
        "train clip.avi --steps 1 --out PLACE",
        "train --data synthetic --clips 2 --steps 1 --batch 2 --out PLACE",
        "bench --json PLACE/b.json",
    ],
)
def test_a_file_in_the_place_of_a_folder_is_named(place, capsys, words, below):
    text = line_of(capsys, words.replace("PLACE", below))
    assert re.search(r"[ (/]file is a file, expected a folder; choose another place", text), text
    assert Path("file").read_text() == "text"


def test_a_link_that_leads_nowhere_is_no_folder(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(StorageError, match=r"link is a link that leads nowhere, expected a folder"):
        make_folder(tmp_path / "link")
    with pytest.raises(StorageError, match=r"link is a link that leads nowhere"):
        prepare_folder(tmp_path / "link" / "mosse")


def test_who_cannot_lock_a_file_is_told_of_the_file(tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(StorageError, match=r"/out\.txt: cannot be written \(Read-only"):
        only_writer(tmp_path / "out.txt").__enter__()


def test_a_full_disk_before_the_first_byte_of_a_video(place):
    code = "import sys; from udtlib.cli import main; sys.exit(main(sys.argv[1:]))"

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    words = ["track", "clip", BOX, "--tracker", "mosse", "--out", "o.mp4"]
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 2
    assert done.stderr.endswith("o.mp4: cannot be written (File too large)\n")
    assert not Path("o.mp4").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("convert net.safetensors o.onnx", r"o\.onnx: .* a \.safetensors file .*`udt weights export` writes"),
        ("convert net.safetensors o.pth", r"o\.pth: expected the name of a \.safetensors file"),
        ("export net.safetensors o.safetensors", r"o\.safetensors: .* a \.onnx file .*`udt weights convert`"),
        ("export net.safetensors O.PT", r"O\.PT: expected the name of a \.onnx file"),
    ],
)
def test_a_network_is_not_written_under_the_name_of_another_format(place, capsys, words, message):
    before = sorted(os.listdir())
    assert re.match(f"udt weights: {message}", line_of(capsys, f"weights {words}"))
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "expected a video, a folder, a camera or a stream, found an empty name"),
        ("/dev/video3", "here 3"),
    ],
)
def test_sources_that_are_no_names(place, capsys, monkeypatch, source, message):
    monkeypatch.chdir("clip")  # which an empty name would be
    assert main(["track", source, BOX, "--tracker", "mosse"]) == 2
    assert message in capsys.readouterr().err
    assert main(["select", source]) == 2
    assert message in capsys.readouterr().err


def test_an_empty_name_is_no_network(place, capsys):
    assert main(["track", "clip", BOX, "--weights", ""]) == 2
    assert "no weights file: the name is empty" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["nan,20,20,20", "20,20,-4,20"])
def test_a_true_box_that_is_none_is_told_with_its_file(place, capsys, line):
    Path("truth.txt").write_text(f"{line}\n" * 6)
    text = line_of(capsys, "track clip --truth truth.txt --tracker mosse --start 2")
    assert text.startswith("udt track: truth.txt, frame 2: a box has ")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("20,20,20,20\n".encode("utf-16"), "UTF-16; save it as UTF-8"),
        ("# größe\n20,20,20,20\n".encode("latin-1"), "another encoding at byte 4; save it as UTF-8"),
        (b"\xff\x00\x01", "binary data"),
    ],
)
def test_encodings_are_told_apart(tmp_path, data, found):
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(DataError, match=found):
        read_text(tmp_path / "a.txt")


def test_a_folder_in_the_place_of_a_text(tmp_path):
    with pytest.raises(MissingDataError, match="no such text file, but a folder"):
        read_text(tmp_path)


def test_annotations_without_a_sequence(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(MissingDataError, match=r"a\.json: expected OTB sequences by name, found none"):
        load_annotations(tmp_path / "a.json")


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[: len(data) // 2]])
def test_a_cache_that_was_cut_off_is_told(place, capsys, damage):
    assert main(["data", "pack", "clip.avi", "--measured", "--out", "patches"]) == 0
    Path("patches").write_bytes(damage(Path("patches").read_bytes()))
    capsys.readouterr()
    text = line_of(capsys, "train patches --steps 1 --batch 2 --out run")
    assert "patches: expected a video" in text
    assert (
        "if it was a patch cache, it was cut off: remove it, and make it again with `udt data pack`" in text
    )
    assert not Path("run").exists()
    text = line_of(capsys, "data pack clip.avi --measured --out patches")
    assert text.endswith("if it was a cache, remove it and make it again\n")


def test_a_cache_whose_patches_are_damaged_is_to_be_removed(place, capsys):
    pack = "data pack clip.avi --measured --webp 90 --out patches"
    assert main(pack.split()) == 0
    data = Path("patches").read_bytes()
    Path("patches").write_bytes(bytes(64) + data[64:])
    capsys.readouterr()
    assert line_of(capsys, pack).endswith("are damaged; remove it, and make the cache again\n")
    with pytest.raises(DataError, match=r"cannot be decoded; remove it, and make the cache again$"):
        PatchCache("patches", verify=False).read([0])


def test_a_result_that_was_cut_off_at_a_line_is_not_exported(place, capsys):
    assert main(EVALUATE.split()) == 0
    result = Path("run/mosse/clip.txt")
    result.write_text("".join(result.read_text().splitlines(keepends=True)[:4]))
    capsys.readouterr()
    assert main(EXPORT.split()) == 1
    text = capsys.readouterr().err
    assert "clip.txt: expected 6 boxes, as its record says, found 4; evaluate it again" in text
    assert not Path("out").exists() or not list(Path("out").rglob("*.txt"))


def test_a_broken_record_is_named_where_the_dataset_is_not_known(place, capsys):
    assert main(EVALUATE.split()) == 0
    Path("run/mosse/clip.json").write_text("{")
    capsys.readouterr()
    assert "clip.json: expected the JSON record" in line_of(capsys, EXPORT)


def test_a_folder_of_ones_own_is_asked_for_by_its_option(place, capsys):
    assert "--annotations of `udt score`" in line_of(capsys, "score --dataset folder --results run/mosse")


def test_a_run_whose_newest_checkpoint_is_gone_is_not_begun_anew(tmp_path):
    words = (
        "train --data synthetic --clips 2 --frames 12 --batch 2 --checkpoint-every 1 --no-compare --steps 2"
    )
    assert main([*words.split(), "--out", str(tmp_path)]) == 0
    for name in ("checkpoint.safetensors", "weights.safetensors"):
        (tmp_path / name).unlink()
    log = (tmp_path / "log.csv").read_bytes()
    with pytest.raises(CheckpointError, match=r"The one before it, of step 1, is whole: .*move"):
        load_checkpoint(tmp_path)
    with pytest.raises(TrainingError, match="holds a training run"):
        check_new(tmp_path)
    assert (tmp_path / "log.csv").read_bytes() == log


SLOW = """
import time

class Slow:
    def init(self, frame, box):
        self.box = box

    def update(self, frame):
        time.sleep(0.2)
        return self.box
"""


def wait_for(path):
    for _ in range(1200):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} does not come")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_command_as_control_c_does(place, number):
    """The video so far gets its name, and nothing half written stays; ``timeout`` sends its signal twice."""
    Path("slow.py").write_text(SLOW)
    write_folder(place / "long", frames_of(1, 99))
    code = "import sys; from udtlib.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["track", "long", BOX, "--tracker", "slow.py:Slow", "--out", "o.mp4", "--boxes", "b.txt"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # `nohup` leaves it ignored
    )
    wait_for(Path("b.txt"))
    time.sleep(0.5)
    process.send_signal(number)
    time.sleep(0.01)
    process.send_signal(number)
    text = process.communicate(timeout=60)[1]
    assert process.returncode == 128 + number
    assert text.endswith("udt track: interrupted; files written so far are kept\n")
    assert Path("o.mp4").stat().st_size > 0
    assert not [name for name in os.listdir() if name.startswith(".")]


def test_a_signal_that_is_ignored_or_taken_stays_so(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        seen = []
        monkeypatch.setattr("udtlib.cli._run", lambda argv: seen.append(signal.getsignal(signal.SIGHUP)) or 0)
        assert main(["check"]) == 0
        assert seen == [signal.SIG_IGN]
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
