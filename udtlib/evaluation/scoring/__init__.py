"""From boxes to numbers: policies, success and precision, intervals, what the paper prints; VOT's measures.

Book: chapters 01, 13 and 14.
May import: `udtlib.polygons`, `udtlib.data`, the results of `udtlib.evaluation`.
"""
