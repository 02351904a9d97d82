"""What a run writes: killed, full, deleted, shared or hostile, nothing is lost or wrong in silence."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save
from training_job import moving_patches, run

from udtlib.errors import CheckpointError, StorageError, TrainingError
from udtlib.locks import only_writer
from udtlib.training.checkpoint import FORMATS, NEWEST, checksum, load_checkpoint, save_checkpoint
from udtlib.training.log import LOG, TrainingLog, open_log, read_log
from udtlib.training.run import start
from udtlib.training.settings import TrainingSettings
from udtlib.weights import load_weights

TESTS = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(TESTS)])}
ROW = {"epoch": 1, "loss": 0.25, "learning_rate": 0.01, "triplets_per_second": 3.5, "seconds": 1.0}


def job(out, steps, *words):
    command = [sys.executable, str(TESTS / "training_job.py"), str(out), str(steps), "2", *words]
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}  # other numbers of threads round otherwise
    return subprocess.Popen(command, env=ENVIRONMENT | threads, stderr=subprocess.PIPE)


def lines(out):
    return [(row["step"], row["loss"]) for row in read_log(out / LOG)]


def write_log(folder, steps):
    with TrainingLog(folder, steps, 0, write=True, progress=False) as log:
        for step in range(steps):
            log.add({"step": step + 1, **ROW})
    return (folder / LOG).read_bytes()


# --- kills ---


def test_killed_at_random_moments_nothing_is_lost(tmp_path):
    """Killed, resumed, killed: log, weights and card at the end are those of a run in one go."""
    run(tmp_path / "whole", 8, 2, checkpoint_every=2)
    out, chance, kills = tmp_path / "out", random.Random(3), 0
    for done in (2, 4):
        child = job(out, 8, "checkpoint_every=2", *(["resume=1"] if done > 2 else []))
        while child.poll() is None and (not (out / NEWEST).exists() or load_checkpoint(out).step < done):
            assert done == 2 or len(lines(out)) >= 2, "lines of finished steps are never away"
            time.sleep(0.02)
        time.sleep(0.1 * chance.random())
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kills += child.returncode == -signal.SIGKILL
    assert kills
    run(out, 8, 2, checkpoint_every=2, resume=True)
    assert lines(out) == lines(tmp_path / "whole")
    ours, whole = (load_weights(folder / "weights.safetensors") for folder in (out, tmp_path / "whole"))
    assert ours.fingerprint == whole.fingerprint
    assert ours.card["first losses"] == whole.card["first losses"]
    assert not list(out.glob(".lock"))


def test_a_kill_while_the_log_is_cut_loses_no_line(tmp_path, monkeypatch):
    """Whatever a resumed run does to the log first: at no moment are lines of finished steps away."""
    before = write_log(tmp_path, 10)
    seen, rename = [], os.replace

    def look(source, target):
        seen.append((tmp_path / LOG).read_bytes())
        rename(source, target)

    monkeypatch.setattr(os, "replace", look)
    open_log(tmp_path / LOG, 7).close()
    assert seen == [before]
    assert (tmp_path / LOG).read_bytes() == before[: before.index(b"8,1,")]


@pytest.mark.parametrize("damage", ["empty", "beginning", "middle", "doubled"])
def test_a_log_without_all_lines_is_not_continued_in_silence(tmp_path, damage):
    text = write_log(tmp_path, 10).splitlines(keepends=True)
    left = {
        "empty": text[:1],
        "beginning": text[:1] + text[5:],
        "middle": text[:4] + text[5:],
        "doubled": text[:5] + text[4:],
    }
    (tmp_path / LOG).write_bytes(b"".join(left[damage]))
    with pytest.raises(TrainingError, match=r"log\.csv: expected a line for each of steps 1 to 10, found \d"):
        open_log(tmp_path / LOG, 10)
    (tmp_path / LOG).unlink()
    open_log(tmp_path / LOG, 10).close()
    assert read_log(tmp_path / LOG) == []


def test_a_number_cut_short_is_not_a_line(tmp_path):
    whole = write_log(tmp_path, 3)
    (tmp_path / LOG).write_bytes(whole[:-4])
    assert len(read_log(tmp_path / LOG)) == 2
    (tmp_path / LOG).unlink()
    os.mkfifo(tmp_path / LOG)
    with pytest.raises(TrainingError, match="expected the log of a training, found no regular file"):
        read_log(tmp_path / LOG)
    (tmp_path / LOG).unlink()
    (tmp_path / LOG).write_bytes(b"step,epoch\r\n" + b'"' + b"x" * 200_000 + b"\n")
    with pytest.raises(TrainingError, match="expected the log of a training"):
        read_log(tmp_path / LOG)


def test_the_card_tells_the_first_losses_even_where_the_log_is_lost(tmp_path):
    run(tmp_path, 4, 2)
    first = load_weights(tmp_path / "weights.safetensors").card["first losses"]
    (tmp_path / LOG).unlink()
    (tmp_path / "weights.safetensors").unlink()
    run(tmp_path, 4, 2, resume=True)
    assert load_weights(tmp_path / "weights.safetensors").card["first losses"] == first
    assert len(first.split()) == 4


# --- one writer, a full disk, a folder that goes ---


def test_a_second_training_in_one_folder_is_refused(tmp_path):
    def batches(step):
        with pytest.raises(StorageError, match=f"{tmp_path}: another process is writing there"):
            run(tmp_path, 2, 2, resume=True)
        return moving_patches(step, 2)

    assert run(tmp_path, 2, 2, batches=batches).steps == 2
    with only_writer(tmp_path), pytest.raises(StorageError, match="another process"):
        run(tmp_path, 2, 2, resume=True)


@pytest.mark.parametrize("gone", ["folder", "log", "replaced"])
def test_a_folder_that_is_deleted_is_said_at_once(tmp_path, gone, monkeypatch):
    monkeypatch.setattr("udtlib.training.log.FLUSH_EVERY", 0.0)
    out, steps = tmp_path / "out", []

    def batches(step):
        steps.append(step)
        if step == 3:
            if gone == "folder":
                shutil.rmtree(out)
            else:
                (out / LOG).unlink()
            if gone == "replaced":
                (out / LOG).touch()
        return moving_patches(step, 2)

    with pytest.raises(
        StorageError, match=r"out/log\.csv: removed or replaced while the training was writing"
    ):
        run(out, 30, 2, batches=batches)
    assert max(steps) <= 6, "the next batches are fetched ahead"


def test_a_full_disk_under_the_log(tmp_path, monkeypatch):
    run(tmp_path, 2, 2)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    log = TrainingLog(tmp_path, 4, 2, write=True, progress=False)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"log\.csv: cannot be written \(No space left"), log:
        log.flush()
    monkeypatch.undo()
    assert run(tmp_path, 2, 2, resume=True).steps == 2


def test_planted_links_are_not_followed(tmp_path):
    (tmp_path / "victim").write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    for name in ("checkpoint.safetensors.part", "weights.safetensors.part", f"{LOG}.part"):
        (out / name).symlink_to(tmp_path / "victim")
    run(out, 1, 2)
    assert (tmp_path / "victim").read_text() == "mine"


# --- checkpoints ---


def read(path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata())  # noqa: SIM118


def forge(folder, change=lambda about: about, form=FORMATS[-1]):
    """Write the folder's checkpoint with another header, of the right checksum."""
    tensors, metadata = read(folder / "good")
    about = json.loads(metadata["about"])
    about = change(about)
    if form == FORMATS[0]:
        text, more = json.dumps({**about, "checksum": checksum(tensors)}), {}
    else:
        text = json.dumps(about)
        more = {"checksum": checksum(tensors, text)}
    (folder / NEWEST).write_bytes(save(tensors, {"format": form, "about": text, **more}))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    run(folder, 2, 2)
    shutil.copy(folder / NEWEST, folder / "good")
    return folder


@pytest.mark.parametrize("form", FORMATS)
def test_both_formats_are_read(made, form):
    forge(made, form=form)
    assert load_checkpoint(made).step == 2
    assert run(made, 2, 2, resume=True).steps == 2


def test_a_changed_header_is_noticed(made):
    content = (made / "good").read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = content[8:end].rstrip(b" ")  # what follows is padding
    for place in range(8, 8 + len(header), 3):
        changed = bytearray(content)
        changed[place] ^= 1
        (made / NEWEST).write_bytes(changed)
        with pytest.raises(CheckpointError):
            load_checkpoint(made)
    assert len(header) > 1000


VALUES = [None, True, -1, 1.5, 10**400, float("nan"), float("inf"), "x", [], ["x"], {}, {"start": 1}]


FINE = {"seconds": [1.5], "settings": [{}, {"start": 1}], "history": [{}], "start": [[]], "recent": [[]]}


@pytest.mark.parametrize("key", ["step", "seconds", "settings", "history", "start", "recent", "still"])
def test_wrong_values_in_a_header_of_the_right_checksum(made, key):
    def change(about):
        if key in about:
            return {**about, key: value}
        return {**about, "history": {**about["history"], key: value}}

    taken = []
    for value in VALUES:
        forge(made, change)
        try:
            load_checkpoint(made)
            taken.append(value)
        except CheckpointError:
            pass
    assert taken == FINE.get(key, [])


@pytest.mark.parametrize("name", ["optimiser.0.momentum_buffer", "optimiser.x.momentum_buffer", "network.x"])
def test_tensors_of_another_network(made, tmp_path, name):
    settings = TrainingSettings(steps=2, batch=2, schedule="step", steps_per_epoch=2)
    shutil.copy(made / "good", made / NEWEST)
    state = load_checkpoint(made)
    save_checkpoint(tmp_path, replace(state, tensors={**state.tensors, name: torch.zeros(3, 5)}))
    with pytest.raises(CheckpointError, match=r"is of no such optimiser|lacks 1 of|of another network"):
        start(settings, torch.device("cpu")).resume(load_checkpoint(tmp_path))


def test_a_training_stays_in_its_folder_wherever_its_batches_go(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def wandering(step):
        os.chdir(elsewhere)
        return moving_patches(step, 2)

    monkeypatch.chdir(tmp_path)
    ending = run("mine", 2, 2, batches=wandering, checkpoint_every=1)
    assert len(read_log(tmp_path / "mine" / LOG)) == 2
    assert (tmp_path / "mine" / NEWEST).exists()
    assert (
        load_weights(ending.weights).fingerprint
        == load_weights(tmp_path / "mine" / ending.weights.name).fingerprint
    )
    assert list(elsewhere.iterdir()) == []


def test_a_log_named_from_the_current_folder_stays_there(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with TrainingLog(Path("mine"), 2, 0, write=True, progress=False) as log:
        monkeypatch.chdir(tmp_path / "elsewhere")
        log.add({"step": 1, **ROW})
        log.flush()
    assert [row["step"] for row in read_log(tmp_path / "mine" / LOG)] == ["1"]
