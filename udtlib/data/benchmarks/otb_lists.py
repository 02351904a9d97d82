"""OTB's named lists of targets, and the lists as datasets over one folder of sequences. Book: chapter 13.

TB-100 is what papers call OTB-2015, TB-50 (OTB-50) its harder half, and OTB-2013 the list of the first
paper. Sources: the benchmark's own `tb_50.txt`, `tb_100.txt` and `cvpr13.txt`.
"""

from collections.abc import Container, Iterable
from pathlib import Path

from udtlib.data.benchmarks.otb import canonical_name, find_targets, load_otb
from udtlib.data.locate import require_data
from udtlib.data.sequences import Sequence
from udtlib.errors import MissingDataError
from udtlib.files import user_path

_TB50 = (
    "Basketball Biker Bird1 BlurBody BlurCar2 BlurFace BlurOwl Bolt Box Car1 Car4 CarDark CarScale ClifBar "
    "Couple Crowds David Deer Diving DragonBaby Dudek Football Freeman4 Girl Human3 Human4_2 Human6 Human9 "
    "Ironman Jump Jumping Liquor Matrix MotorRolling Panda RedTeam Shaking Singer2 Skating1 Skating2_1 "
    "Skating2_2 Skiing Soccer Surfer Sylvester Tiger2 Trellis Walking Walking2 Woman"
)
_TB100_ONLY = (
    "Bird2 BlurCar1 BlurCar3 BlurCar4 Board Bolt2 Boy Car2 Car24 Coke Coupon Crossing Dancer Dancer2 David2 "
    "David3 Dog Dog1 Doll FaceOcc1 FaceOcc2 Fish FleetFace Football1 Freeman1 Freeman3 Girl2 Gym Human2 "
    "Human5 Human7 Human8 Jogging_1 Jogging_2 KiteSurf Lemming Man Mhyang MountainBike Rubik Singer1 Skater "
    "Skater2 Subway Suv Tiger1 Toy Trans Twinnings Vase"
)
_OTB2013 = (
    "Basketball Bolt Boy Car4 CarDark CarScale Coke Couple Crossing David David2 David3 Deer Dog1 Doll "
    "Dudek FaceOcc1 FaceOcc2 Fish FleetFace Football Football1 Freeman1 Freeman3 Freeman4 Girl Ironman "
    "Jogging_1 Jogging_2 Jumping Lemming Liquor Matrix Mhyang MotorRolling MountainBike Shaking Singer1 "
    "Singer2 Skating1 Skiing Soccer Subway Suv Sylvester Tiger1 Tiger2 Trellis Walking Walking2 Woman"
)

OTB50 = tuple(_TB50.split())
"""The 50 targets of OTB-50 (TB-50), in 49 folders."""

OTB2013 = tuple(_OTB2013.split())
"""The 51 targets of OTB-2013, in 50 folders; a part of OTB-2015, not of OTB-50."""

OTB2015 = tuple(sorted([*OTB50, *_TB100_ONLY.split()], key=str.lower))
"""The 100 targets of OTB-2015 (TB-100, OTB-100), in 98 folders."""

LISTS = {"otb2013": OTB2013, "otb2015": OTB2015, "otb50": OTB50}
"""The targets of each list by the dataset's name; ``NAME_k`` is target k of folder NAME."""


def folders(name: str) -> list[str]:
    """Return the folders that hold the targets of a list, sorted: ``Jogging`` for both of its targets."""
    return sorted({_folder(target) for target in LISTS[name]}, key=str.lower)


def _folder(target: str) -> str:
    return target.rpartition("_")[0] or target


def choose_targets(sequences: Iterable[Sequence], name: str, where: str | Path) -> list[Sequence]:
    """Return the sequences of the list ``name``, in their own order; all of them must be there.

    Args:
        sequences: names in any spelling `udtlib.data.benchmarks.otb.canonical_name` knows.
        name: a key of `LISTS`.
        where: named in the message.

    Raises:
        MissingDataError: a target of the list is not there.
    """
    by_name = {canonical_name(sequence.name): sequence for sequence in sequences}
    check_complete(name, by_name, where)
    wanted = {canonical_name(target) for target in LISTS[name]}
    return [sequence for canonical, sequence in by_name.items() if canonical in wanted]


def check_complete(name: str, found: Container[str], where: str | Path) -> None:
    """Raise MissingDataError if a target of the list ``name`` is not among the canonical names ``found``."""
    missing = [target for target in LISTS[name] if canonical_name(target) not in found]
    if missing:
        shown = ", ".join(missing[:8]) + (" ..." if len(missing) > 8 else "")
        raise MissingDataError(
            f"{where}: {len(missing)} of the {len(LISTS[name])} targets of {name} are missing: {shown}. "
            f"`udt data download {name} --root DIR` fetches them; the dataset otb takes what is there"
        )


def load_otb2013(root: str | Path | None = None, broken: dict[str, str] | None = None) -> list[Sequence]:
    """Return the 51 sequences of OTB-2013, sorted; arguments and errors as `load_otb`.

    Raises:
        MissingDataError: also where the folder of a target is not there.
    """
    return _load_list("otb2013", root, broken)


def load_otb2015(root: str | Path | None = None, broken: dict[str, str] | None = None) -> list[Sequence]:
    """Return the 100 sequences of OTB-2015; as `load_otb2013`."""
    return _load_list("otb2015", root, broken)


def load_otb50(root: str | Path | None = None, broken: dict[str, str] | None = None) -> list[Sequence]:
    """Return the 50 sequences of OTB-50; as `load_otb2013`."""
    return _load_list("otb50", root, broken)


def _load_list(name: str, root: str | Path | None, broken: dict[str, str] | None) -> list[Sequence]:
    root = require_data("otb", "the OTB sequences") if root is None else user_path(root)
    check_complete(name, {canonical_name(target) for target, _ in find_targets(root)}, root)
    return load_otb(root, LISTS[name], broken)
