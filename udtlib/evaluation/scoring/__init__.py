"""From boxes to numbers: policies, success and precision, intervals, what the paper prints.

Book: chapters 01 and 13.
May import: `udtlib.data`, the results of `udtlib.evaluation`.
"""
