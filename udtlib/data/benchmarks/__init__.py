"""Benchmarks with ground truth, read as they are published: OTB, Temple-Color.

Book: chapters 01 and 13.
May import: `udtlib.data`.
"""
