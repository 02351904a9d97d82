"""`udt train`, on procedural clips and on a small cache; what it refuses."""

import cv2
import numpy as np
import pytest
import torch

from udtlib.cli import main
from udtlib.data.raw_video.cache_writer import CacheWriter
from udtlib.data.synthetic.patches import box_window, render_patches
from udtlib.errors import OptionError
from udtlib.training.data import cached_data, is_cache, prepare_cache, synthetic_data
from udtlib.training.log import read_log
from udtlib.weights import load_weights

QUICK = ["--data", "synthetic", "--clips", "2", "--frames", "5", "--batch", "4", "--device", "cpu"]


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


@pytest.mark.parametrize("variant", ["supervised", "weakly"])
def test_variants_with_boxes(tmp_path, variant, capsys):
    arguments = ["train", *QUICK, "--out", str(tmp_path), "--steps", "1", "--variant", variant]
    assert main(arguments) == 0
    assert "crops=boxes" in load_weights(tmp_path / "weights.safetensors").card["data"]


def test_trains_on_a_cache(tmp_path, cache, capsys):
    out = tmp_path / "run"
    arguments = ["train", str(cache), "--out", str(out), "--steps", "1", "--batch", "5", "--device", "cpu"]
    assert main(arguments) == 0
    card = load_weights(out / "weights.safetensors").card
    assert "12 patches of 2 videos, checksum" in card["data"]
    assert "one.mp4 one.mp4one.mp4on; two.mp4" in card["videos"]
    assert not (out / "patches.raw").exists(), "the named cache is used, not copied"


def test_held_out_videos_are_not_trained_on(tmp_path, cache, capsys):
    out = tmp_path / "run"
    arguments = ["train", str(cache), "--out", str(out), "--steps", "1", "--batch", "5", "--device", "cpu"]
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
    arguments = ["train", str(cache), "--out", str(tmp_path / "run"), "--steps", "1", "--batch", "5"]
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
    ],
)
def test_refusals(tmp_path, words, message, capsys):
    assert main(["train", *words, "--out", str(tmp_path / "run"), "--measured"]) == 2
    assert message in capsys.readouterr().err


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
    words = ["train", str(cache), "--batch", "2", "--measured", "--optimiser", "muon", "--augment", "1"]
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
    data = synthetic_data(4, 3, "reference", "boxes", 2, 5)
    batch = data(0)
    assert batch.displacements.shape == (4, 2, 2)
    assert np.abs(batch.displacements).max() < 60
    assert synthetic_data(4, 3, "reference", "centre", 1, 5)(0).displacements is None


def test_boxes_are_moved_by_half_their_size_at_most():
    box = np.array([50.0, 60.0, 12.0, 40.0])
    window = box_window(box, np.array([20.0, -20.0]))
    np.testing.assert_allclose(window, [56 + 6 - 18, 80 - 20 - 60, 36, 120])
