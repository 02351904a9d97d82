"""What is shown of scores: tables, plots, and a page of HTML with all of them.

Book: chapter 13.
May import: `udtlib.data`, the scoring of `udtlib.evaluation`.
"""
