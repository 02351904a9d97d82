"""Several processes as one: a group that is left, and formed again for the next training."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
THREE_GROUPS = """
import torch
from udtlib.training.workers import Workers

for group in range(3):
    workers = Workers(torch.device("cpu"))
    ranks = workers.gather(torch.tensor([[workers.rank]])).flatten().tolist()
    workers.leave()
    if workers.is_first:
        print(f"group {group}: {ranks}", flush=True)
"""


def test_a_process_that_trained_can_train_again(tmp_path):
    script = tmp_path / "three_groups.py"
    script.write_text(THREE_GROUPS)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *launcher, str(script)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split("\n")[:3] == [f"group {group}: [0, 1]" for group in range(3)], done.stderr
