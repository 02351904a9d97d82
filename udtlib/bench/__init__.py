"""How fast: trackers, the layer, whole processes, ours and others side by side (``udt bench``).

Book: chapters 06, 11 and 17.
May import: `udtlib.data`, the filter layer, trackers, the running of `udtlib.evaluation`.
"""
