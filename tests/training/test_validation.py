"""What a run tells about itself: held-out numbers, the best weights, the curve, the lines, a longer run."""

import json
import re

import cv2
import numpy as np
import pytest
import torch
from training_job import moving_patches, run

from udtlib.errors import CheckpointError, MissingDataError, OptionError, TrainingError
from udtlib.training import progress
from udtlib.training.checkpoint import NEWEST, load_checkpoint, save_checkpoint
from udtlib.training.curve import CURVE, draw_curve, running_mean
from udtlib.training.log import COLUMNS, EVERY_STEP, LOG, open_log, read_log
from udtlib.training.run import start, update_average
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import TrainingStep
from udtlib.training.validation import distances, validate
from udtlib.unsupervised import consistency_loss, track_forward_backward
from udtlib.weights import load_weights, random_weights

CPU = torch.device("cpu")
HELD = [moving_patches(90, 3), moving_patches(91, 3)]


def rows_without_times(folder):
    times = ("triplets_per_second", "seconds")
    return [{key: text for key, text in row.items() if key not in times} for row in read_log(folder / LOG)]


def interrupted_at(last):
    def batches(step):
        if step == last:
            raise TrainingError("power cut")
        return moving_patches(step, 2)

    return batches


# --- held-out videos ---


def test_held_out_numbers_are_those_of_the_definition():
    """Loss and round trip of every batch, written with the pieces of chapters 07 to 09; the mean of both."""
    job = start(TrainingSettings(), CPU)
    losses, errors = [], []
    for batch in HELD:
        patches = torch.from_numpy(batch.patches).permute(1, 0, 4, 2, 3).float()
        patches = patches - torch.tensor([123.0, 117.0, 104.0]).view(3, 1, 1)
        template, *searches = [job.network(each) for each in patches]
        trip = track_forward_backward(template, searches, job.step.label)
        losses.append(float(consistency_loss(trip).detach()))
        for response in trip.back.detach().numpy():
            row, column = np.unravel_index(response.argmax(), response.shape)
            errors.append(np.hypot(min(row, 121 - row), min(column, 121 - column)))
    found = validate(job, HELD)
    assert found.loss == pytest.approx(np.mean(losses), rel=1e-4)
    assert found.error == pytest.approx(np.mean(errors), abs=0.5)
    assert validate(job, HELD) == found, "the same again, to the bit"


def test_distances_wrap_around():
    labels = torch.zeros(1, 7, 9)
    labels[0, 0, 0] = 1
    maps = torch.zeros(3, 7, 9)
    maps[0, 0, 0] = maps[1, 6, 8] = maps[2, 3, 4] = 1
    np.testing.assert_allclose(distances(maps, labels), [0, 2**0.5, 5])


def test_the_average_is_measured_and_the_network_comes_back():
    job = start(TrainingSettings(average=0.9), CPU)
    update_average(job.optimiser, 0.9, 0)
    with torch.no_grad():
        job.network.conv1.weight.mul_(1.5)
    before = {name: each.clone() for name, each in job.network.state_dict().items()}
    job.done = 1
    averaged = validate(job, HELD)
    assert all(torch.equal(before[name], each) for name, each in job.network.state_dict().items())
    plain = start(TrainingSettings(), CPU)  # the weights that the average is of
    same = pytest.approx(validate(plain, HELD).loss, rel=1e-6)  # without AVX2 the last bit differs
    assert averaged.loss == same
    job.settings = TrainingSettings()
    assert validate(job, HELD).loss != same


def test_an_interrupted_run_tells_what_a_whole_one_does(tmp_path):
    options = {
        "held_out": HELD,
        "validate_every": 2,
        "keep_best": True,
        "checkpoint_every": 1,
        "average": 0.5,
    }
    run(tmp_path / "whole", 5, 2, **options)
    with pytest.raises(TrainingError, match="power cut"):
        run(tmp_path / "parts", 5, 2, batches=interrupted_at(3), **options)
    run(tmp_path / "parts", 5, 2, resume=True, **options)
    whole = rows_without_times(tmp_path / "whole")
    assert rows_without_times(tmp_path / "parts") == whole
    assert [row["step"] for row in whole if row["held_out_loss"]] == ["2", "4", "5"], "and the last"
    assert [bool(row["held_out_error"]) for row in whole] == [False, True, False, True, True]
    best = min((row for row in whole if row["held_out_loss"]), key=lambda row: float(row["held_out_loss"]))
    for folder in (tmp_path / "parts", tmp_path / "whole"):
        card = load_weights(folder / "weights-best.safetensors").card
        assert card["steps"] == best["step"]
        assert float(card["held-out loss"]) == pytest.approx(float(best["held_out_loss"]), rel=1e-5)
    ours, theirs = (load_weights(tmp_path / name / "weights-best.safetensors") for name in ("parts", "whole"))
    assert ours.fingerprint == theirs.fingerprint


def test_measuring_changes_nothing_that_is_learned(tmp_path):
    run(tmp_path / "plain", 3, 2)
    run(tmp_path / "told", 3, 2, held_out=HELD, validate_every=1)
    plain, told = (load_weights(tmp_path / name / "weights.safetensors") for name in ("plain", "told"))
    assert plain.fingerprint == told.fingerprint
    with pytest.raises(OptionError, match="keep_best goes by the loss on held-out videos"):
        run(tmp_path / "best", 1, 2, keep_best=True)


def test_weights_without_a_held_out_loss_are_never_the_best(tmp_path):
    """The first step is so long that no number is left; what says so is the watch over the losses."""
    options = {"first_rate": 1e30, "held_out": HELD, "validate_every": 1, "keep_best": True}
    with pytest.raises(TrainingError, match=r"not finite.*Try a lower first rate.*checkpoint of step 1"):
        run(tmp_path, 3, 2, checkpoint_every=1, **options)
    assert read_log(tmp_path / LOG)[0]["held_out_loss"] == "nan"
    assert load_checkpoint(tmp_path).step == 1
    assert not (tmp_path / "weights-best.safetensors").exists()


def test_logs_of_earlier_versions_are_read_and_continued(tmp_path):
    line = "1,1,0.5,0.01,3.5,1.0"
    (tmp_path / LOG).write_text(",".join(EVERY_STEP) + f"\n{line}\n{line.replace('1', '2', 1)}\n")
    assert [row["held_out_loss"] for row in read_log(tmp_path / LOG)] == ["", ""]
    open_log(tmp_path / LOG, 1).close()
    assert (tmp_path / LOG).read_text().splitlines() == [",".join(COLUMNS), f"{line},,"]


# --- the curve and the lines ---


def test_the_curve_is_drawn(tmp_path):
    run(tmp_path, 6, 2, held_out=HELD, validate_every=2)
    picture = cv2.imread(str(tmp_path / CURVE))
    assert picture.shape[:2] == (650, 800)
    orange = (np.abs(picture.astype(int) - (14, 127, 255)).sum(2) < 60).sum()
    assert orange > 100, "the held-out line"
    run(tmp_path / "plain", 2, 2)
    assert cv2.imread(str(tmp_path / "plain" / CURVE)).shape[:2] == (450, 800)
    open_log(tmp_path / "empty.csv", 0).close()
    with pytest.raises(TrainingError, match="no step to draw"):
        draw_curve(tmp_path / "empty.csv", tmp_path / "empty.png")
    (tmp_path / "text.csv").write_text(",".join(COLUMNS) + "\n1,1,much,0.01,3.5,1.0,,\n")
    with pytest.raises(TrainingError, match=r"text\.csv: expected the numbers .*'much'"):
        draw_curve(tmp_path / "text.csv", tmp_path / "text.png")
    with pytest.raises(MissingDataError, match=r"absent\.csv: no such log"):
        draw_curve(tmp_path / "absent.csv", tmp_path / "absent.png")
    np.testing.assert_allclose(running_mean(np.array([1.0, 3, 5, 7]), 2), [1, 2, 4, 6])


@pytest.mark.parametrize("name", ["$5 and $6", "100 $\\nosuch$", "größer_2^3"])
def test_the_curve_of_a_folder_of_any_name(tmp_path, name, monkeypatch):
    """Dollars are no formulas; and ``~`` is the home folder in both names."""
    from matplotlib.axes import Axes

    titles, real = [], Axes.set_title
    monkeypatch.setattr(Axes, "set_title", lambda *a, **o: titles.append(real(*a, **o)))
    monkeypatch.setenv("HOME", str(tmp_path))
    run(tmp_path / name, 1, 2)
    assert draw_curve(f"~/{name}/log.csv", "~/c.png") == tmp_path / "c.png"
    assert cv2.imread(str(tmp_path / "c.png")).shape[:2] == (450, 800)
    assert {(title.get_text(), title.get_parse_math()) for title in titles} == {(name, False)}


def test_a_curve_that_cannot_be_drawn_costs_nothing(tmp_path, monkeypatch, caplog):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    assert run(tmp_path, 2, 2).weights == tmp_path / "weights.safetensors"
    assert "no learning curve drawn" in caplog.messages[0]


def test_plain_lines_without_a_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    run(tmp_path, 3, 2, held_out=HELD, validate_every=2, progress=True)
    lines = capsys.readouterr().err.splitlines()
    number = r"[\d.e+-]+"
    assert re.fullmatch(rf"step 1 of 3, loss {number}, {number} triplets/s, \d+ s left", lines[0])
    assert re.fullmatch(
        rf"step 3 of 3, loss {number}, held-out loss {number}, {number} triplets/s, 0 s left", lines[2]
    )
    run(tmp_path / "quiet", 1, 2)
    assert capsys.readouterr().err == ""


def test_time_left():
    assert progress.time_left(10.0, 5, 20) == "40 s"
    assert progress.time_left(60.0, 1, 30) == "30 min"
    assert progress.time_left(3600.0, 10, 31) == "3 h 06 min"


# --- a longer run, other first weights ---


@pytest.mark.parametrize("schedule", ["cosine", "epoch"])
def test_a_finished_run_is_extended(tmp_path, schedule):
    """The same steps as before, then more at the rate they ended with; when it is extended is no matter."""
    options = {"schedule": schedule, "checkpoint_every": 1, "last_rate": 1e-3}
    first = run(tmp_path / "one", 4, 2, **options)
    short = load_weights(first.weights).fingerprint
    assert run(tmp_path / "one", 6, 2, resume=True, **options).steps == 6
    rates = [float(row["learning_rate"]) for row in read_log(tmp_path / "one" / LOG)]
    planned = TrainingSettings(steps=4, steps_per_epoch=2, schedule=schedule, last_rate=1e-3)
    assert rates == pytest.approx([planned.learning_rate(step) for step in (0, 1, 2, 3, 3, 3)])
    assert rates[-1] == pytest.approx(1e-3)
    with pytest.raises(TrainingError, match="power cut"):
        run(tmp_path / "one", 8, 2, batches=interrupted_at(7), resume=True, **options)
    run(tmp_path / "one", 8, 2, resume=True, **options)
    kept = {path.name: load_weights(path) for path in (tmp_path / "one").glob("weights-*")}
    assert {name: each.card["steps"] for name, each in kept.items()} == {
        "weights-4.safetensors": "4",
        "weights-6.safetensors": "6",
    }
    assert kept["weights-4.safetensors"].fingerprint == short
    with pytest.raises(TrainingError, match="power cut"):
        run(tmp_path / "two", 4, 2, batches=interrupted_at(3), **options)
    run(tmp_path / "two", 8, 2, resume=True, **options)
    assert not list((tmp_path / "two").glob("weights-*")), "it had not ended"
    assert rows_without_times(tmp_path / "two") == rows_without_times(tmp_path / "one")
    ends = [load_weights(tmp_path / name / "weights.safetensors").fingerprint for name in ("one", "two")]
    assert ends[0] == ends[1] != short
    with pytest.raises(CheckpointError, match="steps: 8 then, 4 now"):
        run(tmp_path / "one", 4, 2, resume=True, **options)


def test_training_starts_from_other_weights(tmp_path):
    first = random_weights(seed=5)
    run(tmp_path, 1, 2, first_weights=first, first_rate=1e-9, last_rate=1e-9)
    ending = load_weights(tmp_path / "weights.safetensors")
    for name, tensor in first.tensors.items():
        torch.testing.assert_close(ending.tensors[name], tensor, atol=1e-5, rtol=0)
    assert ending.card["source"].startswith(f"trained from the weights {first.fingerprint} by")
    with pytest.raises(CheckpointError, match=f"first_weights: '{first.fingerprint}' then, 'random' now"):
        run(tmp_path, 1, 2, resume=True, first_rate=1e-9, last_rate=1e-9)
    with pytest.raises(OptionError, match="gain is of random first weights"):
        run(tmp_path / "gain", 1, 2, first_weights=first, gain=2.0)


def test_settings_of_earlier_versions_are_taken(tmp_path):
    """A checkpoint that does not name what could not be set then."""
    run(tmp_path, 2, 2)
    state = load_checkpoint(tmp_path)
    old = {key: value for key, value in state.settings.items() if key not in ("first_weights", "scheduled")}
    assert len(old) == len(state.settings) - 2
    save_checkpoint(tmp_path, type(state)(**{**vars(state), "settings": json.loads(json.dumps(old))}))
    assert run(tmp_path, 2, 2, resume=True).steps == 2


@pytest.mark.parametrize("scheduled", ["x", -1, True, 3.5, None])
def test_a_wrong_schedule_in_a_checkpoint_is_refused(tmp_path, scheduled):
    run(tmp_path, 1, 2)
    state = load_checkpoint(tmp_path)
    settings = {**state.settings, "scheduled": scheduled}
    save_checkpoint(tmp_path, type(state)(**{**vars(state), "settings": settings}))
    with pytest.raises(CheckpointError, match="started with other settings"):
        run(tmp_path, 1, 2, resume=True)


# --- a checkpoint that lacks something ---


@pytest.mark.parametrize(
    ("optimiser", "name"),
    [
        ("sgd", "optimiser.0.momentum_buffer"),
        ("adam", "optimiser.1.step"),
        ("adam", "optimiser.2.exp_avg_sq"),
        ("muon", "optimiser.3.size"),
        ("muon", "optimiser.0.average"),
        ("sgd", "network.conv1.bias"),
    ],
)
def test_a_checkpoint_without_a_tensor_is_refused(tmp_path, optimiser, name):
    options = {"optimiser": optimiser, "average": 0.9, "checkpoint_every": 1}
    run(tmp_path, 2, 2, **options)
    state = load_checkpoint(tmp_path)
    left = {key: tensor for key, tensor in state.tensors.items() if key != name}
    assert len(left) == len(state.tensors) - 1
    save_checkpoint(tmp_path, type(state)(**{**vars(state), "tensors": left}))
    with pytest.raises(CheckpointError, match=re.escape(name.removeprefix("network."))) as caught:
        run(tmp_path, 3, 2, resume=True, **options)
    assert str(caught.value).startswith(f"{tmp_path / NEWEST}: it ")
    assert f"move {tmp_path}" in str(caught.value), "the one before it is whole"


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("optimiser.0.size", torch.zeros(32, 3, 3, 3)),
        ("optimiser.0.momentum", torch.tensor(1.0)),
        ("optimiser.0.momentum", torch.zeros(32, 3, 3, 3, dtype=torch.int64)),
        ("optimiser.0.other", torch.tensor(1.0)),
        ("optimiser.7.size", torch.tensor(1.0)),
        ("more", torch.tensor(1.0)),
    ],
)
def test_a_checkpoint_with_another_optimisers_tensor_is_refused(tmp_path, name, tensor):
    run(tmp_path, 1, 2, optimiser="muon")
    state = load_checkpoint(tmp_path)
    save_checkpoint(tmp_path, type(state)(**{**vars(state), "tensors": {**state.tensors, name: tensor}}))
    with pytest.raises(CheckpointError, match="is of no such optimiser as 'muon'"):
        run(tmp_path, 2, 2, resume=True, optimiser="muon")


def test_momentum_of_nothing_needs_no_tensor(tmp_path):
    run(tmp_path, 1, 2, momentum=0.0)
    assert run(tmp_path, 2, 2, momentum=0.0, resume=True).steps == 2


def test_the_step_judges_what_it_answers():
    step = TrainingStep(start(TrainingSettings(), CPU).network, TrainingSettings(), CPU)
    errors, numbers = step.errors(HELD[0])
    again = step.compare(*step.answer(HELD[0]))
    assert torch.equal(errors[:, 0], again[0])
    assert torch.equal(numbers, again[1])
