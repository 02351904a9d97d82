"""Measure what chapter 17's cost model takes in: `make results-costs` (two minutes, on a quiet machine).

    python book/tools/cost_results.py --table FILE.json

Frames a second that one core decodes and cuts, bytes of a patch, and triplets a second that one and two processes
under torchrun (gloo, one thread each) learn from together.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch

from kept import write_json
from udtlib.bench.decoding import SIZE, measure_decoding
from udtlib.data.raw_video.patch_cache import encode_patch
from udtlib.data.raw_video.patch_selection import cut_patches
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.patches import render_patches
from udtlib.evaluation.running.measured import provenance
from udtlib.training import train
from udtlib.training.log import read_log
from udtlib.training.settings import TrainingSettings

FRAMES, ROUNDS = 100, 3
STEPS, BATCH = 12, 16  # of which the first WARM are not counted
WARM = 4
PROCESSES = (1, 2)
QUALITY = 80


def cutting() -> float:
    """Return the patches a second that a core cuts from frames as large as those decoded."""
    frames = list(render_clip(20, SIZE[::-1], seed=3).frames)
    begin = perf_counter()
    count = sum(1 for _ in cut_patches(frames * ROUNDS))
    return count / (perf_counter() - begin)


def patch_bytes() -> dict[str, float]:
    """Return the bytes of a patch, as it is and compressed."""
    patches = render_patches(clips=6, frames=5, seed=0).patches
    sizes = [len(encode_patch(patch, QUALITY)) for patch in patches]
    return {"raw": float(patches[0].nbytes), f"webp {QUALITY}": round(float(np.mean(sizes)))}


def worker(out: str) -> None:
    """Train for a few steps on random patches; started by torchrun in several processes."""
    torch.set_num_threads(1)
    patches = np.random.default_rng(0).integers(0, 256, (BATCH, 3, 125, 125, 3), dtype=np.uint8)
    train(TrainingSettings(steps=STEPS, batch=BATCH, first_rate=1e-5), lambda step: patches, out)


def learned(processes: int) -> list[float]:
    """Return the triplets a second of each step that counts, of all processes together."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder, "run"))
        launch = [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            f"--nproc-per-node={processes}",
        ]
        subprocess.run([*launch, __file__, "--worker", out], check=True, stdout=subprocess.DEVNULL)
        return [float(row["triplets_per_second"]) for row in read_log(Path(out, "log.csv"))][WARM:]


def costs() -> dict[str, Any]:
    """Return all that is measured."""
    torch.set_num_threads(1)
    decoding = measure_decoding(FRAMES, ROUNDS)
    paces = {processes: learned(processes) for processes in PROCESSES}
    return {
        "decoded": round(median(decoding.child), 1),
        "cut": round(cutting(), 1),
        "size": list(SIZE),
        "patch_bytes": patch_bytes(),
        "batch": BATCH,
        "triplets": {str(count): round(median(pace), 2) for count, pace in paces.items()},
        "slowest_fastest": {str(count): [min(pace), max(pace)] for count, pace in paces.items()},
    }


def main() -> None:
    """Measure and write the table, or be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--table", metavar="FILE.json")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        worker(arguments.worker)
        return
    if not arguments.table:
        parser.error("expected --table FILE.json")
    origin = provenance("make results-costs")
    write_json(arguments.table, origin | costs())


if __name__ == "__main__":
    main()
