"""A disk that becomes full in the middle of ``udt train``: what is kept, what is said, and how it goes on."""

import os
import re
import resource

import pytest

from udtlib.cli import main
from udtlib.training import loop
from udtlib.training.checkpoint import load_checkpoint
from udtlib.training.log import read_log

WORDS = "train --data synthetic --clips 2 --frames 12 --batch 2 --checkpoint-every 1 --no-compare --steps 3"


@pytest.fixture
def limit():
    """What keeps files from growing beyond so many bytes, until the test ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("function", "size", "step", "said"),
    [
        ("take_step", 1000, 2, "the checkpoint of step 3 is lost, .* Make room, then train on with --resume"),
        (
            "take_step",
            100,
            2,
            r"log\.csv: cannot be written .*step 2 .* kept; with --resume the",
        ),
        (
            "write_last",
            1000,
            3,
            r"/weights\.safetensors: cannot .*step 3 .* kept; with --resume the",
        ),
    ],
)
def test_a_disk_that_fills_up(tmp_path, monkeypatch, capsys, limit, function, size, step, said):
    count, work = [], getattr(loop, function)

    def fill(*arguments):
        count.append(1)
        if len(count) == (3 if function == "take_step" else 1):
            limit(size)
        return work(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, function, fill)
        assert main([*WORDS.split(), "--out", str(tmp_path)]) == 2
    limit(resource.RLIM_INFINITY)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("udt train")]
    assert len(lines) == 1
    assert re.search(said, lines[0]), lines
    assert load_checkpoint(tmp_path).step == step
    assert not [name for name in os.listdir(tmp_path) if "unfinished" in name]
    assert main([*WORDS.split(), "--out", str(tmp_path), "--resume"]) == 0
    assert [row["step"] for row in read_log(tmp_path / "log.csv")] == ["1", "2", "3"]
