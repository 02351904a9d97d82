"""`udt train`, on procedural clips and on a small cache; what it refuses."""

import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from video_files import write_video

from udtlib.cli import main
from udtlib.commands import comparison
from udtlib.data import load_dataset
from udtlib.data.raw_video.cache_writer import CacheWriter
from udtlib.data.raw_video.dull_videos import dull_lines
from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.data.synthetic.patches import box_window, render_patches
from udtlib.errors import OptionError
from udtlib.training.data import cached_data, is_cache, prepare_cache, synthetic_data
from udtlib.training.log import read_log
from udtlib.training.settings import VARIANTS
from udtlib.weights import load_weights, shipped

PROJECT = Path(__file__).resolve().parents[2]
QUICK = ["--data", "synthetic", "--clips", "2", "--frames", "5", "--batch", "4", "--no-compare"]


@pytest.fixture(scope="module")
def boxed():
    return render_patches(2, 5, seed=3, crops="boxes")


@pytest.fixture
def cache(tmp_path):
    """A raw cache of two videos of six frames of noise."""
    path = tmp_path / "patches.raw"
    random = np.random.default_rng(0)
    settings = {"webp": None, "frames_per_video": 6, "selection": "centre", "measured": []}
    with CacheWriter(path, settings) as writer:
        for name in ("one.mp4", "two.mp4"):
            writer.append([random.integers(0, 256, 46875, dtype=np.uint8).tobytes() for _ in range(6)])
            writer.commit(name, name * 8)
        writer.finish()
    return path


def test_trains_on_procedural_clips_and_resumes(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["train", *QUICK, "--out", str(out), "--epochs", "2", "--seed", "5"]) == 0
    assert "4 of 4 steps" in capsys.readouterr().out
    rows = read_log(out / "log.csv")
    assert [row["epoch"] for row in rows] == ["1", "1", "2", "2"]
    assert float(rows[-1]["learning_rate"]) == pytest.approx(1e-5)
    card = load_weights(out / "weights.safetensors").card
    assert "clips=2, frames=5, seed=5, crops=centre" in card["data"]
    assert card["command"].startswith("udt train --data synthetic --clips 2")
    assert "variant=udt" in card["settings"]
    assert main(["train", *QUICK, "--out", str(out), "--epochs", "2"]) == 2
    assert "add --resume" in capsys.readouterr().err
    assert main(["train", *QUICK, "--out", str(out), "--epochs", "2", "--resume"]) == 2
    message = capsys.readouterr().err
    assert "seed: 5 then, 0 now" in message
    assert "data: " in message


def test_a_folder_is_refused_before_any_video_is_packed_for_it(tmp_path, capsys):
    """Packing takes hours where there are many videos."""
    out = tmp_path / "run"
    assert main(["train", "absent.mp4", "--out", str(out), "--resume", "--steps", "3"]) == 2
    assert "no checkpoint" in capsys.readouterr().err
    out.mkdir()
    (out / "weights.safetensors").touch()
    assert main(["train", "absent.mp4", "--out", str(out)]) == 2
    assert "holds a training run; add --resume" in capsys.readouterr().err


@pytest.mark.parametrize("variant", ["supervised", "weakly"])
def test_variants_with_boxes(tmp_path, variant, capsys):
    arguments = ["train", *QUICK, "--out", str(tmp_path), "--steps", "1", "--variant", variant]
    assert main(arguments) == 0
    assert "crops=boxes" in load_weights(tmp_path / "weights.safetensors").card["data"]


def test_trains_on_a_cache(tmp_path, cache, capsys):
    out = tmp_path / "run"
    arguments = ["train", str(cache), "--out", str(out), "--steps", "1", "--batch", "5", "--no-compare"]
    assert main(arguments) == 0
    card = load_weights(out / "weights.safetensors").card
    assert "12 patches of 2 videos, checksum" in card["data"]
    assert "one.mp4 one.mp4one.mp4on; two.mp4" in card["videos"]
    assert not (out / "patches.raw").exists(), "the named cache is used, not copied"


def test_held_out_videos_are_not_trained_on(tmp_path, cache, capsys):
    out = tmp_path / "run"
    arguments = ["train", str(cache), "--out", str(out), "--steps", "1", "--batch", "5", "--no-compare"]
    assert main([*arguments, "--hold-out", "0.5"]) == 0
    card = load_weights(out / "weights.safetensors").card
    assert "1 videos held out (0.5)" in card["data"]
    assert sorted([card["videos"][:7], card["held out"][:7]]) == ["one.mp4", "two.mp4"]
    data = cached_data(cache, 5, 0, "reference", torch.device("cpu"), hold_out=0.5)
    (video,) = data.loader.videos
    drawn = np.unique(data.loader.indices(0))
    assert len(drawn) > 2
    assert video.start <= drawn.min() <= drawn.max() < video.end
    assert video.name == card["videos"][:7], "the card names the videos of the same draw"


@pytest.mark.parametrize("share", ["0", "0.9"])
def test_resuming_with_another_share_is_refused(tmp_path, cache, capsys, share):
    arguments = [
        "train",
        str(cache),
        "--out",
        str(tmp_path / "run"),
        "--steps",
        "1",
        "--batch",
        "5",
        "--no-compare",
    ]
    assert main([*arguments, "--device", "cpu", "--hold-out", "0.5"]) == 0
    assert main([*arguments, "--device", "cpu", "--hold-out", share, "--resume"]) == 2
    message = capsys.readouterr().err
    assert "held out (0.5)' then" in message or "leaves one side empty" in message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "synthetic", "--hold-out", "0.5"], "with `udt data render`"),
        (["video.mp4", "--hold-out", "1"], "--hold-out: expected a number from 0 to below 1, found 1"),
        ([], "name the videos"),
        (["video.mp4", "--data", "synthetic"], "needs no videos, found video.mp4"),
        (["video.mp4", "--variant", "supervised"], "needs true boxes: use --data synthetic"),
        (["no-such-video.mp4"], "no-such-video.mp4"),
        (["--data", "synthetic", "--variant", "best"], "no variant 'best'; known: udt"),
        (
            ["--data", "synthetic", "--clips", "0"],
            "--clips: expected a whole number from 1 to",
        ),
        (["--data", "synthetic", "--epochs", "0"], "--epochs: expected a whole number from 1 to"),
        (["--data", "synthetic", "--augment", "nan"], "augment: expected a number from 0 to 10, found 'nan'"),
        (["--data", "synthetic", "--augment", "1e999"], "augment: expected a number"),
        (["--data", "synthetic", "--gain", "0x10"], "gain: expected a number from "),
        (["--data", "synthetic", "--batch", "1_0"], "batch: expected a whole number from "),
        (["--data", "synthetic", "--drop=" + "-" * 3000 + "1"], "drop"),
        (["--data", "synthetic", "--seed=-1"], "seed: expected a whole number from 0 to "),
        (
            ["--data", "synthetic", "--keep", "1", "x"],
            "--keep: expected a list, each a whole number from 1 to",
        ),
        (["--data", "synthetic", "--clips", "1", "--frames", "3"], "a batch is 1 to 2 triplets"),
        (["--data", "synthetic", "--device", "toaster"], "toaster"),
        (["video.mp4", "--keep-best"], "--keep-best goes by the loss on held-out videos: add --hold-out"),
        (["video.mp4", "--validate-every", "0"], "--validate-every: expected a whole number from 1 to"),
        (["--data", "synthetic", "--resume"], "no checkpoint"),
        (["--data", "synthetic", "--from", ""], "no weights file"),
        (["video.mp4", "--clips", "9"], "--clips 9 is of procedural clips: add --data synthetic"),
        (["video.mp4", "--frames", "9"], "--frames 9 is of procedural clips: add --data synthetic"),
        (["video.mp4", "--validate-every", "9"], "--validate-every 9 is of held-out videos: add --hold-out"),
        (["--data", "synthetic", "--steps", "2", "--keep", "3"], "keep: expected steps of this run, from 1"),
    ],
)
def test_refusals(tmp_path, words, message, capsys):
    assert main(["train", *words, "--out", str(tmp_path / "run"), "--measured"]) == 2
    assert message in capsys.readouterr().err


def test_tensorboard_that_is_not_there_is_said_before_the_work(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    assert main(["train", "no-such-video.mp4", "--out", str(tmp_path / "run"), "--tensorboard"]) == 2
    assert "--tensorboard needs the package tensorboard: pip install" in capsys.readouterr().err


def test_batch_of_a_step_is_always_the_same(cache):
    data = cached_data(cache, 5, 0, "reference", device=torch.device("cpu"))
    assert len(data) == 2
    third = data(3).patches.copy()
    data(0)
    np.testing.assert_array_equal(data(3).patches, third)
    assert not np.array_equal(data(1).patches, third)
    again = cached_data(cache, 5, 0, "reference", device=torch.device("cpu"))
    np.testing.assert_array_equal(again(3).patches, third)


def test_augmented_batches_repeat_and_differ(cache):
    plain, augmented, again = (
        cached_data(cache, 2, 7, "reference", device=torch.device("cpu")) for _ in range(3)
    )
    augmented.augment = again.augment = 1.0
    first, later = augmented(0).patches, augmented(1).patches
    np.testing.assert_array_equal(again(1).patches, later)
    np.testing.assert_array_equal(again(0).patches, first)
    assert not np.array_equal(plain(0).patches, first)


def test_kept_weights_are_those_of_a_run_that_ends_there(tmp_path, cache):
    words = [
        "train",
        str(cache),
        "--batch",
        "2",
        "--no-compare",
        "--measured",
        "--optimiser",
        "muon",
        "--augment",
        "1",
    ]
    assert main([*words, "--steps", "3", "--keep", "2", "--out", str(tmp_path / "a")]) == 0
    assert main([*words, "--steps", "2", "--out", str(tmp_path / "b")]) == 0
    kept = load_weights(tmp_path / "a" / "weights-2.safetensors")
    assert kept.fingerprint == load_weights(tmp_path / "b" / "weights.safetensors").fingerprint
    assert kept.fingerprint != load_weights(tmp_path / "a" / "weights.safetensors").fingerprint
    assert kept.card["steps"] == "2"
    logged = [float(row["loss"]) for row in read_log(tmp_path / "b" / "log.csv")]
    assert [float(loss) for loss in kept.card["first losses"].split()] == pytest.approx(logged, rel=1e-5)


def test_resident_patches_are_the_same(cache):
    data = cached_data(cache, 5, 0, "ordered", torch.device("cpu"))
    read = data(1).patches
    data.resident = torch.from_numpy(data.loader.patches.load())
    np.testing.assert_array_equal(data(1).patches.numpy(), read)


def test_is_cache(tmp_path, cache):
    (tmp_path / "video.mp4").write_bytes(b"abc")
    assert is_cache(cache)
    assert not is_cache(tmp_path / "video.mp4")
    assert not is_cache(tmp_path)
    with pytest.raises(OptionError, match="one cache, or videos"):
        prepare_cache([str(cache), "video.mp4"], tmp_path, None)


def test_procedural_patches_repeat_and_differ():
    one, again, other = (render_patches(1, 2, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.patches, again.patches)
    assert one.patches.shape == (2, 125, 125, 3)
    assert (one.patches != other.patches).mean() > 0.5
    assert one.patches[0].std() > 5


def test_true_displacement_is_where_the_target_went(boxed):
    """Correlating the target's own pixels finds it where the displacement says, in most frames."""
    assert boxed.videos[1].start == 5
    indices = np.array([[0, 1, 2], [5, 6, 7]])
    found = boxed.displacements(indices)
    for row, triplet in enumerate(indices):
        template = boxed.patches[triplet[0]]
        y, x = np.round(boxed.targets[triplet[0]] + 62).astype(int)
        piece = template[y - 16 : y + 17, x - 16 : x + 17]
        result = cv2.matchTemplate(boxed.patches[triplet[1]], piece, cv2.TM_CCOEFF_NORMED)
        place = np.unravel_index(result.argmax(), result.shape)
        np.testing.assert_allclose(np.array(place) + 16 - (y, x), found[row, 0], atol=3)
    data = synthetic_data(4, 3, "reference", VARIANTS["weakly"], 2, 5)
    batch = data(0)
    assert batch.displacements.shape == (4, 2, 2)
    assert np.abs(batch.displacements).max() < 60
    assert synthetic_data(4, 3, "reference", VARIANTS["udt"], 1, 5)(0).displacements is None


def test_boxes_are_moved_by_half_their_size_at_most():
    box = np.array([50.0, 60.0, 12.0, 40.0])
    window = box_window(box, np.array([20.0, -20.0]))
    np.testing.assert_allclose(window, [56 + 6 - 18, 80 - 20 - 60, 36, 120])


# --- what it tells ---


def clip(path, kind, frames=12):
    """Write a video: dark, still, or moving over a textured ground."""
    random = np.random.default_rng(len(path.name))
    ground = cv2.resize(random.integers(0, 256, (30, 40, 3), dtype=np.uint8), (480, 360))
    picture = np.zeros_like(ground) if kind == "dark" else ground
    moves = [3 * k if kind == "moving" else 0 for k in range(frames)]
    write_video(path, [np.roll(picture, move, 1)[:240, :320] for move in moves])


def test_a_dull_video_is_named(tmp_path, caplog, capsys):
    for name, kind in (("a.avi", "moving"), ("black.avi", "dark"), ("wall.avi", "still")):
        clip(tmp_path / name, kind)
    out = ["--out", str(tmp_path / "run"), "--steps", "1", "--batch", "4", "--no-compare", "--measured"]
    assert main(["train", *(str(tmp_path / name) for name in ("a.avi", "black.avi", "wall.avi")), *out]) == 0
    assert "1 of 3 videos (black.avi) is dark or of one colour" in caplog.messages[0]
    assert "1 of 3 videos (wall.avi) is still: nothing moves in them" in caplog.messages[1]
    assert len(caplog.messages) == 2
    assert "--hold-out 0.1 would add a held-out loss" in capsys.readouterr().out


@pytest.mark.parametrize(("kind", "words"), [("dark", "dark or of one colour"), ("still", "nothing moves")])
def test_nothing_but_dull_videos(tmp_path, caplog, kind, words):
    clip(tmp_path / "v.avi", kind)
    out = ["--out", str(tmp_path / "run"), "--steps", "5", "--batch", "8", "--no-compare", "--measured"]
    assert main(["train", str(tmp_path / "v.avi"), *out]) == 0
    assert words in caplog.messages[0]
    assert any(message.startswith(f"{tmp_path / 'run'}: step 5: ") for message in caplog.messages)


def test_names_of_dull_videos():
    found = {"flat": [f"{k}.mp4" for k in range(7)], "still": []}
    (line,) = dull_lines(found, 9)
    assert line.startswith("7 of 9 videos (0.mp4, 1.mp4, 2.mp4, 3.mp4, 4.mp4 and 2 more) are dark")


def test_held_out_loss_is_logged(tmp_path, cache, capsys):
    out = tmp_path / "run"
    arguments = ["train", str(cache), "--out", str(out), "--batch", "2", "--no-compare", "--hold-out", "0.5"]
    assert main([*arguments, "--steps", "4", "--validate-every", "2", "--keep-best"]) == 0
    rows = read_log(out / "log.csv")
    assert [bool(row["held_out_loss"]) for row in rows] == [False, True, False, True]
    assert all(float(row["held_out_error"]) >= 0 for row in rows[1::2])
    printed = capsys.readouterr().out
    assert "held-out loss on 4 triplets" in printed
    assert f"udt track VIDEO --box X,Y,W,H --weights {out / 'weights.safetensors'}" in printed
    best = load_weights(out / "weights-best.safetensors")
    assert float(best.card["held-out loss"]) == pytest.approx(
        min(float(row["held_out_loss"]) for row in rows[1::2]), rel=1e-5
    )
    assert (out / "curve.png").stat().st_size > 5000
    assert main([*arguments, "--resume"]) == 0, "without --steps: what the run has"
    assert "4 of 4 steps" in capsys.readouterr().out
    assert main([*arguments, "--steps", "6", "--resume"]) == 0
    rates = [float(row["learning_rate"]) for row in read_log(out / "log.csv")]
    assert len(rates) == 6
    assert rates[3:] == [rates[3]] * 3


def test_held_out_batches_are_fixed_and_not_changed(cache):
    data, again = (cached_data(cache, 2, 0, "reference", torch.device("cpu"), hold_out=0.5) for _ in "ab")
    data.augment = 1.0
    assert [len(batch.patches) for batch in data.held_out] == [2, 2]
    held = PatchCache(cache).videos[data.loader.videos[0].start == 0]
    there = {patch.tobytes() for patch in PatchCache(cache).read(np.arange(held.start, held.end))}
    for ours, theirs in zip(data.held_out, again.held_out, strict=True):
        np.testing.assert_array_equal(ours.patches, theirs.patches)
        assert {patch.tobytes() for triplet in ours.patches for patch in triplet} <= there


def test_training_from_a_network(tmp_path, capsys):
    arguments = ["train", *QUICK, "--out", str(tmp_path), "--steps", "1", "--first-rate", "1e-9"]
    assert main([*arguments, "--last-rate", "1e-9", "--from", "udt"]) == 0
    ours, theirs = load_weights(tmp_path / "weights.safetensors"), shipped("udt")
    torch.testing.assert_close(
        ours.tensors["conv1.weight"], theirs.tensors["conv1.weight"], atol=1e-5, rtol=0
    )
    assert f"first_weights={theirs.fingerprint}" in ours.card["settings"]
    assert main(["train", *QUICK, "--out", str(tmp_path / "b"), "--from", "nowhere.mat"]) == 2
    assert "no weights file nowhere.mat" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def test_the_network_is_compared(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(comparison, "CLIPS", ("iv-1",))
    monkeypatch.setattr(comparison, "RUN", 3)
    words = [word for word in QUICK if word != "--no-compare"]
    assert main(["train", *words, "--out", str(tmp_path), "--steps", "1", "--device", "auto"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = re.search(r"this network (\S+), untrained (\S+), the one that ships (\S+)$", lines[-3])
    assert "on 3 short runs over synthetic clips" in lines[-3]
    assert float(found[3]) == pytest.approx(
        comparison.mean_overlap(shipped("udt"), comparison.runs()), abs=1e-3
    )
    assert 0 < float(found[1]) <= 1
    assert lines[-1].startswith("udt evaluate --tracker udt --option weights=")


def test_runs_of_the_comparison_go_both_ways():
    runs = comparison.runs()
    assert len(runs) == len(comparison.CLIPS) * len(comparison.STARTS) == 12
    assert {len(run.frames) for run in runs} == {comparison.RUN}
    clip = next(each for each in load_dataset("synthetic") if each.name == "iv-1")
    np.testing.assert_array_equal(runs[2].frames[0], clip.frames[119])
    np.testing.assert_array_equal(runs[2].boxes[:3], clip.boxes[119:116:-1])


@pytest.mark.slow
def test_torchrun_trains(tmp_path):
    """The command line of the README, on two processes of a CPU: the weights of one process."""
    clip(tmp_path / "v.avi", "moving")
    words = [str(tmp_path / "v.avi"), "--steps", "2", "--batch", "4", "--no-compare", "--device", "cpu"]
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "udtlib"]
    command = [sys.executable, *launcher, "train", *words, "--out", str(tmp_path / "two"), "--measured"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("2 of 2 steps") == 1, "the first process speaks"
    assert main(["train", *words, "--out", str(tmp_path / "one"), "--measured"]) == 0
    one, two = (load_weights(tmp_path / name / "weights.safetensors").tensors for name in ("one", "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-3, atol=1e-5)
