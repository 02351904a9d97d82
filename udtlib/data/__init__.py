"""Data: procedural clips, benchmark sequences, videos; `load_dataset` opens one by name.

Book: chapters 00, 01 and 10.
May import: the conventions alone (errors, frames, boxes, polygons) here; the rooms inside build on it.
"""

from udtlib.data.locate import find_data
from udtlib.data.registry import DATASETS, load_dataset, load_truth
from udtlib.data.sequences import Sequence

__all__ = ["DATASETS", "Sequence", "find_data", "load_dataset", "load_truth"]
