"""What the targets and what passes in front of them look like: drawings of shapes, without any motion.

Every function takes the colour that tells one individual from another. Units are free, y points down.
Book: chapter 00.
"""

import numpy as np

from udtlib.data.cast.shapes import (
    Color,
    Drawing,
    Floats,
    Shape,
    curve,
    ellipse,
    moved,
    polygon,
    shade,
    stroke,
)

INK: Color = (28, 24, 26)
PAPER: Color = (250, 248, 240)


def ladybird(color: Color) -> Drawing:
    """Return a ladybird from above, walking towards the upper left."""
    legs = [(0.5, -0.35, 0.95, -0.75), (0.62, 0.1, 1.12, 0.12), (0.55, 0.5, 0.95, 0.95)]
    drawing = []
    for side in (-1, 1):
        for x0, y0, x1, y1 in legs:
            knee = (side * (0.75 * x1 + 0.05), 0.35 * y0 + 0.65 * y1 - 0.06)
            drawing.append(Shape(stroke([(side * x0, y0), knee, (side * x1, y1)], 0.14, 0.09), INK))
        feeler = [(side * 0.16, -0.9), (side * 0.26, -1.12), (side * 0.42, -1.24)]
        drawing.append(Shape(stroke(feeler, 0.09, 0.06), INK))
    drawing += [Shape(ellipse(0, -0.82, 0.36, 0.27), INK), Shape(ellipse(0, -0.58, 0.56, 0.32), INK)]
    for side in (-1, 1):
        drawing.append(Shape(ellipse(side * 0.36, -0.64, 0.13, 0.17, side * 25), PAPER))
        drawing.append(Shape(ellipse(side * 0.18, -0.93, 0.08, 0.07), PAPER))
    shell = ellipse(0, 0.17, 0.84, 0.86)
    drawing.append(Shape(1.035 * (shell - (0, 0.17)) + (0, 0.17), shade(color, -0.6)))
    drawing.append(Shape(shell, shade(color, 0.18), shade(color, -0.35), (0.5, 1)))
    drawing.append(Shape(stroke([(0, -0.66), (0, 0.2), (0, 1.02)], 0.06), INK))
    drawing.append(Shape(ellipse(0, -0.5, 0.2, 0.17), INK))
    for x, y, size in ((0.42, -0.22, 0.19), (0.5, 0.32, 0.18), (0.27, 0.7, 0.16)):
        drawing += [Shape(ellipse(side * x, y, size, size), INK) for side in (-1, 1)]
    drawing.append(Shape(ellipse(-0.45, -0.08, 0.1, 0.22, 35), shade(color, 0.75)))
    return moved(drawing, angle=-30)


def kite(color: Color) -> Drawing:
    """Return the sail of a diamond kite: four panels, two spars, a smiling face."""
    top, right, bottom, left, middle = (0, -1.0), (0.76, -0.28), (0, 1.15), (-0.76, -0.28), (0, -0.28)
    second, third = (255, 205, 60), shade(color, -0.28)
    drawing = [
        Shape(1.04 * polygon([top, right, bottom, left]), shade(color, -0.55)),
        Shape(polygon([top, middle, left]), shade(color, 0.25), color, (1, 1)),
        Shape(polygon([top, right, middle]), second, shade(second, -0.15), (1, 1)),
        Shape(polygon([left, middle, bottom]), shade(second, 0.15), second, (1, 1)),
        Shape(polygon([middle, right, bottom]), color, third, (1, 1)),
        Shape(stroke([top, middle, bottom], 0.05), (92, 60, 40)),
        Shape(stroke([left, middle, right], 0.05), (92, 60, 40)),
    ]
    for side in (-1, 1):
        drawing.append(Shape(ellipse(side * 0.2, -0.1, 0.09, 0.12), PAPER))
        drawing.append(Shape(ellipse(side * 0.19, -0.08, 0.05, 0.075), INK))
    smile = [(0.26 * np.sin(a), 0.1 + 0.2 * np.cos(a)) for a in np.linspace(-1.2, 1.2, 9)]
    return [*drawing, Shape(stroke(smile, 0.05), INK)]


def boat(color: Color) -> Drawing:
    """Return a folded paper boat, seen from the side."""
    line = shade(color, -0.5)
    hull = polygon([(-1, -0.05), (-0.4, 0.2), (0.4, 0.2), (1, -0.05), (0.66, 0.62), (-0.66, 0.62)])
    sail = polygon([(0, -0.85), (0.47, 0.24), (-0.47, 0.24)])
    middle = np.array([0, -0.05])
    return [
        Shape(1.05 * (hull - middle) + middle, line),
        Shape(1.08 * (sail - middle) + middle, line),
        Shape(
            polygon([(-0.94, -0.03), (0, 0.1), (0.94, -0.03), (0.5, 0.3), (-0.5, 0.3)]), shade(color, -0.32)
        ),
        Shape(polygon([(0, -0.82), (0, 0.3), (-0.43, 0.24)]), shade(color, 0.6), color, (0, 1)),
        Shape(
            polygon([(0, -0.82), (0.43, 0.24), (0, 0.3)]), shade(color, -0.12), shade(color, -0.26), (0, 1)
        ),
        Shape(polygon([(-0.96, -0.02), (-0.36, 0.22), (-0.2, 0.6), (-0.64, 0.6)]), shade(color, 0.5), color),
        Shape(polygon([(-0.36, 0.22), (0.36, 0.22), (0.2, 0.6), (-0.2, 0.6)]), color, shade(color, -0.12)),
        Shape(
            polygon([(0.36, 0.22), (0.96, -0.02), (0.64, 0.6), (0.2, 0.6)]),
            shade(color, -0.16),
            shade(color, -0.3),
        ),
        Shape(stroke([(0, -0.84), (0, -1.02), (0, -1.16)], 0.05), line),
        Shape(polygon([(0, -1.18), (0.36, -1.05), (0, -0.92)]), (222, 60, 52), (180, 30, 40), (1, 0)),
    ]


def _rounded(left: float, top: float, right: float, bottom: float, radius: float) -> Floats:
    turn = np.linspace(0, np.pi / 2, 7)
    corners = []
    for x, y, start in (
        (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 1),
        (left + radius, top + radius, 2),
        (right - radius, top + radius, 3),
    ):
        angle = turn + start * np.pi / 2
        corners.append(np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=-1))
    return polygon(np.concatenate(corners))


def car(color: Color) -> Drawing:
    """Return a toy car from behind."""
    drawing = []
    for side in (-1, 1):
        x = 0.68 * side
        drawing.append(Shape(_rounded(x - 0.19, 0.36, x + 0.19, 0.92, 0.12), INK))
        drawing.append(Shape(_rounded(x - 0.12, 0.6, x + 0.12, 0.86, 0.08), (70, 70, 76)))
    cabin = polygon([(-0.52, -0.82), (0.52, -0.82), (0.74, -0.08), (-0.74, -0.08)])
    drawing += [
        Shape(cabin, shade(color, 0.12), shade(color, -0.15)),
        Shape(_rounded(-0.56, -0.9, 0.56, -0.74, 0.08), shade(color, 0.35)),
        Shape(
            polygon([(-0.42, -0.7), (0.42, -0.7), (0.58, -0.14), (-0.58, -0.14)]),
            (204, 228, 240),
            (96, 136, 168),
            (0.5, 1),
        ),
        Shape(polygon([(-0.3, -0.68), (-0.06, -0.68), (-0.24, -0.16), (-0.48, -0.16)]), (228, 242, 248)),
        Shape(_rounded(-0.95, -0.18, 0.95, 0.66, 0.2), shade(color, 0.1), shade(color, -0.35)),
        Shape(_rounded(-0.88, -0.14, 0.88, -0.02, 0.06), shade(color, 0.45)),
        Shape(_rounded(-0.98, 0.42, 0.98, 0.64, 0.1), (196, 200, 206), (120, 124, 132)),
        Shape(_rounded(-0.3, 0.12, 0.3, 0.36, 0.04), PAPER),
        Shape(stroke([(-0.2, 0.24), (0, 0.24), (0.2, 0.24)], 0.07), (60, 70, 110)),
    ]
    for side in (-1, 1):
        drawing.append(Shape(ellipse(side * 0.66, 0.2, 0.18, 0.17), shade(color, -0.55)))
        drawing.append(Shape(ellipse(side * 0.66, 0.2, 0.14, 0.13), (255, 214, 80), (236, 120, 40)))
    return drawing


def fish(color: Color) -> Drawing:
    """Return a striped fish that swims to the left."""
    dark, pale = shade(color, -0.45), (252, 250, 244)
    body = curve(
        [
            (-1, 0.03),
            (-0.7, -0.36),
            (-0.1, -0.54),
            (0.42, -0.3),
            (0.66, 0),
            (0.42, 0.3),
            (-0.1, 0.5),
            (-0.7, 0.34),
        ]
    )
    tail = curve([(0.56, 0), (0.86, -0.38), (1.12, -0.36), (1.02, 0), (1.12, 0.36), (0.86, 0.38)])
    upper = curve([(-0.5, -0.36), (-0.18, -0.72), (0.3, -0.62), (0.46, -0.2), (0, -0.3)])
    lower = curve([(-0.1, 0.4), (0.02, 0.7), (0.32, 0.64), (0.4, 0.24)])
    drawing = [Shape(fin, color, dark, (1, 0)) for fin in (tail, upper, lower)]
    drawing.append(Shape(body, shade(color, 0.28), shade(color, -0.18)))
    for x, width, high in ((-0.48, 0.2, 0.43), (0.04, 0.22, 0.5), (0.5, 0.13, 0.2)):
        for extra, ink in ((0.07, INK), (0.0, pale)):
            line = [(x - 0.04, -high), (x + 0.05, 0), (x - 0.04, high - 0.02)]
            drawing.append(Shape(stroke(line, width + extra), ink))
    flipper = curve([(-0.26, 0.06), (0.0, 0.0), (0.1, 0.2), (-0.1, 0.28)])
    return [
        *drawing,
        Shape(flipper, shade(color, 0.15), dark, (1, 0.4)),
        Shape(ellipse(-0.74, -0.07, 0.105, 0.115), pale),
        Shape(ellipse(-0.755, -0.07, 0.065, 0.075), INK),
        Shape(ellipse(-0.775, -0.1, 0.022, 0.025), pale),
        Shape(stroke([(-0.97, 0.1), (-0.88, 0.13), (-0.8, 0.1)], 0.035, 0.02), dark),
    ]


def leaf(color: Color) -> Drawing:
    """Return a leaf with its ribs, pointing to the right."""
    rib = shade(color, 0.4)
    blade = curve(
        [(-1, 0), (-0.7, -0.34), (-0.1, -0.52), (0.5, -0.34), (1, 0), (0.5, 0.34), (-0.1, 0.52), (-0.7, 0.34)]
    )
    drawing = [
        Shape(stroke([(-1.25, 0.05), (-1.0, 0), (-0.8, 0)], 0.06), shade(color, -0.3)),
        Shape(blade, shade(color, 0.14), shade(color, -0.3), (0.3, 1)),
        Shape(stroke([(-1.0, 0), (0, 0), (0.9, 0)], 0.06, 0.02), rib),
    ]
    for x in (-0.62, -0.28, 0.06, 0.4):
        for side in (-1, 1):
            ends = [(x, 0), (x + 0.14, side * 0.17), (x + 0.26, side * 0.3 * (1 - 0.3 * x))]
            drawing.append(Shape(stroke(ends, 0.035, 0.02), rib))
    return drawing


def cloud(color: Color) -> Drawing:
    """Return a small round cloud."""
    puffs = [
        (-0.75, 0.12, 0.36),
        (-0.35, -0.14, 0.46),
        (0.18, -0.22, 0.52),
        (0.68, 0.04, 0.42),
        (0, 0.2, 0.44),
    ]
    drawing = [Shape(ellipse(x, y + 0.05, size, 0.9 * size), shade(color, -0.16)) for x, y, size in puffs]
    return drawing + [
        Shape(ellipse(x - 0.02, y - 0.02, 0.95 * size, 0.82 * size), shade(color, 0.6), color)
        for x, y, size in puffs
    ]


def duck(color: Color) -> Drawing:
    """Return a rubber duck that swims to the left."""
    beak: Color = (238, 120, 40)
    body = curve(
        [
            (-0.85, 0.3),
            (-0.5, 0.0),
            (0.1, 0.06),
            (0.6, -0.02),
            (1.05, -0.3),
            (0.95, 0.4),
            (0.4, 0.75),
            (-0.5, 0.72),
        ]
    )
    return [
        Shape(body, shade(color, 0.2), shade(color, -0.25)),
        Shape(ellipse(-0.42, -0.34, 0.48, 0.46), shade(color, 0.3), shade(color, -0.1)),
        Shape(curve([(-0.82, -0.36), (-1.2, -0.3), (-1.14, -0.12), (-0.8, -0.14)]), beak, shade(beak, -0.3)),
        Shape(
            curve([(-0.1, 0.26), (0.4, 0.12), (0.8, 0.12), (0.5, 0.46), (0.06, 0.5)]),
            shade(color, -0.08),
            shade(color, -0.3),
        ),
        Shape(ellipse(-0.58, -0.44, 0.075, 0.095), INK),
        Shape(ellipse(-0.6, -0.47, 0.025, 0.03), PAPER),
    ]


def bus(color: Color) -> Drawing:
    """Return a toy bus from behind."""
    drawing = [Shape(_rounded(s * 0.6 - 0.2, 0.6, s * 0.6 + 0.2, 1.15, 0.1), INK) for s in (-1, 1)]
    drawing += [
        Shape(_rounded(-0.95, -1.15, 0.95, 0.95, 0.2), shade(color, 0.12), shade(color, -0.28)),
        Shape(_rounded(-0.72, -0.92, 0.72, -0.2, 0.1), (190, 220, 236), (88, 124, 156), (0.5, 1)),
        Shape(polygon([(-0.5, -0.9), (-0.16, -0.9), (-0.36, -0.22), (-0.66, -0.22)]), (226, 240, 248)),
        Shape(stroke([(-0.94, 0.0), (0, 0.0), (0.94, 0.0)], 0.1), INK),
        Shape(_rounded(-0.32, 0.26, 0.32, 0.5, 0.04), PAPER),
    ]
    return drawing + [Shape(ellipse(side * 0.66, 0.4, 0.14, 0.14), (226, 70, 50)) for side in (-1, 1)]
