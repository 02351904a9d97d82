"""Choosing a box by drawing it: in a notebook (`widget`), or on a page that a terminal serves (`server`).

Book: chapter 00.
May import: what `udtlib.widgets` may.
"""
