"""Binary result files of VOT's toolkit, which the library reads and never writes."""

import struct

import numpy as np

from udtlib.evaluation.results.regions import Regions, State


def binary_result(regions: Regions) -> bytes:
    """Return the bytes of such a file; a frame whose box is NaN becomes a skipped one."""
    parts = [struct.pack("<hI", 1, len(regions))]
    for state, region in zip(regions.states.tolist(), regions.each(), strict=True):
        if state != State.TRACKED or np.isnan(region).any():
            parts.append(struct.pack("<BI", 0, 0 if state == State.TRACKED else state))
        elif len(region) == 4:
            parts.append(struct.pack("<B4f", 1, *region))
        else:
            parts.append(struct.pack(f"<BH{len(region)}f", 2, len(region) // 2, *region))
    return b"".join(parts)
