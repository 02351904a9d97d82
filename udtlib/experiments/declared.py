"""What an experiment is: arms, comparisons, the scale it is run at, the rule that decides. Book: chapter 15.

Everything here is fixed before a run; `udtlib.experiments.catalogue` fills it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from udtlib.arguments import look_up
from udtlib.training.settings import VARIANTS, TrainingSettings

RULE = (
    "a comparison is confirmed if the mean difference in overlap has the claimed sign and its p-value, "
    "corrected by Holm over the experiment's comparisons, is below .05; contradicted if the sign is the "
    "other and that p-value is below .05; else not resolved. Fewer than three seeds resolve nothing. The "
    "p-value is from a bootstrap that redraws seeds and sequences, paired in both. Robustness, AUC and "
    "single sequences decide nothing."
)


@dataclass(frozen=True)
class Arm:
    """One way to train; everything that is not said is as in arm ``udt``.

    Attributes:
        name: of its runs.
        what: in a line, for tables.
        variant: a key of `udtlib.training.settings.VARIANTS`.
        crops: where patches of clips are cut, of `udtlib.data.synthetic.patches.CROPS`; empty is the
            variant's.
        shuffled: whether the frames of each video are put in random order first.
        broken: share of the triplets whose search patches are cut from another video, on purpose.
        share: of the videos that is used, above 0 to 1.
        trained: False keeps the random first weights.
        times: how many times the steps of the scale it is trained for.
        settings: further settings of the training, by name.
    """

    name: str
    what: str
    variant: str = "udt"
    crops: str = ""
    shuffled: bool = False
    broken: float = 0.0
    share: float = 1.0
    trained: bool = True
    times: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cut(self) -> str:
        """Where the patches of clips are cut."""
        return self.crops or VARIANTS[self.variant].crops

    @property
    def needs_clips(self) -> bool:
        """Whether it needs true boxes, or patches that a folder of videos is not packed with."""
        return self.cut != "centre"


@dataclass(frozen=True)
class Comparison:
    """A claim: the first arm tracks better than the second.

    Attributes:
        better: name of the arm that is claimed to be better.
        worse: name of the other.
        claim: what that would say, in a line.
    """

    better: str
    worse: str
    claim: str


@dataclass(frozen=True)
class Experiment:
    """A question with the arms and comparisons that answer it.

    Attributes:
        name: for the command.
        question: in a line.
        arms: in the order of the table.
        comparisons: those that are corrected together.
        rule: how a verdict is reached.
    """

    name: str
    question: str
    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    rule: str = RULE

    def arm(self, name: str) -> Arm:
        """Return an arm by its name.

        Raises:
            UnknownNameError: there is none.
        """
        return look_up("arm", name, {arm.name: arm for arm in self.arms})


@dataclass(frozen=True)
class Scale:
    """How large a run is, the same for every arm.

    Attributes:
        name: ``"small"`` (clips), ``"medium"`` or ``"full"`` (a folder of videos).
        recipe: settings of the training but for those of the arm.
        seeds: how many runs an arm has by default.
        clips: of the training, procedural; 0 takes a folder of videos.
        frames: of each of those clips.
        judged: held-out clips; 0 takes a folder of sequences.
        anchors: starts in each sequence that the networks are judged on.
        patch: side of the patches in pixels, of training and tracking.
        preset: of the tracker that judges a network, a key of `udtlib.trackers.udt.settings.PRESETS`.
    """

    name: str
    recipe: Mapping[str, Any]
    seeds: int = 5
    clips: int = 0
    frames: int = 0
    judged: int = 0
    anchors: int = 7
    patch: int = 125
    preset: str = "points"

    def shortened(self, steps: int) -> "Scale":
        """Return this scale with so many steps a run; a rate that falls by epoch then falls by step."""
        recipe = {key: value for key, value in self.recipe.items() if key != "epochs"}
        falls = {} if "schedule" in recipe else {"schedule": "step"}
        return replace(self, recipe=recipe | falls | {"steps": steps})

    def settings(self, arm: Arm, seed: int, steps_per_epoch: int, data: str) -> TrainingSettings:
        """Return the settings of one run: the scale's recipe, and what is special to the arm.

        Without ``steps`` in the recipe, ``epochs`` of them; an arm may have a multiple.
        """
        chosen = dict(self.recipe)
        steps = chosen.pop("epochs", 0) * steps_per_epoch or chosen.pop("steps")
        chosen.pop("steps", None)
        return TrainingSettings(
            variant=arm.variant,
            seed=seed,
            steps=steps * arm.times,
            steps_per_epoch=steps_per_epoch,
            data=data,
            patch=self.patch,
            **(chosen | dict(arm.settings)),
        )
