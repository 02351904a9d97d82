"""Benchmarks from their official places: addresses, resumed downloads, safe unpacking.

Book: chapter 13.
May import: `udtlib.errors`, `udtlib.data.benchmarks`, the modules of `udtlib.data` itself.
"""
