"""Training without labels: settings, batches, the step, the loop, checkpoints, the log.

Book: chapter 11.
May import: `udtlib.data`, `udtlib.network`, `udtlib.weights`, `udtlib.dcf`, `udtlib.unsupervised`.
"""

from udtlib.training.loop import WEIGHTS, Ending, open_run, train

__all__ = ["WEIGHTS", "Ending", "open_run", "train"]
