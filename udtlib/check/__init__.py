"""The checks of exercises, one module a chapter; the library itself never imports them.

Book: all chapters.
May import: patches, labels, features, trackers, the scoring of evaluation.
"""
