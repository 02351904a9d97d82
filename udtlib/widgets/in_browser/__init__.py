"""Demos that compute in the reader's browser: alive in JupyterLab and in the web book, without Python.

Book: chapters 02, 05, 06 and 07.
May import: what `udtlib.widgets` may.
"""
