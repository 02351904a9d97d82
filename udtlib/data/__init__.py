"""Data: procedural clips, benchmark sequences, videos. See `udtlib.data.registry.load_dataset`."""

from udtlib.data.locate import find_data
from udtlib.data.registry import DATASETS, load_dataset, load_truth
from udtlib.data.sequences import Sequence

__all__ = ["DATASETS", "Sequence", "find_data", "load_dataset", "load_truth"]
