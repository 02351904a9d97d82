"""Running trackers over a dataset: one pass, in parallel, on a cluster, resumably; where results come from.

Book: chapter 13.
May import: `udtlib.data`, `udtlib.trackers` by its interface, the results and scoring of `udtlib.evaluation`.
"""
