"""The live part of a demo: a picture and its controls as native inputs in the browser.

Book: chapters 00 to 14.
May import: `udtlib.widgets.base`, which says what is drawn.
"""
