"""Regions of any shape in the plane: upright boxes, rotated rectangles, polygons; two ways to overlap them.

Book: chapter 14.
May import: nothing but the conventions (errors, boxes).
"""

from udtlib.polygons.area import area_overlaps
from udtlib.polygons.pixels import pixel_overlaps
from udtlib.polygons.shapes import Region, check_region, corners, parse_region, rotated_rectangle, upright_box

__all__ = [
    "Region",
    "area_overlaps",
    "check_region",
    "corners",
    "parse_region",
    "pixel_overlaps",
    "rotated_rectangle",
    "upright_box",
]
