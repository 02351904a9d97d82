"""A tiny training job, for tests: run by torchrun in several processes, or called.

Usage: python training_job.py OUT STEPS BATCH [key=value ...]
"""

import sys
import threading
from pathlib import Path

import numpy as np

from udtlib.training import train
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch


def moving_patches(step, batch=4):
    """Smooth random textures that move a few pixels: the same for the same step."""
    random = np.random.default_rng([7, step])
    patches = np.empty((batch, 3, 125, 125, 3), np.uint8)
    moves = random.integers(-6, 7, (batch, 2, 2))
    for sample in range(batch):
        coarse = random.integers(0, 256, (25, 25, 3), dtype=np.uint8)
        template = np.kron(coarse, np.ones((5, 5, 1), np.uint8))
        patches[sample, 0] = template
        for index, move in enumerate(moves[sample]):
            noise = random.integers(0, 9, template.shape, dtype=np.uint8)
            patches[sample, index + 1] = np.roll(template // 2 + noise, move, (0, 1))
    return Batch(patches, moves.astype(np.float64))


def run(out, steps=3, batch=4, **options):
    """Train on `moving_patches`; options of TrainingSettings, or of train."""
    keys = ("resume", "checkpoint_every", "keep", "progress", "tensorboard", "card", "first_weights")
    keys += ("held_out", "validate_every", "keep_best")
    others = {key: options.pop(key) for key in keys if key in options}
    source = options.pop("batches", lambda step: moving_patches(step, batch))
    options.setdefault("schedule", "step")
    options.setdefault("steps_per_epoch", 2)
    settings = TrainingSettings(steps=steps, batch=batch, **options)
    return train(settings, source, out, **others)


def stuck_at(step, out):
    """Batches of two, but the one of ``step`` never comes: its thread hangs, as in a broken decoder."""

    def batches(number):
        if number == step:
            (out / "stuck").touch()
            threading.Event().wait()
        return moving_patches(number, 2)

    return batches


if __name__ == "__main__":
    words = dict(word.split("=") for word in sys.argv[4:])
    words = {key: int(value) if value.isdecimal() else value for key, value in words.items()}
    if "stuck" in words:
        words["batches"] = stuck_at(words.pop("stuck"), Path(sys.argv[1]))
    run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), **words)
