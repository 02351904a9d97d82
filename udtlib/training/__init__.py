"""Training without labels: settings, batches, the step, the loop, checkpoints, the log.

Book: chapter 11.
May import: the network, the filter layer, weights, `udtlib.unsupervised`, the videos of `udtlib.data`.
"""

from udtlib.training.loop import WEIGHTS, Ending, open_run, train
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch, TrainingStep

__all__ = ["WEIGHTS", "Batch", "Ending", "TrainingSettings", "TrainingStep", "open_run", "train"]
