"""The checks of exercises, one module a chapter; the library itself never imports them.

Book: chapters 00 to 14.
May import: patches, labels, features, trackers, the scoring of evaluation.
"""
