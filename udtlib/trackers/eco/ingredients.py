"""UDT+'s ingredients: the settings that leave each out, and those that put it in. Book: chapter 12."""

from collections.abc import Collection
from typing import Any

from udtlib.arguments import look_up

INGREDIENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "context": ({"search_area": 2.8}, {"search_area": 4.0}),
    "penalty": ({"penalty_edge": 1e-4}, {"penalty_edge": 1e-2}),  # without: the same everywhere
    "memory": ({"capacity": 1}, {"capacity": 50}),
    "sparse": ({"train_gap": 0}, {"train_gap": 5}),
    "newton": ({"newton_steps": 0}, {"newton_steps": 5}),
    "projection": ({"projection_share": 1e6}, {"projection_share": 35.0}),  # so high that it keeps its start
    "scale": ({"follow_size": False}, {"follow_size": True}),
    "trust": ({"adaptive": 0.0}, {"adaptive": 1.0}),
}
"""Name: settings without it, settings with it, in the order in which chapter 12 adds them."""


def with_ingredients(names: Collection[str]) -> dict[str, Any]:
    """Return the settings of `udtlib.trackers.eco.settings.EcoSettings` that have these ingredients alone.

    Args:
        names: keys of `INGREDIENTS`; all but ``"trust"`` are the preset ``"released"``.

    Raises:
        UnknownNameError: no such ingredient.
    """
    for name in names:
        look_up("ingredient", name, INGREDIENTS)
    chosen = [pair[name in names] for name, pair in INGREDIENTS.items()]
    return {setting: value for settings in chosen for setting, value in settings.items()}
