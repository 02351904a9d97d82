"""Named parts of OTB-2015 for scoring: OTB-50 and OTB-2013. Book: chapter 13."""

from collections.abc import Iterable

from udtlib.data.benchmarks.otb import canonical_name
from udtlib.data.benchmarks.otb_lists import LISTS as SUBSETS
from udtlib.data.benchmarks.otb_lists import OTB2013
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, UnknownNameError

__all__ = ["OTB2013", "SUBSETS", "choose_subset"]


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
