"""Result files: a tracker's boxes of a sequence with a record of how they were made, folders, VOT's files.

Book: chapters 13 and 14.
May import: `udtlib.polygons`, `udtlib.data`, the protocols of `udtlib.evaluation`.
"""
