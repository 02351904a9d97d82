"""Readers of foreign network files, numpy only: they run in a child process that `udtlib.weights` starts.

Book: chapter 06.
May import: nothing but the conventions (errors, frames, boxes).
"""
