"""Benchmarks with ground truth, read as they are published: OTB, Temple-Color, and those with a layout.

Book: chapters 01 and 13.
May import: `udtlib.data`.
"""
