"""Procedural clips with exact ground truth: the embedded benchmark, and clips to train on.

Book: chapters 00 and 10.
May import: `udtlib.errors`, `udtlib.frames`, `udtlib.boxes`, `udtlib.patches`, the rest of `udtlib.data`.
"""

from udtlib.data.synthetic.clips import BENCHMARK, ClipFrames, load_synthetic, render_clip

__all__ = ["BENCHMARK", "ClipFrames", "load_synthetic", "render_clip"]
