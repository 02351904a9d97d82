"""The commands of ``udt``, one a module: ``EXAMPLE``, ``add_arguments(parser)``, ``run(arguments)``.

Book: chapters 06, 10, 11 and 13.
May import: everything but widgets and the checks of exercises.
"""
