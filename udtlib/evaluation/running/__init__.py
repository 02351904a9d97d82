"""Running trackers over a dataset: one pass, in parallel, on a cluster, resumably; where results come from.

Book: chapter 13.
May import: `udtlib.trackers`, `udtlib.data`, `udtlib.evaluation.scoring`, `udtlib.evaluation.results`.
"""
