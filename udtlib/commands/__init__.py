"""One module a command: ``EXAMPLE``, ``add_arguments(parser)`` and ``run(arguments) -> exit status``."""
