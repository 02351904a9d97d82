"""Pictures of a procedural clip: bodies are sampled from textures, layered, lit, exposed.

Pictures are made in integers: positions in textures in 1/32 pixel, cover and light in 1/255 and 1/128.
So a clip is the same on every machine, and hardly depends on the versions of the libraries.
Book: chapter 01.
"""

from functools import lru_cache

import cv2
import numpy as np

from udtlib.data.synthetic.bodies import draw_body, fixed_point
from udtlib.data.synthetic.motion import ClipSettings, Motion
from udtlib.data.synthetic.textures import pink_noise, texture
from udtlib.frames import Frame

BODY_TEXTURE = (192, 256)  # (height, width) of a body's periodic texture


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


@lru_cache(maxsize=8)
def clip_textures(family: str, seed: int, stream: str, height: int, width: int, count: int) -> list[Frame]:
    """Return what one of a clip's `STREAMS` draws, the same at all settings of the knobs; 8 are kept."""
    generator = ClipSettings(seed=seed).generator(stream)
    return [texture(family, height, width, generator) for _ in range(count)]


class Scene:
    """Everything drawn once for a clip: motion, canvas, textures, shadows."""

    def __init__(self, settings: ClipSettings) -> None:
        """Draw motion and textures; the slow part of a clip."""
        self.settings, self.motion = settings, Motion(settings)
        height, width = settings.size
        (canvas,) = self._textures("background", height * 3 // 2, width * 3 // 2)
        (surface,) = self._textures("target", *BODY_TEXTURE)
        self.backdrop, self.surface = Backdrop(canvas, height, width), wrap_pad(surface, 1, 1)
        self.others = self._other_surfaces()
        self.shadows = self._shadows(settings.generator("light"), height, width)

    def _textures(self, stream: str, height: int, width: int, count: int = 1) -> list[Frame]:
        return clip_textures(self.settings.texture, self.settings.seed, stream, height, width, count)

    def _other_surfaces(self) -> list[Frame]:
        """Return textures of distractors (the more clutter the more like the target) and occluders."""
        if not (self.motion.orbits or self.settings.occlusion):
            return []
        textures = [wrap_pad(each, 1, 1) for each in self._textures("others", *BODY_TEXTURE, count=3)]
        like = int(242 * self.settings.background_clutter)
        return [
            (
                (own.astype(np.uint16) * (255 - like) + self.surface.astype(np.uint16) * like + 127) // 255
            ).astype(np.uint8)
            for own in textures
        ]

    def _shadows(self, generator: np.random.Generator, height: int, width: int) -> Backdrop | None:
        """Return a sliding map of light and shadow, 0..255, or None where the light is constant."""
        if not self.settings.illumination_variation:
            return None
        noise = pink_noise(height, width, generator, exponent=2.2, lowest=2 / height)
        soft = np.clip(0.5 + 1.3 * noise, 0, 1)
        brightest = np.unravel_index(np.argmax(noise), noise.shape)
        x, y = self.motion.target(0).centre
        lit = np.roll(
            255 * soft * soft * (3 - 2 * soft), (int(y) - brightest[0], int(x) - brightest[1]), (0, 1)
        )
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
        bright = 2 ** (0.9 * amount * flicker(t))
        gains = np.rint(128 * bright * 2.0 ** (-2.2 * amount * (1 - np.arange(256) / 255)))
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
