"""One module a command: ``EXAMPLE``, ``add_arguments(parser)`` and ``run(arguments) -> exit status``.

``WRITES`` names the arguments that are files to write, where there are any: `udtlib.cli` sees to it that only
one process writes them.
"""
