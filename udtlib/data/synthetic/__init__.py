"""Procedural clips with exact ground truth: the embedded benchmark, and clips to train on.

Book: chapters 00 and 10.
May import: patches, `udtlib.data`, the patch cache of `udtlib.data.raw_video`.
"""

from udtlib.data.synthetic.clips import BENCHMARK, ClipFrames, load_synthetic, render_clip

__all__ = ["BENCHMARK", "ClipFrames", "load_synthetic", "render_clip"]
