"""From boxes to numbers: policies, success and precision, intervals, what the paper prints.

Book: chapters 01, 13 and 14.
May import: `udtlib.data`, the results of `udtlib.evaluation`.
"""
