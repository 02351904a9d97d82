"""A filter that learns from frame to frame. Book: chapter 02."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.errors import OptionError
from udtlib.frames import Frame
from udtlib.signed_maps import grey_bar, grey_map

HEIGHT = 176


def learning_pictures(
    patches: Sequence[Frame], filters: Sequence[ArrayLike], responses: Sequence[ArrayLike]
) -> list[Frame]:
    """Return one picture a frame: the patch, the filter as it is then, and its response.

    Args:
        patches: what the tracker cut out, RGB uint8, all of one size.
        filters: the filters in the image domain, ``(H, W)``, as the patch lies, one a patch.
        responses: ``(H, W)``, peak at ``(0, 0)`` when nothing moved; drawn on one scale, as are the filters.

    Raises:
        OptionError: not as many filters and responses as patches, or none.
    """
    if not len(patches) == len(filters) == len(responses) or not len(patches):
        counts = ", ".join(str(len(each)) for each in (patches, filters, responses))
        raise OptionError(f"expected as many patches as filters and responses, found {counts}")
    maps = [np.asarray(response, np.float64) for response in responses]
    limits = viz.limits_of(*maps)
    reach = max(float(np.abs(np.stack([np.asarray(each) for each in filters])).max()), 1e-12)
    bars = [viz.caption(bar, "") for bar in (grey_bar(HEIGHT, reach), viz.color_bar(limits, HEIGHT))]
    pictures = []
    for number, (patch, weights, response) in enumerate(zip(patches, filters, maps, strict=True)):
        panels = {
            f"frame {number}: the patch": patch,
            "the filter": grey_map(weights, reach),
            f"its response, up to {response.max():.2f}": viz.heatmap(response, limits=limits),
        }
        shown = [viz.caption(viz.resize_nearest(one, HEIGHT, HEIGHT), text) for text, one in panels.items()]
        pictures.append(viz.side_by_side(shown[0], shown[1], bars[0], shown[2], bars[1], gap=8))
    return pictures
