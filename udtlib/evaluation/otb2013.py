"""The 51 targets of OTB-2013, a subset of OTB-2015's 100. Book: chapter 13."""

from collections.abc import Iterable

from udtlib.data.otb import canonical_name
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, UnknownNameError

_NAMES = (
    "Basketball Bolt Boy Car4 CarDark CarScale Coke Couple Crossing David David2 David3 Deer Dog1 Doll "
    "Dudek FaceOcc1 FaceOcc2 Fish FleetFace Football Football1 Freeman1 Freeman3 Freeman4 Girl Ironman "
    "Jogging_1 Jogging_2 Jumping Lemming Liquor Matrix Mhyang MotorRolling MountainBike Shaking Singer1 "
    "Singer2 Skating1 Skiing Soccer Subway Suv Sylvester Tiger1 Tiger2 Trellis Walking Walking2 Woman"
)

OTB2013 = tuple(_NAMES.split())

SUBSETS = {"otb2013": OTB2013}


def choose_subset(sequences: Iterable[Sequence], subset: str) -> list[Sequence]:
    """Return the sequences that belong to a named subset, in their own order.

    Raises:
        UnknownNameError: ``subset`` is not in `SUBSETS`.
        DataError: no sequence belongs to it.
    """
    if subset not in SUBSETS:
        raise UnknownNameError(f"no subset {subset!r}; known: {', '.join(SUBSETS)}")
    names = {canonical_name(name) for name in SUBSETS[subset]}
    chosen = [sequence for sequence in sequences if canonical_name(sequence.name) in names]
    if not chosen:
        raise DataError(f"no sequence belongs to {subset}; expected names such as {SUBSETS[subset][0]}")
    return chosen
