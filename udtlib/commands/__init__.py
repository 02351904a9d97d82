"""The commands of ``udt``, one a module: ``EXAMPLE``, ``add_arguments(parser)``, ``run(arguments)``.

``WRITES`` names the arguments that are files to write, where there are any: `udtlib.cli` sees to it that only
one process writes them, and that none of them is a file that the command reads (`udtlib.commands.outputs`).

Book: chapters 00, 06, 10, 11, 13 and 14.
May import: everything but the checks of exercises; of widgets, what `udt select` serves.
"""
