"""The checks of exercises (ch02) and assignments (a1); the library itself never imports them.

Book: chapters 00 to 14.
May import: patches, labels, features, trackers, the scoring of evaluation.
"""
