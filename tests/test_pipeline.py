"""The line of parts above the chapters: legal SVG, the named part lit, words for those who cannot see it."""

import base64
import re
from xml.etree import ElementTree

import pytest

from udtlib.errors import UnknownNameError
from udtlib.pipeline import PARTS, pipeline_svg, you_are_here

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", PARTS)
def test_the_named_part_is_lit(name):
    root = ElementTree.fromstring(pipeline_svg(name))
    words, boxes = root.findall(f"{SVG}text"), root.findall(f"{SVG}rect")
    assert [word.text for word in words] == list(PARTS.values())
    lit = [word.text for word, box in zip(words, boxes, strict=True) if box.get("fill") == "#e69f00"]
    assert lit == [PARTS[name]]


def test_a_cell_shows_it_with_words():
    shown = you_are_here("filter", "response").data
    assert 'alt="The parts of the method: T, S, network, ' in shown
    assert "This chapter: filter and response." in shown
    held = base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", shown)[1]).decode()
    assert held == pipeline_svg("filter", "response")


def test_an_unknown_part_is_refused():
    with pytest.raises(UnknownNameError, match="filtre"):
        you_are_here("filtre")
