"""A run of an arm: trained, judged, kept; interrupted and resumed; refused where it was made otherwise."""

import json
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from udtlib.cli import ending_signals
from udtlib.data.synthetic.cache import pack_clips
from udtlib.errors import DataError, OptionError
from udtlib.experiments import runs
from udtlib.experiments.catalogue import SCALES
from udtlib.experiments.declared import Arm
from udtlib.experiments.judging import judge
from udtlib.experiments.material import judged_clips
from udtlib.experiments.runs import Place, check_same, first_weights, made_of, run_arms
from udtlib.trackers.udt import UdtTracker
from udtlib.training import TrainingSettings, loop
from udtlib.training.checkpoint import load_checkpoint
from udtlib.training.log import read_log
from udtlib.training.run import start, take_step
from udtlib.weights import load_weights, random_weights

CPU = torch.device("cpu")

RECIPE = dict(SCALES["small"].recipe) | {"batch": 2, "steps": 2, "precision": "float32", "warm_up": 0}
TINY = replace(SCALES["small"], clips=2, frames=5, judged=2, recipe=RECIPE)
ARMS = [Arm("udt", ""), Arm("random", "", trained=False)]


@pytest.fixture(scope="module")
def short():
    """Two held-out clips of a few frames."""
    return [replace(one, frames=one.frames[:4], boxes=one.boxes[:4]) for one in judged_clips(2)]


@pytest.fixture
def place(tmp_path, short, monkeypatch):
    monkeypatch.setattr(runs, "sequences_to_judge", lambda scale, val: short)
    return Place(tmp_path, TINY, command="udt experiment run")


def test_seeds_and_steps_of_numpy_are_written_down_as_numbers(place, monkeypatch):
    scale = place.scale.shortened(np.int64(2))
    paths = run_arms(ARMS, np.arange(3, 4), replace(place, scale=scale))
    assert [json.loads(path.read_text())["seed"] for path in paths] == [3, 3]
    monkeypatch.setattr(runs, "train", None)  # nothing is trained again
    assert run_arms(ARMS, [3], replace(place, scale=place.scale.shortened(2))) == paths


def test_a_run_is_made_once_and_says_what_it_is_made_of(place, short, monkeypatch, capsys):
    paths = run_arms(ARMS, [0], place)
    assert [path.parent.name for path in paths] == ["udt-s0", "random-s0"]
    result = json.loads(paths[0].read_text())
    weights = load_weights(paths[0].parent / "weights.safetensors")
    assert result["weights"] == weights.fingerprint != random_weights(0).fingerprint
    assert result["sequences"] == [one.row() for one in judge(weights, short, 2, 63, "float32")]
    assert result["scale"]["recipe"]["steps"] == 2
    first = first_weights(ARMS[1], 0, place.scale)
    assert json.loads(paths[1].read_text())["weights"] == first.fingerprint
    for name, tensor in (
        start(replace(TrainingSettings(), gain=2.0, seed=0), CPU).network.state_dict().items()
    ):
        assert torch.equal(tensor, first.tensors[name])
    before = [path.stat().st_mtime_ns for path in paths]
    monkeypatch.setattr(runs, "train", None)  # nothing is trained again
    capsys.readouterr()
    assert [path.stat().st_mtime_ns for path in run_arms(ARMS, [0], place)] == before
    assert capsys.readouterr().out.count("kept") == 2


def test_a_run_made_otherwise_is_refused(place):
    run_arms(ARMS[1:], [0], place)
    other = replace(place, scale=replace(TINY, recipe=RECIPE | {"steps": 3}))
    with pytest.raises(DataError, match="expected a result with the same scale, found another"):
        run_arms(ARMS[1:], [0], other)


def test_a_run_that_was_stopped_goes_on_to_the_same_network(place, tmp_path, monkeypatch):
    whole = json.loads(run_arms(ARMS[:1], [0], place)[0].read_text())
    again = replace(place, folder=tmp_path / "again")
    monkeypatch.setattr(runs, "judge", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run_arms(ARMS[:1], [0], again)
    assert not (again.folder / "udt-s0" / "result.json").exists()
    monkeypatch.setattr(runs, "judge", judge)
    resumed = json.loads(run_arms(ARMS[:1], [0], again)[0].read_text())
    assert resumed["weights"] == whole["weights"]
    assert resumed["sequences"] == whole["sequences"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_a_training_ends_all_and_finished_runs_are_kept(place, monkeypatch, capsys, number):
    def signalled(*arguments):
        signal.raise_signal(number)
        return take_step(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "take_step", signalled)
        with pytest.raises(KeyboardInterrupt), ending_signals() as ending:
            run_arms(ARMS[::-1], [0], place)
    assert ending.came
    assert ending.number == (0 if number == signal.SIGINT else number)
    assert load_checkpoint(place.folder / "udt-s0").step == 1
    assert not (place.folder / "udt-s0" / "result.json").exists()
    capsys.readouterr()
    run_arms(ARMS[::-1], [0], place)
    assert capsys.readouterr().out.count("kept") == 1
    assert [row["step"] for row in read_log(place.folder / "udt-s0" / "log.csv")] == ["1", "2"]


def other_images(sequences):
    """Return the same sequences with every frame a little darker."""
    return [replace(one, frames=[frame // 2 for frame in one.frames]) for one in sequences]


def other_boxes(sequences):
    return [replace(one, boxes=one.boxes + np.array([0, 0, 0, 1])) for one in sequences]


@pytest.mark.parametrize("change", [other_images, other_boxes])
def test_a_run_judged_on_other_content_under_the_same_names_is_refused(place, short, monkeypatch, change):
    run_arms(ARMS[1:], [0], place)
    monkeypatch.setattr(runs, "sequences_to_judge", lambda scale, val: change(short))
    with pytest.raises(DataError, match="with the same content of the sequences, found another"):
        run_arms(ARMS[1:], [0], place)


def test_a_run_by_other_code_is_refused_and_one_of_an_earlier_version_kept(place, monkeypatch):
    (path,) = run_arms(ARMS[1:], [0], place)
    before = runs.code()
    monkeypatch.setattr(UdtTracker, "update", lambda self, frame: self.box)
    runs.code.cache_clear()
    try:
        assert runs.code() != before
        with pytest.raises(DataError, match="with the same code, found another; name another folder, or rem"):
            run_arms(ARMS[1:], [0], place)
        found = json.loads(path.read_text())
        earlier = {key: found[key] for key in found if key not in (runs.CODE, runs.CONTENT)}
        path.write_text(json.dumps(earlier))
        assert run_arms(ARMS[1:], [0], place) == [path]
    finally:
        monkeypatch.undo()
        runs.code.cache_clear()


def packed(path, seed):
    return pack_clips(path, clips=2, frames=5, seed=seed).path


def test_a_run_on_other_videos_is_refused_and_one_of_an_earlier_version_kept(tmp_path, short):
    """What is finished is kept only if it was trained on the videos that are named now."""
    scale = replace(TINY, clips=0, judged=0, patch=125)
    place = Place(tmp_path, scale, packed(tmp_path / "a.raw", 1), tmp_path)
    other = replace(place, videos=packed(tmp_path / "b.raw", 2))
    found, asked = (made_of(ARMS[0], 0, each, short) for each in (place, other))
    assert found["trained on"].startswith("10 patches of 2 videos, checksum")
    assert "trained on" not in made_of(ARMS[1], 0, place, short), "it is not trained"
    check_same(found, found, tmp_path)
    with pytest.raises(DataError, match="with the same videos, found another"):
        check_same(found, asked, tmp_path)
    del found["trained on"]
    check_same(found, asked, tmp_path)


@pytest.mark.parametrize("name", ["videos", "val"])
def test_videos_and_sequences_that_would_not_be_used_are_refused(tmp_path, name):
    with pytest.raises(OptionError, match=f"--{name} .*scale 'small' takes procedural clips; leave it out"):
        Place(tmp_path, TINY, **{name: tmp_path})
