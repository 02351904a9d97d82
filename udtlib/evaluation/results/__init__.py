"""Result files: a tracker's boxes of a sequence with a record of how they were made, and folders of them.

Book: chapter 13.
May import: `udtlib.data`, the protocols of `udtlib.evaluation`.
"""
