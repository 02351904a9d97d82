"""Pictures of a procedural clip: bodies are sampled from textures, layered, lit, exposed.

Pictures are made in integers: positions in textures in 1/32 pixel, cover and light in 1/255 and 1/128.
So a clip is the same on every machine, and hardly depends on the versions of the libraries.
Book: chapter 01.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.data.synthetic_motion import BEND, ClipSettings, Floats, Motion, Pose, bounding_box, silhouette
from udtlib.data.textures import pink_noise, texture
from udtlib.trackers.base import Frame

Integers = NDArray[np.int64]
BODY_TEXTURE = (192, 256)  # (height, width) of a body's periodic texture
STEPS = 32  # positions in a texture are multiples of 1/32 pixel


def sample(canvas: Frame, x: Integers, y: Integers) -> Frame:
    """Return ``canvas`` at the positions ``x``, ``y`` (1/32 pixel, inside the canvas), bilinear, in integers."""
    whole = np.empty((*x.shape, 2), dtype=np.int16)
    whole[..., 0], whole[..., 1] = x >> 5, y >> 5
    part = ((y & 31) << 5 | (x & 31)).astype(np.uint16)
    return np.asarray(cv2.remap(canvas, whole, part, cv2.INTER_LINEAR), dtype=np.uint8)


def fixed_point(positions: Floats) -> Integers:
    """Return positions in pixels as whole multiples of 1/32 pixel."""
    return np.rint(positions * STEPS).astype(np.int64)


def wrap_pad(canvas: Frame, height: int, width: int) -> Frame:
    """Return the periodic ``canvas`` continued by ``height`` rows and ``width`` columns."""
    return np.pad(canvas, ((0, height), (0, width)) + ((0, 0),) * (canvas.ndim - 2), mode="wrap")


class Backdrop:
    """A periodic picture, larger than the frame, that slides behind everything (or over it: shadows)."""

    def __init__(self, canvas: Frame, height: int, width: int) -> None:
        """Keep the periodic ``canvas`` for frames of ``height`` x ``width``."""
        self.period = canvas.shape[:2]
        self.canvas = wrap_pad(canvas, height + 1, width + 1)
        self.pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.int16)

    def view(self, displacement: tuple[float, float]) -> Frame:
        """Return what the frame sees when the canvas has moved by ``(x, y)`` pixels."""
        height, width, _ = self.pixels.shape
        x, y = (int(fixed_point(np.array(-moved))) for moved in displacement)
        left, top = (x >> 5) % self.period[1], (y >> 5) % self.period[0]
        part = np.full((height, width), (y & 31) << 5 | (x & 31), dtype=np.uint16)
        window = self.canvas[top : top + height + 1, left : left + width + 1]
        return np.asarray(cv2.remap(window, self.pixels, part, cv2.INTER_LINEAR), dtype=np.uint8)


def body_coordinates(pose: Pose, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Return where pixels lie on a body: ``u``, ``v`` (-1..1 inside) and the distance inside the outline.

    Args:
        pose: the body.
        x: positions in the image, pixels, box convention; broadcasts with ``y``.
        y: likewise.

    Returns:
        ``u``, ``v`` relative to the silhouette's half size, bends undone, and the distance to the outline
        in pixels along the ray from the centre, positive inside.
    """
    cosine, sine = np.cos(pose.angle), np.sin(pose.angle)
    x, y = x - pose.centre[0], y - pose.centre[1]
    half_width, _ = silhouette(pose)
    u = (cosine * x + sine * y) / (pose.scale * half_width)
    v = (cosine * y - sine * x) / (pose.scale * pose.half[1])
    bend_u, bend_v, phase_u, phase_v = pose.bend
    if bend_u or bend_v:
        v = v - bend_v * np.sin(BEND * u + phase_v)
        u = u - bend_u * np.sin(BEND * v + phase_u)
    u2, v2 = u * u, v * v
    radius = np.sqrt(u2 + v2) if pose.power == 2 else np.sqrt(np.sqrt(u2 * u2 + v2 * v2))
    reach = pose.scale * np.sqrt(half_width**2 * u2 + pose.half[1] ** 2 * v2)
    radius = np.maximum(radius, 1e-6)
    return u, v, reach / radius * (1 - radius)


def draw_body(frame: Frame, pose: Pose, surface: Frame) -> None:
    """Draw one body with the periodic texture ``surface`` (padded by one pixel) on ``frame``, in place."""
    left, top, width, height = bounding_box(pose, points=90)
    x0, y0 = max(0, int(left) - 2), max(0, int(top) - 2)
    x1, y1 = min(frame.shape[1], int(left + width) + 3), min(frame.shape[0], int(top + height) + 3)
    if x0 >= x1 or y0 >= y1:
        return
    u, v, inside = body_coordinates(pose, np.arange(x0, x1) + 0.5, np.arange(y0, y1)[:, None] + 0.5)
    cover = np.rint(np.clip(inside + 0.5, 0, 1) * 255).astype(np.uint16)[..., None]
    sine = np.clip(u, -1, 1)
    around = np.arcsin(sine) - silhouette(pose)[1]
    rows, columns = surface.shape[0] - 1, surface.shape[1] - 1
    seen = sample(
        surface,
        fixed_point(around * pose.half[0] + columns / 2 + 0.123) % (STEPS * columns),
        fixed_point(v * pose.half[1] + rows / 2 + 0.123) % (STEPS * rows),
    )
    light = np.rint(128 * (0.5 + 0.5 * np.sqrt(1 - sine * sine))).astype(np.uint16)[..., None]
    part = frame[y0:y1, x0:x1]
    part[:] = (part * (255 - cover) + (seen * light >> 7) * cover + 127) // 255


class Scene:
    """Everything drawn once for a clip: motion, canvas, textures, shadows."""

    def __init__(self, settings: ClipSettings) -> None:
        """Draw motion and textures; the slow part of a clip."""
        self.settings, self.motion = settings, Motion(settings)
        height, width = settings.size
        canvas_size = height * 3 // 2, width * 3 // 2
        draw = settings.generator
        self.backdrop = Backdrop(texture(settings.texture, *canvas_size, draw("background")), height, width)
        self.surface = wrap_pad(texture(settings.texture, *BODY_TEXTURE, draw("target")), 1, 1)
        self.others = self._other_surfaces(draw("others"))
        self.shadows = self._shadows(draw("light"), height, width)

    def _other_surfaces(self, generator: np.random.Generator) -> list[Frame]:
        """Return textures of distractors (the more clutter the more like the target) and occluders."""
        if not (self.motion.orbits or self.settings.occlusion):
            return []
        textures = [wrap_pad(texture(self.settings.texture, *BODY_TEXTURE, generator), 1, 1) for _ in range(3)]
        like = int(242 * self.settings.background_clutter)
        return [
            ((own.astype(np.uint16) * (255 - like) + self.surface.astype(np.uint16) * like + 127) // 255).astype(np.uint8)
            for own in textures
        ]

    def _shadows(self, generator: np.random.Generator, height: int, width: int) -> Backdrop | None:
        """Return a sliding map of light and shadow, 0..255, or None where the light is constant."""
        if not self.settings.illumination_variation:
            return None
        noise = np.tile(pink_noise(height // 2, width // 2, generator, exponent=2.0), (2, 2))
        soft = np.clip(0.5 + 1.5 * noise, 0, 1)
        brightest = np.unravel_index(np.argmax(noise), noise.shape)
        x, y = self.motion.target(0).centre
        lit = np.roll(255 * soft * soft * (3 - 2 * soft), (int(y) - brightest[0], int(x) - brightest[1]), (0, 1))
        return Backdrop(np.rint(lit).astype(np.uint8), height, width)

    def frame(self, index: int) -> Frame:
        """Return frame ``index``: exposed over the shutter's time, lit, seen at the sensor's resolution."""
        blur = self.settings.motion_blur
        times = index + blur * np.linspace(-0.45, 0.45, 2 + round(8 * blur)) if blur else [float(index)]
        exposed = np.zeros((*self.settings.size, 3), dtype=np.uint16)
        for t in times:
            exposed += self.moment(float(t))
        frame = ((exposed + len(times) // 2) // len(times)).astype(np.uint8)
        return self._resolve(self._light(frame, float(index)))

    def moment(self, t: float) -> Frame:
        """Return the scene at time ``t``: background, distractors, target, occluders."""
        frame = self.backdrop.view(self.motion.background(t))
        distractors = list(zip(self.motion.distractors(t), self.others, strict=False))
        for pose, surface in distractors[2:]:
            draw_body(frame, pose, surface)
        draw_body(frame, self.motion.target(t), self.surface)
        for pose, surface in distractors[:2]:
            draw_body(frame, pose, surface)
        for number, pose in self.motion.occluders(t):
            draw_body(frame, pose, self.others[number % len(self.others)])
        return frame

    def _light(self, frame: Frame, t: float) -> Frame:
        """Return ``frame`` under moving shadows and a changing global light."""
        if self.shadows is None:
            return frame
        amount, (flicker, drift_x, drift_y) = self.settings.illumination_variation, self.motion.light
        shade = self.shadows.view((120 * drift_x(t) + 2 * t, 120 * drift_y(t)))
        bright = 2 ** (1.2 * amount * flicker(t))
        gains = np.rint(128 * bright * 2.0 ** (-2.8 * amount * (1 - np.arange(256) / 255)))
        gain = np.clip(gains, 0, 255).astype(np.uint16)[shade][..., None]
        return np.minimum(frame * gain >> 7, 255).astype(np.uint8)

    def _resolve(self, frame: Frame) -> Frame:
        """Return ``frame`` as a coarse sensor would give it, enlarged to the full size again."""
        amount = self.settings.low_resolution
        if not amount:
            return frame
        height, width = self.settings.size
        small = round(width / (1 + 2 * amount)), round(height / (1 + 2 * amount))
        coarse = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


@lru_cache(maxsize=8)
def build_scene(settings: ClipSettings) -> Scene:
    """Return the scene of a clip; the last 8 are kept."""
    return Scene(settings)


@lru_cache(maxsize=480)
def cached_frame(settings: ClipSettings, index: int) -> Frame:
    """Return one frame of a clip; the last 480 of all clips are kept (about 110 MB at 320x240)."""
    return build_scene(settings).frame(index)
