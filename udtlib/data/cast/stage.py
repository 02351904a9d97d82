"""The characters and their scenes: what is drawn before what, in which order. Book: chapter 00."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from udtlib.arguments import check_name
from udtlib.data.cast import drawings, grounds
from udtlib.data.cast.beside import Beside, nothing, reflection, shadow_aside, shadow_below, tail
from udtlib.data.cast.shapes import Color, Drawing, Floats, mix
from udtlib.data.cast.sprites import Sprite
from udtlib.data.synthetic.bodies import Pose
from udtlib.data.synthetic.motion import ClipSettings, Motion
from udtlib.data.synthetic.scene import Scene
from udtlib.frames import Frame


@dataclass(frozen=True)
class Character:
    """A target, its lookalikes, what passes in front of it, and the ground it is seen before.

    Attributes:
        draw: the drawing in a colour.
        color: the target's.
        others: colours of the lookalikes; they approach the target's with the knob.
        occluder: what passes in front: its drawing and its colour.
        ground: what is behind.
        beside: draws what belongs to the body but not into its box: a shadow, a reflection, a tail.
        size: height and width of the target relative to the synthetic benchmark's.
        perspective: whether the target is larger the lower it is.
        occluder_turns: whether what passes in front may lie at any angle.
    """

    draw: Callable[[Color], Drawing]
    color: Color
    others: tuple[Color, Color, Color]
    occluder: tuple[Callable[[Color], Drawing], Color]
    ground: grounds.Builder
    beside: Beside
    size: float = 1.2
    perspective: bool = False
    occluder_turns: bool = False


CHARACTERS = {
    "boat": Character(
        drawings.boat,
        (240, 236, 222),
        ((244, 170, 176), (250, 214, 110), (150, 206, 150)),
        (drawings.duck, (250, 208, 60)),
        grounds.Water,
        reflection,
    ),
    "car": Character(
        drawings.car,
        (210, 40, 44),
        ((60, 96, 190), (240, 180, 50), (70, 150, 90)),
        (drawings.bus, (246, 190, 40)),
        grounds.Road,
        shadow_below,
        1.1,
        perspective=True,
    ),
    "fish": Character(
        drawings.fish,
        (246, 122, 30),
        ((84, 132, 214), (236, 196, 60), (196, 84, 156)),
        (drawings.fish, (104, 124, 150)),
        grounds.Reef,
        nothing,
    ),
    "kite": Character(
        drawings.kite,
        (220, 50, 60),
        ((60, 110, 200), (70, 160, 90), (150, 80, 180)),
        (drawings.cloud, (232, 238, 246)),
        grounds.Sky,
        tail,
    ),
    "ladybird": Character(
        drawings.ladybird,
        (212, 36, 28),
        ((224, 150, 36), (120, 84, 50), (232, 200, 70)),
        (drawings.leaf, (120, 152, 52)),
        grounds.Litter,
        shadow_aside,
        1.1,
        occluder_turns=True,
    ),
}


@dataclass(frozen=True)
class CastSettings(ClipSettings):
    """What a clip with a character is made from; equal settings give equal clips. See `render_cast`."""

    character: str = "ladybird"

    def __post_init__(self) -> None:
        """Check every setting.

        Raises:
            OptionError: as `udtlib.data.synthetic.motion.ClipSettings`.
            UnknownNameError: no such character.
        """
        super().__post_init__()
        check_name("character", self.character, CHARACTERS)


@lru_cache(maxsize=64)
def sprite(draw: Callable[[Color], Drawing], color: Color) -> Sprite:
    """Return a drawing in one colour, painted; the last 64 are kept."""
    return Sprite(draw(color))


class CastMotion(Motion):
    """The poses of a character and of what is around it: the synthetic benchmark's, in its own shape."""

    def __init__(self, settings: CastSettings) -> None:
        self.character = CHARACTERS[settings.character]
        self.body = sprite(self.character.draw, self.character.color)
        super().__init__(settings)

    def _shape(self) -> tuple[tuple[float, float], int]:
        half, power = super()._shape()
        side = float(np.sqrt(half[0] * half[1])) * self.character.size
        return (side * self.body.aspect**0.5, side / self.body.aspect**0.5), power

    def _on_path(self, t: float) -> Floats:
        place = super()._on_path(t)
        if not self.character.perspective:
            return place
        height, width = self.settings.size
        horizon = grounds.HORIZON * height
        y = horizon + (0.32 + 0.5 * place[1] / height) * (height - horizon)
        return np.array([width / 2 + (place[0] - width / 2) * self._nearness(y), y])

    def _nearness(self, y: float) -> float:
        """Return how large things at row ``y`` look: 1 at 0.62 of the way from the horizon down."""
        height = self.settings.size[0]
        horizon = grounds.HORIZON * height
        return max(0.15, (y - horizon) / (0.62 * (height - horizon)))

    def placed(self, pose: Pose) -> Pose:
        """Return a pose at the size that its place in the scene gives it."""
        if not self.character.perspective:
            return pose
        return replace(pose, scale=pose.scale * self._nearness(pose.centre[1]))

    def target(self, t: float) -> Pose:
        """Return the target's pose at time ``t``."""
        return self.placed(super().target(t))

    def distractors(self, t: float) -> list[Pose]:
        """Return the poses of the lookalikes, which circle the target."""
        own = 2 ** (1.6 * self.settings.scale_variation * self.scale(t))
        return [self.placed(replace(pose, scale=own)) for pose in super().distractors(t)]

    def occluders(self, t: float) -> list[tuple[int, Pose]]:
        """Return what is passing in front, numbered, in the shape of its drawing."""
        shape = sprite(*self.character.occluder)
        found = []
        for number, pose in super().occluders(t):
            half = pose.half[0] * shape.aspect**0.5, pose.half[1] / shape.aspect**0.5
            angle = pose.angle if self.character.occluder_turns else 0.12 * np.sin(pose.angle)
            found.append((number, self.placed(replace(pose, half=half, angle=float(angle)))))
        return found


class Stage(Scene):
    """A character's scene. Light, exposure and sensor are those of the synthetic benchmark."""

    motion: CastMotion

    def __init__(self, settings: CastSettings) -> None:
        """Paint the ground and everybody in the scene; the slow part of a clip."""
        # not Scene's own: it draws the synthetic benchmark's textures
        height, width = settings.size
        self.settings, self.motion = settings, CastMotion(settings)
        self.character, self.body = self.motion.character, self.motion.body
        self.ground = self.character.ground(height, width, settings.generator("background"))
        like = 0.95 * settings.background_clutter
        self.lookalikes = [
            sprite(self.character.draw, mix(color, self.character.color, like))
            for color in self.character.others
        ]
        self.shadows = self._shadows(settings.generator("light"), height, width)

    def moment(self, t: float) -> Frame:
        """Return the scene at time ``t``: ground, lookalikes, target, what passes in front."""
        frame = self.ground.view(self.motion.background(t), t)
        others = list(zip(self.motion.distractors(t), self.lookalikes, strict=False))
        bodies = [*others[2:], (self.motion.target(t), self.body), *others[:2]]
        if self.character.perspective:  # whatever is lower is nearer
            bodies.sort(key=lambda body: body[0].centre[1])
        for pose, body in bodies:
            self.character.beside(frame, body, pose, t)
            body.draw(frame, pose)
        for _, pose in self.motion.occluders(t):
            sprite(*self.character.occluder).draw(frame, pose)
        return frame


@lru_cache(maxsize=8)
def build_stage(settings: CastSettings) -> Stage:
    """Return the scene of a clip; the last 8 are kept."""
    return Stage(settings)


@lru_cache(maxsize=480)
def cached_frame(settings: CastSettings, index: int) -> Frame:
    """Return one frame of a clip; the last 480 of all clips are kept (about 110 MB at 320x240)."""
    return build_stage(settings).frame(index)
