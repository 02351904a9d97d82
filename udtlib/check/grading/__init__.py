"""Marks for assignments: a student's functions run in a child process, their answers are judged outside it.

Book: chapters 02 to 14.
May import: `udtlib.check`.
"""
