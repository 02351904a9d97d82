"""Interactive demos, each beside a static twin."""
