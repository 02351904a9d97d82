"""Interactive demos, each beside a static twin, and `pick_box`."""

from udtlib.widgets.box_picker.widget import pick_box

__all__ = ["pick_box"]
