"""Choosing a box by drawing it: in a notebook (`widget`), or on a page that a terminal serves (`server`)."""
