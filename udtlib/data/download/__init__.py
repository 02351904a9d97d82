"""Benchmarks from their official places: addresses, resumed downloads, safe unpacking.

Book: chapter 13.
May import: `udtlib.data`, `udtlib.data.benchmarks`.
"""
