"""What lies behind the cast: leaf litter, a sky, water, a road in perspective, a reef. Book: chapter 00."""

from collections.abc import Callable
from functools import cache
from typing import Protocol

import cv2
import numpy as np

from udtlib.data.cast.drawings import leaf
from udtlib.data.cast.shapes import (
    Color,
    Drawing,
    Floats,
    Shape,
    bounds,
    curve,
    ellipse,
    mix,
    moved,
    paint,
    shade,
    stroke,
)
from udtlib.data.synthetic.scene import Backdrop
from udtlib.data.synthetic.textures import pink_noise
from udtlib.frames import Frame

Displacement = tuple[float, float]
Generator = np.random.Generator


class Ground(Protocol):
    """What is behind everything else."""

    def view(self, moved_by: Displacement, t: float) -> Frame:
        """Return a new frame: the ground when the scene has moved by ``(x, y)`` pixels, at time ``t``."""


def toned(noise: Floats, *colors: Color) -> Frame:
    """Return noise ``(H, W)``, -2 to 2 and beyond, in colours from its lowest to its highest."""
    place = np.clip((noise + 2) / 4, 0, 1) * (len(colors) - 1)
    table = np.array(colors, np.float64)
    channels = [np.interp(place, np.arange(len(colors)), table[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def scatter(canvas: Frame, drawing: Drawing, x: float, y: float) -> None:
    """Paint a drawing around ``(x, y)`` **into** a periodic canvas: what leaves one side enters the other."""
    height, width = canvas.shape[:2]
    low, high = (end + np.array([x, y]) for end in bounds(drawing))
    for right in (-width, 0, width):
        for down in (-height, 0, height):
            if (
                low[0] + right < width
                and high[0] + right > 0
                and low[1] + down < height
                and high[1] + down > 0
            ):
                paint(canvas, moved(drawing, x + right, y + down))


LEAVES: tuple[Color, ...] = (
    *((150, 98, 52), (176, 124, 66), (120, 80, 48), (196, 150, 84), (140, 112, 60)),
    *((112, 118, 58), (92, 66, 44), (168, 92, 44)),
)
SHADOW = [Shape(shape.points, (40, 30, 22)) for shape in leaf(LEAVES[0])[:2]]


@cache
def _fallen_leaf(number: int, height: int) -> Drawing:
    """Return a leaf of `LEAVES`, the lower (4 to 0) the darker."""
    return leaf(mix(LEAVES[number], (50, 38, 28), 0.125 * (4 - height)))


class Litter:
    """Fallen leaves, from above."""

    def __init__(self, height: int, width: int, generator: Generator) -> None:
        high, wide = height * 3 // 2, width * 3 // 2
        canvas = toned(pink_noise(high, wide, generator), (44, 34, 26), (78, 60, 42))
        count = high * wide // 420
        for number in range(count):
            depth = number / count  # the last leaves lie on top, in the light
            fallen = _fallen_leaf(int(generator.integers(len(LEAVES))), round(4 * depth))
            size, angle = generator.uniform(0.055, 0.105) * height, generator.uniform(0, 360)
            x, y = generator.uniform(0, 1, 2) * (wide, high)
            scatter(canvas, moved(SHADOW, 1.5, 2.0, size, angle), x, y)
            scatter(canvas, moved(fallen, size=size, angle=angle), x, y)
        self.backdrop = Backdrop(canvas, height, width)

    def view(self, moved_by: Displacement, t: float) -> Frame:
        """Return the ground as `Ground.view` says."""
        return self.backdrop.view(moved_by)


class Sky:
    """A sky with clouds that drift."""

    def __init__(self, height: int, width: int, generator: Generator) -> None:
        high, wide = height * 3 // 2, width * 3 // 2
        noise = pink_noise(high, wide, generator, 1.9, 1.2 / wide)
        fine = noise + 0.28 * pink_noise(high, wide, generator, 1.3)
        cover = np.clip((fine - 0.15) / 1.1, 0, 1)[..., None] ** 0.8
        lit = np.clip(0.5 + 4 * (fine - np.roll(fine, 6, axis=0)) / 6, 0, 1)[..., None]
        clouds = lit * (255, 255, 255) + (1 - lit) * (206, 216, 230)
        self.clouds = Backdrop(np.rint(cover * 255).astype(np.uint8).repeat(3, axis=2), height, width)
        self.light = Backdrop(np.rint(clouds).astype(np.uint8), height, width)
        self.blue = np.linspace((72, 136, 206), (176, 214, 240), height)[:, None]

    def view(self, moved_by: Displacement, t: float) -> Frame:
        """Return the ground as `Ground.view` says."""
        drift = moved_by[0] + 0.35 * t, moved_by[1]
        cover = self.clouds.view(drift) / 255
        return np.rint(self.blue * (1 - cover) + self.light.view(drift) * cover).astype(np.uint8)


class Water:
    """Water with waves that run over each other."""

    def __init__(self, height: int, width: int, generator: Generator) -> None:
        high, wide = height * 3 // 2, width * 3 // 2
        self.layers = []
        for exponent in (1.3, 1.1):
            noise = pink_noise(high, wide // 4, generator, exponent, 4 / high)
            long = cv2.resize(np.tile(noise, (1, 3)), (3 * wide, high), interpolation=cv2.INTER_CUBIC)
            grey = np.clip(128 + 52 * long[:, wide : 2 * wide], 0, 255).astype(np.uint8)
            self.layers.append(Backdrop(grey[..., None].repeat(3, axis=2), height, width))
        waves = np.linspace(-2, 2, 256)[None]
        self.colors = toned(
            waves, (10, 62, 92), (18, 92, 122), (34, 124, 150), (84, 170, 186), (214, 238, 240)
        )[0]
        self.depth = np.linspace(0.82, 1.12, height)[:, None, None]

    def view(self, moved_by: Displacement, t: float) -> Frame:
        """Return the ground as `Ground.view` says."""
        x, y = moved_by
        far, near = (
            layer.view((x + along * t, y + down * t))[..., 0].astype(np.int32)
            for layer, along, down in zip(self.layers, (0.9, -0.6), (0.25, 0.4), strict=True)
        )
        height = np.clip(far + near - 128, 0, 255)
        return np.clip(np.rint(self.colors[height] * self.depth), 0, 255).astype(np.uint8)


class Reef:
    """A reef under water: rocks, weed and bubbles, light from above."""

    def __init__(self, height: int, width: int, generator: Generator) -> None:
        high, wide = height * 3 // 2, width * 3 // 2
        canvas = toned(pink_noise(high, wide, generator, 1.5), (6, 54, 96), (20, 98, 142), (44, 140, 176))
        for number in range(46):
            x, y = generator.uniform(0, 1, 2) * (wide, high)
            scatter(canvas, self._thing(number % 3, height, generator), x, y)
        self.backdrop = Backdrop(canvas, height, width)
        light = np.linspace(1.14, 0.74, height)[:, None] + np.zeros(width)
        columns = np.arange(width) + 0.45 * np.arange(height)[:, None]
        rays = np.sin(columns / 23) + np.sin(columns / 37 + 1)
        self.light = (light + 0.06 * rays)[..., None]

    @staticmethod
    def _thing(kind: int, height: int, generator: Generator) -> Drawing:
        size = generator.uniform(0.05, 0.13) * height
        if kind == 0:  # a rock
            around = np.linspace(0, 2 * np.pi, 9, endpoint=False)
            reach = size * generator.uniform(0.7, 1.2, 9)
            points = curve(np.stack([1.3 * reach * np.cos(around), 0.8 * reach * np.sin(around)], axis=-1))
            color = ((70, 96, 120), (92, 84, 124), (52, 104, 116))[generator.integers(3)]
            return [Shape(points, shade(color, 0.15), shade(color, -0.5))]
        if kind == 1:  # weed
            color = ((36, 128, 96), (64, 140, 84), (120, 76, 132))[generator.integers(3)]
            blades = []
            for start in np.linspace(-0.5, 0.5, 4):
                lean, rise = generator.uniform(-0.5, 0.5), np.linspace(0, 1, 8)
                bent = start + lean * rise + 0.16 * np.sin(5 * rise + 3 * start)
                blades.append(Shape(size * stroke(np.stack([bent, -2.4 * rise], axis=-1), 0.24, 0.06), color))
            return blades
        bubbles = generator.uniform(-1, 1, (4, 2)) * size
        return [Shape(ellipse(x, y, 2.2, 2.2), (150, 206, 224)) for x, y in bubbles]

    def view(self, moved_by: Displacement, t: float) -> Frame:
        """Return the ground as `Ground.view` says."""
        return np.clip(np.rint(self.backdrop.view(moved_by) * self.light), 0, 255).astype(np.uint8)


HORIZON = 0.34  # of the frame's height
ROAD = 1.15  # half its width, in frame heights at the lower border


class Road:
    """A road between meadows that runs to the horizon, in perspective; the camera drives along."""

    LENGTH, WIDTH, UNIT = 512, 1024, 64  # the ground's picture, and its pixels in one frame height

    def __init__(self, height: int, width: int, generator: Generator) -> None:
        canvas = self._surface(generator)
        self.near, self.far = canvas, cv2.blur(canvas, (9, 41))
        self.height, self.width = height, width
        rows = np.arange(round(HORIZON * height), height)
        depth = (height - HORIZON * height) / (rows + 0.5 - HORIZON * height)
        self.depth = depth[:, None]
        self.sharp = np.clip(2.2 - 0.42 * self.depth, 0, 1)[..., None]
        self.haze = np.clip(0.05 * (self.depth - 3), 0, 0.55)[..., None]
        self.hills = self._hills(width, generator)

    def _surface(self, generator: Generator) -> Frame:
        """Return the ground from above, ``(LENGTH, WIDTH, 3)``: periodic along the road."""
        long, wide = self.LENGTH, self.WIDTH
        grass = toned(pink_noise(long, wide, generator, 0.7), (58, 110, 44), (92, 150, 62), (140, 186, 86))
        asphalt = toned(
            pink_noise(long, wide, generator, 0.5), (84, 86, 92), (104, 106, 112), (126, 128, 132)
        )
        across = np.abs(np.arange(wide) + 0.5 - wide / 2) / self.UNIT
        along = np.arange(long)[:, None] % 128 < 64
        line = ((np.abs(across - 0.93 * ROAD) < 0.04) | ((across < 0.035) & along))[..., None]
        canvas = np.where((across < ROAD)[None, :, None], asphalt, grass)
        return np.asarray(np.where(line, np.uint8(236), canvas), np.uint8)

    def _hills(self, width: int, generator: Generator) -> Frame:
        """Return sky and hills above the horizon, periodic to the sides."""
        rows, wide = round(HORIZON * self.height), 2 * width
        sky = np.linspace((112, 176, 226), (214, 234, 246), rows)[:, None].repeat(wide, axis=1)
        picture = np.ascontiguousarray(np.rint(sky).astype(np.uint8))
        for base, swing, color in ((0.36, 0.16, (128, 164, 150)), (0.2, 0.1, (92, 142, 84))):
            ridge = pink_noise(1, wide, generator, 1.6)[0]
            tops = rows * (1 - base - swing * np.clip(ridge / 2, -1, 1))
            outline = [(-2, rows + 2), *zip(np.arange(wide), tops, strict=True), (wide + 2, rows + 2)]
            paint(picture, [Shape(np.array(outline, np.float64), color, shade(color, -0.2))])
        return picture

    def view(self, moved_by: Displacement, t: float) -> Frame:
        """Return the ground as `Ground.view` says."""
        x, _ = moved_by
        across = (np.arange(self.width) + 0.5 - self.width / 2 - 0.15 * x) / self.height
        columns = (self.UNIT * across * self.depth + self.WIDTH / 2).astype(np.float32)
        rows = (self.LENGTH - (self.UNIT * (1.6 * self.depth + 0.05 * t)) % self.LENGTH) + 0 * columns
        near, far = (
            cv2.remap(one, columns, rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
            for one in (self.near, self.far)
        )
        ground = near * self.sharp + far * (1 - self.sharp)
        ground += self.haze * (np.array((206, 226, 232)) - ground)
        start = round(-0.15 * x + self.width) % (2 * self.width)
        hills = np.roll(self.hills, -start, axis=1)[:, : self.width]
        return np.concatenate([hills, np.rint(ground).astype(np.uint8)])


Builder = Callable[[int, int, Generator], Ground]
