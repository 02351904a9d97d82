"""Experiments on what each idea is worth: declared in `catalogue`, run with seeds, compared with intervals.

Book: chapter 15.
May import: training, weights, trackers, evaluation, the datasets.
"""
