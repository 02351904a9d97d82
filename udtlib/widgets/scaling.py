"""What training on many videos takes, as bars: choose videos and machines, and see the bottleneck move.

`draw` is a pure function of two logarithms; ``demo()`` as a cell's last line shows a static picture and,
where a kernel is live, its sliders. Book: chapter 17.
"""

import numpy as np

from udtlib import viz
from udtlib.bench.scaling import Bill, Plan, Rates, bill
from udtlib.frames import Frame
from udtlib.widgets.base import Demo, Slider

WIDTH, ROW, LEFT = 560, 26, 190
LEAST, MOST = 0.0, 8.0  # of the bars: powers of ten of hours, so that one hour is no bar
UNITS = ((24 * 365.25, "years"), (24.0, "days"), (1.0, "hours"))
TWIN = ((4.0, 0.0), (7.0, 0.0), (7.0, 3.0))
"""Settings of the static picture: the paper's size, ten million videos on one machine and on a thousand."""
STORED = Rates(frames=200.0, triplets=60.0)
"""Round numbers of the order that this project measured; the chapter puts its own in their place."""


def draw(log10_videos: float = 7.0, log10_machines: float = 0.0, rates: Rates = STORED) -> Frame:
    """Return the picture of a plan, RGB ``uint8``: a bar a stage, to a scale of powers of ten.

    Args:
        log10_videos: logarithm of the number of videos, 1..7.
        log10_machines: of the number of machines, 0..3.
        rates: of one machine.
    """
    plan = Plan(videos=round(10**log10_videos), machines=round(10**log10_machines))
    found = bill(plan, rates)
    fleet = f"{plan.machines:,} machine" + "s" * (plan.machines > 1)
    title = f"{plan.videos:,} videos, {fleet}: {duration(found.total / 3600)}"
    rows = [row(stage, seconds / 3600, found) for stage, seconds in found.seconds.items()]
    size = f"{found.disk / 1e12:.3g} TB of patches, {found.network / 1e12:.3g} TB sent by each machine"
    return np.vstack([viz.text_strip(title, WIDTH), *rows, viz.text_strip(size, WIDTH)])


def row(stage: str, hours: float, found: Bill) -> Frame:
    """Return one stage: its name and time, and a bar as long as the logarithm of its hours."""
    strip = np.full((ROW, WIDTH, 3), 255, np.uint8)
    viz.draw_text(strip, f"{stage}: {duration(hours)}", (4, ROW - 6))
    share = (np.log10(max(hours, 1.0)) - LEAST) / (MOST - LEAST)
    end = LEFT + round((WIDTH - LEFT) * float(min(share, 1.0)))
    strip[5:-5, LEFT:end] = viz.PREDICTION if stage == found.bottleneck else viz.SECOND
    return strip


def duration(hours: float) -> str:
    """Return a time in the largest unit of which there is at least one."""
    for unit, name in UNITS:
        if hours >= unit:
            return f"{hours / unit:,.1f} {name}"
    return f"{hours:.2g} hours"


def demo(rates: Rates = STORED) -> Demo:
    """Return the demo: two sliders, and three plans as static twin."""

    def drawn(log10_videos: float, log10_machines: float) -> Frame:
        return draw(log10_videos, log10_machines, rates)

    controls = {"log10_videos": Slider(1, 7, 7, 0.5), "log10_machines": Slider(0, 3, 0, 0.25)}
    gap = np.full((8, WIDTH, 3), 255, np.uint8)
    twin = [part for setting in TWIN for part in (drawn(*setting), gap)]
    return Demo(drawn, controls, np.vstack(twin[:-1]))
