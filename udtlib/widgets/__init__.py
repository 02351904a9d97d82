"""Interactive demos, a module each, beside a static twin.

Book: all chapters.
May import: what the demos show; nothing imports them but chapters.
"""
