"""What is shown of scores: tables, plots, and a page of HTML with all of them.

Book: chapters 13 and 14.
May import: `udtlib.data`, the scoring of `udtlib.evaluation`.
"""
