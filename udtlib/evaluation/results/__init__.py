"""Result files: a tracker's boxes of a sequence with a record of how they were made, and folders of them.

Book: chapter 13.
May import: `udtlib.errors`, `udtlib.boxes`, `udtlib.fingerprints`, `udtlib.data`,
`udtlib.evaluation.protocols`.
"""
