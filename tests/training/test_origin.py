"""A run does not go on with other patches, and not in silence with other code."""

import pytest
from training_job import moving_patches, run

from udtlib.errors import CheckpointError
from udtlib.training import origin
from udtlib.training.checkpoint import load_checkpoint
from udtlib.weights import load_weights


def others(step):
    return moving_patches(step + 100)


def test_other_patches_under_the_same_settings_are_refused(tmp_path):
    run(tmp_path, 4, checkpoint_every=2, keep=[2])
    with pytest.raises(CheckpointError, match="started with other patches: its first batch is not"):
        run(tmp_path, 4, resume=True, batches=others)
    assert run(tmp_path, 4, resume=True).steps == 4


def test_patches_that_the_settings_name_are_told_by_their_name(tmp_path):
    run(tmp_path, 2, data="some clips, checksum 12")
    assert "batch" not in load_checkpoint(tmp_path).made_of
    with pytest.raises(CheckpointError, match=r"data: 'some clips, checksum 12' then, .* 34' now"):
        run(tmp_path, 2, data="some clips, checksum 34", resume=True)


def test_other_code_is_said_and_stands_in_the_card(tmp_path, caplog, monkeypatch):
    def stop(step):
        if step == 3:
            raise KeyboardInterrupt
        return moving_patches(step)

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, 4, checkpoint_every=1, batches=stop)
    assert caplog.messages == []
    done = load_checkpoint(tmp_path).step
    monkeypatch.setattr(origin, "code_of", lambda batches: "other")
    run(tmp_path, 4, resume=True)
    assert caplog.messages == [
        f"{tmp_path}: the code has changed since step {done}; no command repeats this run, its card says so"
    ]
    assert load_weights(tmp_path / "weights.safetensors").card["code"] == (
        f"another version of it until step {done}"
    )


def test_the_code_that_trains_is_that_of_the_step(monkeypatch):
    before = origin.code_of(moving_patches)
    assert origin.code_of(moving_patches) == before
    monkeypatch.setattr("udtlib.training.run.update_average", lambda *a: None)
    assert origin.code_of(moving_patches) != before
