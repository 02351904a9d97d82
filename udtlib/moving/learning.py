"""A filter that learns from frame to frame. Book: chapter 02."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.errors import OptionError
from udtlib.frames import Frame

HEIGHT = 176


def learning_pictures(
    patches: Sequence[Frame], filters: Sequence[ArrayLike], responses: Sequence[ArrayLike]
) -> list[Frame]:
    """Return one picture a frame: the patch, the filter as it is then, and its response.

    Args:
        patches: what the tracker cut out, RGB uint8, all of one size.
        filters: the filters in the image domain, ``(H, W)``, as the patch lies, one a patch.
        responses: ``(H, W)``, peak at ``(0, 0)`` when nothing moved; all are drawn on one scale.

    Raises:
        OptionError: not as many filters and responses as patches, or none.
    """
    if not len(patches) == len(filters) == len(responses) or not len(patches):
        counts = ", ".join(str(len(each)) for each in (patches, filters, responses))
        raise OptionError(f"expected as many patches as filters and responses, found {counts}")
    maps = [np.asarray(response, np.float64) for response in responses]
    limits = viz.limits_of(*maps)
    bar = viz.caption(viz.color_bar(limits, HEIGHT), "")
    pictures = []
    for number, (patch, weights, response) in enumerate(zip(patches, filters, maps, strict=True)):
        panels = [viz.resize_nearest(patch, HEIGHT, HEIGHT), _signed(weights), _map(response, limits)]
        texts = f"frame {number}: the patch", "the filter", f"its response, up to {response.max():.2f}"
        pictures.append(viz.side_by_side(viz.contact_sheet(panels, 3, texts, gap=8), bar))
    return pictures


def _signed(weights: ArrayLike) -> Frame:
    """Return a filter in shades of grey, 0 in the middle of them."""
    values = np.asarray(weights, np.float64)
    reach = max(float(np.abs(values).max()), 1e-12)
    grey = np.rint(127.5 + 127.5 * values / reach).astype(np.uint8)
    return viz.resize_nearest(np.stack([grey] * 3, axis=-1), HEIGHT, HEIGHT)


def _map(response: ArrayLike, limits: tuple[float, float]) -> Frame:
    return viz.resize_nearest(viz.heatmap(response, limits=limits), HEIGHT, HEIGHT)
