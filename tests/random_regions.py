"""Regions drawn at random, many of them degenerate; tests share them."""

import numpy as np

from udtlib.polygons import Region, rotated_rectangle


def random_region(rng: np.random.Generator) -> Region:
    """Return a box, a rotated rectangle, or a polygon that may cross itself or have repeated corners."""
    kind, place = rng.integers(6), rng.uniform(-10, 60, 2)
    if kind == 0:
        return np.concatenate([place, rng.uniform(0.2, 50, 2)])
    if kind == 1:
        return rotated_rectangle(place, rng.uniform(1, 40, 2), rng.uniform(0, 360))
    if kind == 2:  # few different corners, many on one line
        return (place + rng.integers(0, 3, (4, 2)) * 10.0).ravel()
    if kind == 3:
        return np.round(rng.uniform(-10, 60, (4, 2))).ravel()
    return rng.uniform(-10, 60, (int(rng.integers(3, 8)), 2)).ravel()
