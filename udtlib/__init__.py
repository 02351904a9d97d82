"""udtlib: the small library behind “Unsupervised Deep Tracking, from scratch”."""

from udtlib.data import load_dataset
from udtlib.trackers import load_tracker

__version__ = "0.1.0"
__all__ = ["load_dataset", "load_tracker"]
