"""The look of a page, as its text says it: light and dark, on a phone, nothing cut."""

import re

import numpy as np
import pytest
from test_plots import make_score

from udtlib.data import Sequence
from udtlib.evaluation import score
from udtlib.evaluation.report.assets import STYLE
from udtlib.evaluation.report.attribute_plots import attribute_chart, attribute_plots
from udtlib.evaluation.report.html import CHART, line_chart
from udtlib.evaluation.report.overlap_plot import overlap_plot
from udtlib.evaluation.report.page import html_report
from udtlib.evaluation.report.plots import precision_plot, success_plot

DARK = "@media screen and (prefers-color-scheme: dark)"


def block(text: str, head: str) -> str:
    """Return what stands between the braces after ``head``."""
    start = text.index("{", text.index(head)) + 1
    depth, end = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return text[start : end - 1]


def colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{3,6});", text))


LIGHT = colours(block(STYLE, ":root"))
NIGHT = colours(block(block(STYLE, DARK), ":root"))


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rgb`` or ``#rrggbb``, as web guidelines define it."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_every_colour_has_a_light_and_a_dark_value() -> None:
    used = set(re.findall(r"var\(--([a-z]+)\)", STYLE)) - {"part"}
    assert len(used) > 5
    assert used == LIGHT.keys() == NIGHT.keys()
    rules = STYLE.replace(block(STYLE, DARK), "").replace(block(STYLE, ":root"), "")
    fixed = [line for line in re.findall(r"[^{}]+\{[^{}]*#[0-9a-f]{3,6}[^{}]*\}", rules)]
    assert len(fixed) == 3
    assert all(re.match(r"\s*(svg text|\.rule|\.mark)", rule) for rule in fixed), (
        fixed
    )  # these are turned round
    assert "color-scheme: light dark" in STYLE


@pytest.mark.parametrize("theme", [LIGHT, NIGHT], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(theme: dict[str, str]) -> None:
    for ground in ("page", "bar", "pointed", "chosen"):
        assert contrast(theme["text"], theme[ground]) >= 7, ground
    assert contrast(theme["small"], theme["page"]) >= 4.5
    assert (luminance(theme["page"]) > 0.5) == (theme is LIGHT)


def test_pictures_are_turned_round_into_the_dark_page() -> None:
    """White paper becomes the page's own colour, and the key of a plot changes as the plot does."""
    rule = re.search(r"([^{}]+)\{ filter: invert\(([.\d]+)\) hue-rotate\(180deg\); \}", block(STYLE, DARK))
    assert rule is not None
    assert [part.strip() for part in rule[1].split(",")] == ["figure img", ".wide svg", ".key span"]
    paper = round(255 * (1 - float(rule[2])))
    assert NIGHT["page"] == f"#{paper:02x}{paper:02x}{paper:02x}"


def test_the_first_column_stays_where_a_table_scrolls() -> None:
    rule = block(STYLE, "th:first-child { position")
    assert "position: sticky; left: 0; background: var(--page);" in rule
    assert "overflow-x: auto" in block(STYLE, ".scroll, .wide")
    assert "max-width: 7.5rem" in block(STYLE, "@media (max-width: 40rem)")
    attributes = [Sequence(name, (), np.tile([10.0, 20, 40, 30], (5, 1)), ("OCC",)) for name in "ab"]
    boxes = {one.name: one.boxes for one in attributes}
    text = html_report([score(boxes, attributes, dataset="synthetic", tracker="t")])
    table = re.search(r'<div class="scroll"><table><caption>Mean AUC.*?</table></div>', text, re.DOTALL)
    assert table is not None
    assert re.search(r'<tr><th scope="row">OCC</th>', table[0])
    assert 'name="viewport" content="width=device-width' in text


@pytest.mark.parametrize("last", [7, 100, 1000, 12_000, 1_000_000])
def test_the_last_number_of_a_chart_is_inside(last: int) -> None:
    places = np.array([1.0, last])
    style = {"color": "#000000", "linestyle": "-"}
    svg = line_chart([(places, np.array([0.0, 1.0]), style)], (0, last), marks=[last])
    ticks = re.findall(r'<text x="([\d.]+)" y="\d+" class="middle">(\d+)</text>', svg)
    assert int(ticks[-1][1]) > 0.8 * last
    for x, number in ticks:
        half = 0.6 * 12 * len(number) / 2  # digits of 12 px are at most 0.6 as wide as high
        assert half <= float(x) <= CHART[0] - half, number
    ends = [float(x) for x in re.findall(r"[HL]([\d.]+)", svg)]
    assert set(ends) == {max(ends)}  # rules and line end together
    assert max(ends) < CHART[0]


def figures():
    sequences = [Sequence(name, (), np.tile([10.0, 20, 40, 30], (5, 1)), ("OCC", "SV")) for name in "ab"]
    one = score(
        {each.name: each.boxes + 3 for each in sequences}, sequences, dataset="synthetic", tracker="t"
    )
    many = [make_score(f"t{i}", i, i) for i in range(11)]
    boxes = np.tile([10.0, 20, 40, 30], (1001, 1))
    yield from (success_plot([one]), precision_plot([one]), success_plot(many), precision_plot(many))
    yield from (attribute_plots([one]), attribute_chart([one]), overlap_plot({"t": boxes}, boxes))


def test_no_number_of_a_plot_is_cut() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    seen = 0
    for figure in figures():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        for axis in [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]:
            low, high = sorted(axis.get_view_interval())
            for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True):
                if low <= place <= high and label.get_text():
                    box = label.get_window_extent(canvas.get_renderer())
                    assert box.x0 >= 0 <= box.y0, label
                    assert box.x1 <= figure.bbox.width, label
                    assert box.y1 <= figure.bbox.height, label
                    seen += 1
    assert seen > 60
