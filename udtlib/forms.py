"""Names of what exists in two forms of learning without labels; what they mean is in `udtlib.unsupervised`.

They stand here so that settings and commands can be read without torch. Book: chapters 08 and 11.
"""

WAYS_BACK = ("direct", "chained")
FORMS = ("reference", "paper")
