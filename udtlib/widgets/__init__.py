"""Interactive demos, a module each, beside a static twin; and `pick_box`, to draw a box on a frame.

Book: chapters 00 to 17.
May import: what the demos show; nothing imports them but chapters and the commands that serve a page.
"""

from udtlib.widgets.box_picker.widget import pick_box

__all__ = ["pick_box"]
