"""The loop: what it learns, writes, resumes, refuses; one process and two."""

import csv
import os
import signal
import subprocess
import sys
import time
import types
import typing
from pathlib import Path

import numpy as np
import pytest
import torch
from plain_training import PlainNetwork, plain_loss
from training_job import moving_patches, run

from udtlib.errors import (
    CheckpointError,
    DataError,
    OptionError,
    ShapeError,
    StorageError,
    TrainingError,
    UnknownNameError,
)
from udtlib.training import open_run
from udtlib.training.checkpoint import BEFORE, NEWEST, load_checkpoint, read_checkpoint, save_checkpoint
from udtlib.training.health import LossWatch
from udtlib.training.log import read_log
from udtlib.training.run import start
from udtlib.training.settings import VARIANTS, TrainingSettings
from udtlib.training.signals import signals
from udtlib.training.step import Batch, TrainingStep, shifted_labels
from udtlib.training.workers import Workers, device_of
from udtlib.unsupervised import consistency_loss, track_forward_backward
from udtlib.weights import load_weights

TESTS = Path(__file__).parents[1]
CPU = torch.device("cpu")


def losses(folder):
    return [row["loss"] for row in read_log(folder / "log.csv")]


def tensors(folder):
    return load_checkpoint(folder).tensors


def same(first, second):
    assert first.keys() == second.keys()
    return all(torch.equal(first[name], second[name]) for name in first)


# --- the step ---


def test_step_is_that_of_the_plain_transcription():
    settings = TrainingSettings()
    step, batch = start(settings, CPU).step, moving_patches(0, 6)
    plain = PlainNetwork()
    for ours, theirs in zip(step.parameters, plain.parameters(), strict=True):
        theirs.data.copy_(ours.data)
    outcome = step(batch)
    loss = plain_loss(plain, batch.patches, step.label)
    loss.backward()
    assert outcome.loss == pytest.approx(float(loss.detach()), rel=1e-4)
    assert (outcome.weights > 0).sum() == 5, "one of six is dropped"
    for ours, theirs in zip(step.parameters, plain.parameters(), strict=True):
        torch.testing.assert_close(
            ours.grad, theirs.grad, rtol=1e-3, atol=1e-4 * float(theirs.grad.abs().max())
        )


@pytest.mark.parametrize("backward", ["direct", "chained"])
@pytest.mark.parametrize("form", ["paper", "reference"])
def test_step_is_the_consistency_loss_of_the_whole_batch(backward, form):
    """Chunks change nothing, and features without gradient are where they should be."""
    settings = TrainingSettings(backward=backward, form=form, motion=form, drop=0.2)
    run = start(settings, CPU)
    batch = moving_patches(1, 5)
    outcome = run.step(batch)
    gradients = [parameter.grad.clone() for parameter in run.step.parameters]
    run.network.zero_grad()
    template, *searches = [run.network(patch) for patch in run.step.prepare(batch.patches)]
    trip = track_forward_backward(template, searches, run.step.label, backward=backward)
    loss = consistency_loss(trip, form=form, motion=form, drop=0.2)
    loss.backward()
    assert outcome.loss == pytest.approx(float(loss.detach()), rel=1e-4)
    for found, parameter in zip(gradients, run.step.parameters, strict=True):
        scale = float(parameter.grad.abs().max())
        torch.testing.assert_close(found, parameter.grad, rtol=1e-3, atol=1e-4 * scale)


def fitting(batch, variant):
    """Return the batch with as many search patches as the variant has: S3 is S1 once more."""
    patches = [batch.patches, *[batch.patches[:, 1:2]] * (VARIANTS[variant].drawn - 2)]
    return Batch(np.concatenate(patches, axis=1), batch.displacements)


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_every_variant_learns(variant):
    """A few small steps on one batch lower its loss."""
    run = start(TrainingSettings(variant=variant), CPU)
    batch = fitting(moving_patches(0, 2), variant)
    optimiser = run.optimiser
    optimiser.param_groups[0]["lr"] = 3e-4
    found = []
    for _ in range(5):
        found.append(run.step(batch).loss)
        optimiser.step()
    assert found[-1] < found[0]
    assert np.isfinite(found).all()


def test_variants_use_the_weights_they_say():
    batch = moving_patches(2, 6)
    outcomes = {n: start(TrainingSettings(variant=n), CPU).step(fitting(batch, n)) for n in VARIANTS}
    assert all(float(outcome.weights.sum()) == pytest.approx(1, abs=1e-5) for outcome in outcomes.values())
    for name in ("single-trajectory", "supervised"):
        torch.testing.assert_close(outcomes[name].weights, torch.full((6,), 1 / 6))
    kept = outcomes["standard-loss"].weights
    assert sorted(set(kept.tolist())) == pytest.approx([0, 0.2])
    for name in ("udt", "single-trajectory+weights"):
        assert len(set(outcomes[name].weights.tolist())) == 6
        assert (outcomes[name].weights == 0).sum() == 1
    assert outcomes["udt"].loss == outcomes["weakly"].loss, "they differ in where patches are cut"


def test_truth_is_a_gaussian_at_the_displacement():
    labels = shifted_labels(torch.tensor([[0.0, 0.0], [3.0, -7.0], [0.5, 0.0]]), 121)
    step = start(TrainingSettings(), CPU).step
    torch.testing.assert_close(labels[0], step.label)
    torch.testing.assert_close(labels[1], step.label.roll((3, -7), (0, 1)), atol=1e-6, rtol=0)
    assert labels[2, 0, 0] == labels[2, 1, 0]
    assert labels[labels > 0].min() > 1e7 * torch.finfo(torch.float32).tiny


def test_bfloat16_convolutions_give_nearly_the_same_loss():
    batch = moving_patches(0, 4)
    full, half = (start(TrainingSettings(precision=p), CPU).step(batch).loss for p in ("float32", "bfloat16"))
    assert half == pytest.approx(full, rel=0.05)
    assert half != full


def test_batches_that_are_none():
    step = start(TrainingSettings(), CPU).step
    with pytest.raises(ShapeError, match="uint8 \\(n, 3, 125, 125, 3\\)"):
        step(Batch(np.zeros((2, 3, 125, 125, 3), np.float32)))
    with pytest.raises(ShapeError, match=r"\(2, 2, 125"):
        step(Batch(np.zeros((2, 2, 125, 125, 3), np.uint8)))
    step = start(TrainingSettings(variant="supervised"), CPU).step
    with pytest.raises(ShapeError, match="true displacements"):
        step(Batch(np.zeros((2, 3, 125, 125, 3), np.uint8)))


# --- settings ---


def test_learning_rates():
    by_epoch = TrainingSettings(steps=50 * 7, steps_per_epoch=7)
    expected = np.repeat(np.logspace(-2, -5, 50), 7)
    np.testing.assert_allclose([by_epoch.learning_rate(step) for step in range(350)], expected)
    by_step = TrainingSettings(steps=101, schedule="step")
    assert [by_step.learning_rate(s) for s in (0, 50, 100)] == pytest.approx([1e-2, 10**-3.5, 1e-5])
    warm = TrainingSettings(steps=101, schedule="step", warm_up=10)
    assert warm.learning_rate(0) == pytest.approx(1e-3)
    assert warm.learning_rate(50) == by_step.learning_rate(50)
    cosine = TrainingSettings(steps=101, schedule="cosine", last_rate=1e-3)
    assert [cosine.learning_rate(s) for s in (0, 50, 100)] == pytest.approx([1e-2, 5.5e-3, 1e-3])
    assert TrainingSettings(steps=1).learning_rate(0) == 1e-2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"form": "other"}, "form: expected one of reference, paper, found 'other'"),
        ({"steps": 0}, "steps: expected a whole number from 1 to .*, found 0"),
        ({"last_rate": 1.0}, "learning rates fall"),
        ({"drop": 1.0}, "drop: expected a number from 0 to below 1, found 1"),
        ({"augment": -1.0}, "augment: expected a number from 0 to 10, found -1"),
        ({"augment": 1.0, "variant": "supervised"}, "true displacements, found 1.0 with 'supervised'"),
    ],
)
def test_settings_out_of_range(options, words):
    with pytest.raises(OptionError, match=words):
        TrainingSettings(**options)
    with pytest.raises(UnknownNameError, match="standard-loss"):
        TrainingSettings(variant="best")


# --- the run: files, resuming, stopping ---


def test_a_run_writes_log_checkpoint_and_weights(tmp_path):
    ending = run(tmp_path / "run", 4, card={"videos": "moving squares"}, checkpoint_every=2)
    folder = tmp_path / "run"
    assert ending.steps == 4
    assert ending.weights == folder / "weights.safetensors"
    names = sorted(path.name for path in folder.iterdir())
    assert names == [BEFORE, NEWEST, "curve.png", "log.csv", "weights.safetensors"]
    rows = read_log(folder / "log.csv")
    assert [row["step"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["epoch"] for row in rows] == ["1", "1", "2", "2"]
    assert float(rows[0]["learning_rate"]) == pytest.approx(1e-2)
    assert read_checkpoint(folder / BEFORE).step == 2
    weights = load_weights(ending.weights)
    assert weights.card["videos"] == "moving squares"
    assert "udt, 4 steps, seed 0" in weights.card["name"]
    assert torch.equal(weights.tensors["conv1.bias"], tensors(folder)["network.conv1.bias"])
    with pytest.raises(TrainingError, match="add --resume"):
        run(folder, 4)


@pytest.mark.parametrize("optimiser", ["sgd", "adam", "muon"])
def test_resuming_is_bit_for_bit(tmp_path, optimiser):
    options = {"optimiser": optimiser, "average": 0.9, "checkpoint_every": 2}
    run(tmp_path / "whole", 5, **options)

    def interrupted(step):
        if step == 4:  # fetched during step 3, raised before step 4: the checkpoint is that of 2 or 4
            raise TrainingError("power cut")
        return moving_patches(step)

    with pytest.raises(TrainingError, match="power cut"):
        run(tmp_path / "parts", 5, batches=interrupted, **options)
    assert load_checkpoint(tmp_path / "parts").step == 4
    (tmp_path / "parts" / BEFORE).replace(tmp_path / "parts" / NEWEST)
    ending = run(tmp_path / "parts", 5, resume=True, **options)
    assert ending.steps == 5
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    assert len(losses(tmp_path / "whole")) == 5
    assert same(tensors(tmp_path / "parts"), tensors(tmp_path / "whole"))
    written = [load_weights(tmp_path / name / "weights.safetensors").tensors for name in ("parts", "whole")]
    assert same(*written)


def test_average_is_what_a_run_writes(tmp_path):
    plain = {"checkpoint_every": 1, "keep": (1, 2, 3)}
    run(tmp_path / "plain", 3, **plain)
    ending = run(tmp_path / "average", 3, average=0.15, **plain)
    files = [tmp_path / "plain" / f"weights-{step}.safetensors" for step in (1, 2, 3)]
    first, second, third = (load_weights(path).tensors for path in files)
    averages = load_weights(ending.weights).tensors
    assert losses(tmp_path / "average") == losses(tmp_path / "plain"), "the average takes no part in training"
    for name, found in averages.items():
        # 2 steps done: (1 + 1) / (10 + 1) is above 0.15
        expected = 0.15 * (0.15 * first[name] + 0.85 * second[name]) + 0.85 * third[name]
        torch.testing.assert_close(found, expected)
        assert not torch.equal(found, third[name])


def test_gain_multiplies_the_first_weights():
    once, thrice = (start(TrainingSettings(gain=gain), CPU).network.state_dict() for gain in (1.0, 3.0))
    assert all(torch.equal(3 * once[name], thrice[name]) for name in once)
    assert float(once["conv1.weight"].std()) == pytest.approx((2 / 27) ** 0.5, rel=0.1)


@pytest.mark.parametrize(
    "wrong", [{"gain": 0.0}, {"gain": float("nan")}, {"average": 1.0}, {"average": -0.1}]
)
def test_gain_and_average_out_of_range(wrong):
    with pytest.raises(OptionError, match=r"(gain|average): expected a number from .*, found"):
        TrainingSettings(**wrong)


def test_augmentation_is_of_whole_patches():
    with pytest.raises(OptionError, match=r"augment is of patches of 125 pixels: expected 0 with 63"):
        TrainingSettings(augment=1.0, patch=63)
    assert TrainingSettings(patch=63).augment == 0


@pytest.mark.parametrize("smear", [0.5, 61.0, -3.0])
def test_smear_out_of_range(smear):
    with pytest.raises(OptionError, match=r"smear(:| is 0, or 1 to 60 pixels)"):
        TrainingSettings(smear=smear, augment=1.0)
    with pytest.raises(OptionError, match="needs augment above 0"):
        TrainingSettings(smear=12.0)


def test_resuming_a_finished_run_does_nothing(tmp_path):
    run(tmp_path, 2)
    before = losses(tmp_path)
    assert run(tmp_path, 2, resume=True).steps == 2
    assert losses(tmp_path) == before


def test_resuming_with_other_settings_names_the_difference(tmp_path):
    run(tmp_path, 2)
    with pytest.raises(CheckpointError, match=r"seed: 0 then, 1 now; variant: 'udt' then, 'weakly' now"):
        run(tmp_path, 2, resume=True, seed=1, variant="weakly")
    with pytest.raises(CheckpointError, match="no checkpoint"):
        run(tmp_path / "nothing", 2, resume=True)


@pytest.mark.parametrize("keep", [0, 5, 0.5, 0.99])
def test_checkpoint_cut_short(tmp_path, keep):
    run(tmp_path, 4, checkpoint_every=2)
    path = tmp_path / NEWEST
    content = path.read_bytes()
    path.write_bytes(content[: keep if keep >= 1 or keep == 0 else int(len(content) * keep)])
    with pytest.raises(CheckpointError, match="damaged or cut short") as caught:
        run(tmp_path, 4, resume=True)
    assert f"move {tmp_path / BEFORE}" in str(caught.value)
    (tmp_path / BEFORE).replace(path)
    assert run(tmp_path, 4, resume=True).steps == 4


def test_checkpoint_with_a_flipped_bit(tmp_path):
    run(tmp_path, 2)
    path = tmp_path / NEWEST
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="checksum") as caught:
        load_checkpoint(tmp_path)
    assert "no whole checkpoint before it" in str(caught.value)


def test_a_checkpoint_is_not_weights(tmp_path):
    run(tmp_path, 1)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        read_checkpoint(tmp_path / "weights.safetensors")


def test_full_disk_keeps_the_checkpoint_before(tmp_path, monkeypatch):
    run(tmp_path, 2)
    before = (tmp_path / NEWEST).read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    state = load_checkpoint(tmp_path)
    with pytest.raises(
        StorageError, match=r"checkpoint of step 2 is lost, the one before it is .*No space left"
    ):
        save_checkpoint(tmp_path, state)
    assert (tmp_path / NEWEST).read_bytes() == before


def test_a_log_cut_in_a_line_is_read_and_continued(tmp_path):
    run(tmp_path, 3)
    whole = losses(tmp_path)
    log = tmp_path / "log.csv"
    log.write_text(log.read_text()[:-12])
    assert losses(tmp_path) == whole[:2]
    with log.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_nan_stops_with_a_diagnosis(tmp_path):
    bad = TrainingSettings(steps=3)
    watch = LossWatch()
    watch.check(0, 3.0, 1.0, bad.learning_rate(0))
    with pytest.raises(
        TrainingError, match=r"step 1, learning rate 0.01: loss nan.*before: 3.*lower first rate"
    ):
        watch.check(1, float("nan"), 1.0, 0.01)
    with pytest.raises(TrainingError, match="norm of the gradient inf"):
        watch.check(1, 1.0, float("inf"), 0.01)
    with pytest.raises(TrainingError, match="not finite"):
        run(tmp_path, 6, first_rate=1e30)
    assert not (tmp_path / "weights.safetensors").exists()


def feed(watch, steps, loss=1.0, gradient=1.0):
    for step in range(steps):
        watch.check(step, loss, gradient, 0.01)


def test_divergence_and_death_are_told():
    watch = LossWatch()
    feed(watch, 50)
    resumed = LossWatch(watch.history)
    with pytest.raises(TrainingError, match="diverged, median loss"):
        feed(resumed, 50, loss=100.0)
    with pytest.raises(TrainingError, match="no gradient for 50 steps"):
        feed(LossWatch(), 60, gradient=0.0)


def test_one_hopeless_pair_is_no_divergence():
    watch = LossWatch()
    for _ in range(4):
        feed(watch, 49)
        feed(watch, 1, loss=1e5)
    assert max(watch.recent) == 1e5


class FakeBoard:
    """Stands in for TensorBoard's writer."""

    written: typing.ClassVar[list] = []
    purged: typing.ClassVar[list] = []

    def __init__(self, folder, purge_step):
        self.purged.append(purge_step)

    def add_scalar(self, name, value, step):
        self.written.append((name, value, step))

    def close(self):
        self.written.append("closed")


def test_tensorboard_is_fed_if_it_is_there(tmp_path, monkeypatch):
    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = FakeBoard
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    run(tmp_path / "one", 1, tensorboard=True)
    assert [entry[0] for entry in FakeBoard.written[:-1]] == ["loss", "learning_rate", "triplets_per_second"]
    assert FakeBoard.written[0][1:] == (float(losses(tmp_path / "one")[0]), 1)
    assert FakeBoard.written[-1] == "closed"
    FakeBoard.written.clear()
    held = [moving_patches(90, 3)]
    run(tmp_path / "one", 2, tensorboard=True, resume=True, held_out=held, validate_every=1)
    assert [entry[0] for entry in FakeBoard.written[3:-1]] == ["held_out_loss", "held_out_error"]
    assert {entry[2] for entry in FakeBoard.written[:-1]} == {2}
    assert FakeBoard.purged == [1, 2], "what a killed session wrote of later steps is hidden, no more"
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        run(tmp_path / "two", 1, tensorboard=True)
    assert not (tmp_path / "two" / "log.csv").exists(), "refused before the first step"


def test_batches_of_another_size_are_refused(tmp_path):
    with pytest.raises(TrainingError, match="expected 4 triplets, found 3"):
        run(tmp_path, 2, batches=lambda step: moving_patches(step, 3))


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(StorageError, match="file is a file, expected a folder"):
        open_run(tmp_path / "file" / "run", TrainingSettings(), resume=False)


def test_unknown_device(tmp_path):
    with pytest.raises(OptionError, match=r"checkpoint_every: expected a whole number from 1 to .*, found 0"):
        run(tmp_path, 1, checkpoint_every=0)
    with pytest.raises(OptionError, match="toaster"):
        device_of("toaster")


def job(*words, processes=1):
    """Start the tiny job in a process of its own, or in several by torchrun."""
    command = [sys.executable, str(TESTS / "training_job.py"), *map(str, words)]
    if processes > 1:
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        command[1:1] = launcher
    path = os.pathsep.join([str(TESTS.parent), str(TESTS)])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for_steps(folder, count, process):
    for _ in range(1200):
        if (folder / "log.csv").exists() and len(losses(folder)) >= count:
            return
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    raise AssertionError("the job did not get on")


@pytest.mark.parametrize(
    "numbers", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGTERM] * 2, [signal.SIGHUP]]
)
def test_signals_save_first(tmp_path, numbers):
    process = job(tmp_path, 100000, 2, "checkpoint_every=100000")
    wait_for_steps(tmp_path, 1, process)
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.01)  # two of a kind that wait are delivered as one
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    done = load_checkpoint(tmp_path).step
    assert done == len(losses(tmp_path)) > 0
    assert not (tmp_path / "weights.safetensors").exists()


def test_a_signal_that_is_ignored_stays_so():
    """As ``nohup`` has it with SIGHUP, and a script's ``&`` with SIGINT."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        with signals() as request:
            assert signal.getsignal(signal.SIGTERM) is request
            assert {signal.getsignal(number) for number in before} == {signal.SIG_IGN}
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_until_stuck(folder):
    for _ in range(4800):
        if (folder / "stuck").exists():
            return time.sleep(0.5)  # the steps before it end
        time.sleep(0.05)
    raise AssertionError("the job did not get to its batch")


def test_a_batch_that_never_comes_can_be_stopped(tmp_path):
    process = job(tmp_path, 9, 2, "stuck=3", "checkpoint_every=100000")
    wait_until_stuck(tmp_path)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert load_checkpoint(tmp_path).step == len(losses(tmp_path)) == 3
    assert run(tmp_path, 9, 2, resume=True).steps == 9, "and the run goes on from there"


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_after_a_signal_ends_the_process_at_once(tmp_path, first):
    process = job(tmp_path, 9, 2, "stuck=0")
    wait_until_stuck(tmp_path)
    process.send_signal(first)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 1, 130)
    assert not (tmp_path / NEWEST).exists()


@pytest.mark.slow
def test_two_processes_take_the_steps_of_one(tmp_path):
    run(tmp_path / "one", 4, 4)
    process = job(tmp_path / "two", 4, 4, "schedule=step", processes=2)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    one, two = ([float(loss) for loss in losses(tmp_path / name)] for name in ("one", "two"))
    assert len(two) == 4
    np.testing.assert_allclose(two, one, rtol=1e-4)
    for name, tensor in tensors(tmp_path / "two").items():
        torch.testing.assert_close(tensor, tensors(tmp_path / "one")[name], rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_a_killed_worker_leaves_a_whole_checkpoint(tmp_path):
    process = job(tmp_path, 100000, 4, "checkpoint_every=1", processes=2)
    wait_for_steps(tmp_path, 2, process)
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    )
    os.kill(int(children.stdout.split()[-1]), signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0, output
    assert load_checkpoint(tmp_path).step >= 1


def test_a_batch_that_cannot_be_shared():
    workers = Workers(CPU)
    assert workers.share(5) == slice(0, 5)
    workers.count = 2
    with pytest.raises(OptionError, match="5 cannot be divided among 2"):
        workers.share(5)


def test_compiled_network_is_an_option(monkeypatch):
    """`torch.compile` is handed the network; what it makes of it is PyTorch's matter."""
    seen = []
    monkeypatch.setattr(torch, "compile", lambda network: seen.append(network) or network)
    network = start(TrainingSettings(), CPU).network
    step = TrainingStep(network, TrainingSettings(compile=True), CPU)
    assert seen == [network]
    assert step(moving_patches(0, 2)).loss > 0


def test_resuming_a_finished_run_knows_its_last_loss(tmp_path):
    """The card of its weights, which are written again, goes on saying it."""
    ended = run(tmp_path, 1, 2)
    card = load_weights(tmp_path / "weights.safetensors").card
    again = run(tmp_path, 1, 2, resume=True)
    assert again.loss == ended.loss
    assert load_weights(tmp_path / "weights.safetensors").card["final loss"] == card["final loss"]


def test_steps_done_before_a_batch_that_fails_are_not_lost(tmp_path):
    def batches(step):
        if step == 1:
            raise DataError("clip.mp4: damaged")
        return moving_patches(step, 2)

    with pytest.raises(DataError, match=r"clip\.mp4: damaged"):
        run(tmp_path / "failed", 2, 2, batches=batches)
    assert load_checkpoint(tmp_path / "failed").step == 1
    run(tmp_path / "failed", 2, 2, resume=True)
    run(tmp_path / "whole", 2, 2)
    assert same(tensors(tmp_path / "failed"), tensors(tmp_path / "whole"))


@pytest.mark.parametrize("answer", [None, [1, 2, 3, 4]])
def test_what_is_no_batch_is_named(tmp_path, answer):
    with pytest.raises(TrainingError, match=r"step 0: expected a Batch .* found (NoneType|list);"):
        run(tmp_path, 1, batches=lambda step: answer)


def test_a_step_to_keep_that_the_run_does_not_have_is_refused(tmp_path):
    with pytest.raises(OptionError, match="keep: expected steps of this run, from 1 to 2, found 3"):
        run(tmp_path / "run", 2, keep=[1, 3])
    assert not (tmp_path / "run").exists()


def test_patches_that_run_backwards_in_memory():
    """As colours exchanged by ``[..., ::-1]``, which torch does not take."""
    batch = moving_patches(0, 2)
    turned = Batch(batch.patches[..., ::-1].copy()[..., ::-1], batch.displacements)
    assert min(turned.patches.strides) < 0
    outcomes = [start(TrainingSettings(), CPU).step(each) for each in (batch, turned)]
    assert outcomes[0].loss == outcomes[1].loss
