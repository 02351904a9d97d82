"""Where everything in a procedural clip is at any time: smooth random motion, one knob an attribute.

Time ``t`` is in frames and continuous: frame ``i`` is the scene at ``t = i``, so that a motion-blurred
frame is an average over times around ``i``. Book: chapter 01.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from udtlib.arguments import LARGEST_SEED, Between, check, check_fields, check_name, shown
from udtlib.data.synthetic.bodies import Floats, Pose
from udtlib.data.synthetic.textures import FAMILIES
from udtlib.errors import OptionError

# OTB's short name of an attribute: the knob that sets it
KNOBS = {
    "IV": "illumination_variation",
    "SV": "scale_variation",
    "OCC": "occlusion",
    "DEF": "deformation",
    "MB": "motion_blur",
    "FM": "fast_motion",
    "IPR": "in_plane_rotation",
    "OPR": "out_of_plane_rotation",
    "OV": "out_of_view",
    "BC": "background_clutter",
    "LR": "low_resolution",
}
STREAMS = (
    *("background", "target", "others", "shape", "path", "pan", "shake"),
    *("scale", "angle", "yaw", "bend", "occluders", "headings", "exits", "distractors", "light"),
)
Knob = Annotated[float, Between(0, 1)]
Side = Annotated[int, Between(96, 4096)]
MOST_FRAMES = 100_000
EVENT_EVERY = 38  # frames between two occlusions or two exits


@dataclass(frozen=True)
class ClipSettings:
    """What a clip is made from; equal settings give equal clips. See `udtlib.data.synthetic.render_clip`."""

    frames: Annotated[int, Between(1, MOST_FRAMES)] = 120
    size: tuple[int, ...] = (240, 320)
    seed: Annotated[int, Between(0, LARGEST_SEED)] = 0
    texture: str = "leaves"
    camera_shake: Knob = 0.2
    illumination_variation: Knob = 0.0
    scale_variation: Knob = 0.0
    occlusion: Knob = 0.0
    deformation: Knob = 0.0
    motion_blur: Knob = 0.0
    fast_motion: Knob = 0.0
    in_plane_rotation: Knob = 0.0
    out_of_plane_rotation: Knob = 0.0
    out_of_view: Knob = 0.0
    background_clutter: Knob = 0.0
    low_resolution: Knob = 0.0

    def __post_init__(self) -> None:
        """Check every setting.

        Raises:
            OptionError: a knob outside 0..1, no frame, or an image too small.
            UnknownNameError: the texture family is not known.
        """
        check_fields(self)
        if len(self.size) != 2:
            raise OptionError(f"size is (height, width) in pixels, found {shown(self.size)}")
        object.__setattr__(self, "size", tuple(check("size", side, Side) for side in self.size))
        check_name("texture family", self.texture, FAMILIES)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The OTB short names of the knobs above 0."""
        return tuple(short for short, knob in KNOBS.items() if getattr(self, knob) > 0)

    def generator(self, stream: str) -> np.random.Generator:
        """Return a fresh generator for one of `STREAMS`: turning a knob never changes another's draws."""
        child = np.random.SeedSequence(self.seed, spawn_key=(STREAMS.index(stream),))
        return np.random.Generator(np.random.PCG64(child))


def check_knobs(names: Iterable[str]) -> None:
    """Refuse knobs that do not exist.

    Raises:
        OptionError: one of these.
    """
    unknown = sorted(set(names) - set(KNOBS.values()))
    if unknown:
        raise OptionError(f"no knob {', '.join(unknown)}; known: {', '.join(KNOBS.values())}")


class Wave:
    """A smooth random function of time: a sum of sines, between -1 and 1."""

    def __init__(self, generator: np.random.Generator, period: float, from_zero: bool = False) -> None:
        """Draw a wave with main ``period`` in frames; ``from_zero`` makes it 0 at time 0."""
        weights = np.array([1.0, 0.4, 0.15])
        self.weights = weights / weights.sum()
        self.speed = 2 * np.pi / period * np.array([1.0, 2.2, 4.3]) * generator.uniform(0.85, 1.15, 3)
        phase = generator.uniform(0, 2 * np.pi, 3)
        self.phase = np.where(phase < np.pi, 0.0, np.pi) if from_zero else phase

    def __call__(self, t: float) -> float:
        """Return the value at time ``t`` in frames."""
        return float(self.weights @ np.sin(self.speed * t + self.phase))


class Motion:
    """The poses of everything in a clip at any time, without any picture."""

    def __init__(self, settings: ClipSettings) -> None:
        """Draw all motion of a clip; cheap (no picture is made)."""
        self.settings = settings
        self.half, self.power = self._shape()
        path, pan, shake = (settings.generator(name) for name in ("path", "pan", "shake"))
        period = 220 / (1 + 9 * settings.fast_motion)
        self.path = [Wave(path, period), Wave(path, period)]
        self.pan = [Wave(pan, 300), Wave(pan, 300)]
        self.shake = [Wave(shake, 9), Wave(shake, 9)]
        self.vibration = [Wave(shake, 5), Wave(shake, 5)]
        self.scale = Wave(settings.generator("scale"), 140, from_zero=True)
        self.angle = Wave(settings.generator("angle"), 160, from_zero=True)
        self.yaw = Wave(settings.generator("yaw"), 130, from_zero=True)
        bend = settings.generator("bend")
        self.bend = [Wave(bend, 45, from_zero=True), Wave(bend, 55, from_zero=True)]
        self.bend_phase = bend.uniform(0, 2 * np.pi, 2)
        self.exits = self._event_times("exits")
        self.crossings = self._event_times("occluders")
        self.crossing_angle = settings.generator("headings").uniform(0, 2 * np.pi, len(self.crossings))
        self.light = self._light()
        self.orbits = self._orbits()

    def _shape(self) -> tuple[tuple[float, float], int]:
        """Draw the target's half size (about a fifth of the image's height) and outline."""
        generator = self.settings.generator("shape")
        area = min(self.settings.size) / 9 * generator.uniform(0.85, 1.15)
        aspect = generator.uniform(0.7, 1.25)
        shrink = 2 ** (-1.45 * self.settings.low_resolution)
        return (area * aspect**0.5 * shrink, area / aspect**0.5 * shrink), int(generator.choice([2, 4]))

    def _event_times(self, stream: str) -> Floats:
        """Draw the times of occlusions or exits, one in every `EVENT_EVERY` frames."""
        count = self.settings.frames // EVENT_EVERY + 2
        return 25 + EVENT_EVERY * np.arange(count) + self.settings.generator(stream).uniform(-5, 5, count)

    def _light(self) -> list[Wave]:
        generator = self.settings.generator("light")
        return [Wave(generator, period, from_zero=True) for period in (90, 150, 150)]

    def _orbits(self) -> list[tuple[Wave, Wave, Wave, float]]:
        """Draw each distractor's turning, distance and rotation, and where it starts."""
        generator = self.settings.generator("distractors")
        count = int(np.ceil(3 * self.settings.background_clutter))
        start = generator.uniform(0, 2 * np.pi)
        waves = [
            (Wave(generator, 150), Wave(generator, 60, from_zero=True), Wave(generator, 120))
            for _ in range(count)
        ]
        return [(*three, start + 2.2 * number) for number, three in enumerate(waves)]

    def camera(self, t: float) -> tuple[float, float]:
        """Return how far the camera's shake moves the picture at time ``t``, ``(x, y)`` in pixels."""
        steady, blur = 8 * self.settings.camera_shake, 20 * self.settings.motion_blur**0.6
        x, y = (steady * self.shake[axis](t) + blur * self.vibration[axis](t) for axis in (0, 1))
        return x, y

    def background(self, t: float) -> tuple[float, float]:
        """Return the displacement of the background at time ``t``, ``(x, y)`` in pixels."""
        shake_x, shake_y = self.camera(t)
        return 60 * self.pan[0](t) + shake_x, 60 * self.pan[1](t) + shake_y

    def target(self, t: float) -> Pose:
        """Return the target's pose at time ``t``."""
        knobs, shake = self.settings, self.camera(t)
        scale = 2 ** (1.6 * knobs.scale_variation * self.scale(t))
        x, y = self._leave(self._on_path(t), scale, t)
        bends = [0.65 * knobs.deformation * bend(t) for bend in self.bend]
        phases = [phase + 0.12 * t for phase in self.bend_phase]
        return Pose(
            (x + shake[0], y + shake[1]),
            self.half,
            scale,
            3.2 * knobs.in_plane_rotation * self.angle(t),
            2.7 * knobs.out_of_plane_rotation * self.yaw(t),
            (*bends, *phases),
            self.power,
        )

    def _on_path(self, t: float) -> Floats:
        """Return the target's centre ``(x, y)`` before the camera's shake, inside the image."""
        height, width = self.settings.size
        reach = np.array([width, height]) / 2 - 1.15 * np.array(self.half) - 8
        return np.array([width, height]) / 2 + 0.85 * reach * [wave(t) for wave in self.path]

    def _leave(self, centre: Floats, scale: float, t: float) -> Floats:
        """Pull the centre over the nearest border around the times of exits; a share stays visible."""
        amount = self.settings.out_of_view
        near = self.exits[np.argmin(np.abs(self.exits - t))]
        pull = min(1.0, 4 * amount) * _bump((t - near) / 18)
        if pull == 0:
            return centre
        size, half = np.array(self.settings.size[::-1]), scale * np.array(self.half)
        outside = (1 - 2 * 0.92 * amount**0.5) * half
        there = self._on_path(near)
        gaps = np.concatenate([there, size - there])
        axis = int(np.argmin(gaps)) % 2
        goal = outside[axis] if np.argmin(gaps) < 2 else size[axis] - outside[axis]
        moved = centre.copy()
        moved[axis] += pull * (goal - centre[axis])
        return moved

    def distractors(self, t: float) -> list[Pose]:
        """Return the poses of the objects that look like the target and circle it."""
        target, clutter = self.target(t), self.settings.background_clutter
        poses = []
        for turn, distance, angle, start in self.orbits:
            reach = sum(self.half) * (1.1 + 1.2 * clutter * distance(t))
            heading = start + 3 * turn(t)
            x, y = target.centre[0] + reach * np.cos(heading), target.centre[1] + reach * np.sin(heading)
            poses.append(Pose((x, y), self.half, target.scale, 0.6 * angle(t), power=self.power))
        return poses

    def occluders(self, t: float) -> list[tuple[int, Pose]]:
        """Return the occluders in sight, numbered: each lingers on the target around its crossing time."""
        amount = self.settings.occlusion
        if amount == 0:
            return []
        target, poses = self.target(t), []
        half = (sum(self.half) / 2 * (0.2 + 1.0 * amount),) * 2
        for number, (time, heading) in enumerate(zip(self.crossings, self.crossing_angle, strict=True)):
            late = (t - time) / (8 + 9 * amount)
            if abs(late) < 2.5:
                away = (sum(self.half) + sum(half)) * 0.75 * late**3
                x, y = target.centre[0] + away * np.cos(heading), target.centre[1] + away * np.sin(heading)
                poses.append((number, Pose((x, y), half, angle=heading, power=2 + 2 * (number % 2))))
        return poses


def _bump(x: float) -> float:
    """Return a smooth hill: 1 at 0, 0 beyond -1 and 1."""
    return (1 - x * x) ** 2 if abs(x) < 1 else 0.0
