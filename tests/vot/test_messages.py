"""TraX's lines: what the toolkit's own library sends and takes, and what a hostile client may send."""

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udtlib.errors import BoxError, DataError, UdtError
from udtlib.vot.messages import (
    LONGEST,
    Message,
    box_region,
    format_message,
    image_path,
    parse_message,
    read_messages,
    region_box,
)

# Written by vot-trax 4.0.2, both sides.
RECORDED = {
    '@@TRAX:initialize "file:///tmp/a b.jpg" "1.0000,2.0000,29.1235,38.0000" "pr=v" ': Message(
        "initialize", ("file:///tmp/a b.jpg", "1.0000,2.0000,29.1235,38.0000", "pr=v")
    ),
    '@@TRAX:frame "file:///tmp/a b.jpg" ': Message("frame", ("file:///tmp/a b.jpg",)),
    "@@TRAX:quit ": Message("quit"),
    r'@@TRAX:hello "a b=c" "trax.description=a \"q\" \\ b" "trax.version=4" ': Message(
        "hello", ("a b=c", 'trax.description=a "q" \\ b', "trax.version=4")
    ),
    r'@@TRAX:state "1,2,3,4" "p=v \"x\"\nnl" ': Message("state", ("1,2,3,4", 'p=v "x"\nnl')),
}


@pytest.mark.parametrize("line", RECORDED)
def test_lines_of_the_toolkits_own_library(line):
    assert parse_message(line) == RECORDED[line]


@given(st.lists(st.text(max_size=20), max_size=4))
@settings(max_examples=50)
def test_what_is_written_is_read(arguments):
    line = format_message("state", *arguments)
    assert line.count("\n") == 1
    assert parse_message(line) == Message("state", tuple(arguments))


def test_other_lines_are_passed_over():
    sent = b'\nloading weights\r\n\xff\xfe@@TRAX:no\n@@TRAX:frame "file:///1.jpg"\r\n@@TRAX:quit\n'
    assert list(read_messages(io.BytesIO(sent))) == [Message("frame", ("file:///1.jpg",)), Message("quit")]


@pytest.mark.parametrize(
    "line",
    [
        '@@TRAX:frame "open',
        "@@TRAX:frame bare",
        '@@TRAX:frame "a" b',
        '@@TRAX:fr4me "a"',
        "@@TRAX:",
        "@@TRAX: x",
    ],
)
def test_broken_messages(line):
    with pytest.raises(
        DataError, match=r'TraX: expected a message such as @@TRAX:frame "file:///1\.jpg", found'
    ):
        parse_message(line)


def test_a_line_without_an_end_is_refused_before_it_is_read():
    class Endless(io.RawIOBase):
        given = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.given += len(buffer)
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    endless = Endless()
    with pytest.raises(DataError, match=r"lines of at most 65,536 bytes"):
        list(read_messages(io.BufferedReader(endless)))
    assert endless.given < 3 * LONGEST


@pytest.mark.parametrize(
    ("region", "box"),
    [
        ("1.5,2,30,40", [1.5, 2, 30, 40]),
        ("-3,-4,10,20", [-3, -4, 10, 20]),
        ("10,20,40,25,35,60,5,55", [5, 20, 35, 40]),
        ("0,0,10,0,5,8", [0, 0, 10, 8]),
    ],
)
def test_regions(region, box):
    np.testing.assert_array_equal(region_box(region), box)


@pytest.mark.parametrize(
    "region",
    [
        "",
        "0",
        "1,2,3",
        "1,2,3,4,5",
        "1,2,nan,4",
        "1,2,inf,4",
        "1e999,2,3,4",
        "m0,0,3,3,1",
        "1;2;3;4",
        "1,2,3,4" * 9000,
    ],
)
def test_regions_that_are_none(region):
    with pytest.raises(DataError, match="TraX: expected a region"):
        region_box(region)


@pytest.mark.parametrize("region", ["1,2,0,4", "1,2,3,-4", "5,5,5,5,5,5"])
def test_regions_without_a_size(region):
    with pytest.raises(BoxError):
        region_box(region)


def test_answers():
    assert box_region(np.array([1.5, -2.25, 3, 1 / 3])) == "1.5000,-2.2500,3.0000,0.3333"
    assert box_region(np.array([1, np.nan, 3, 4])) == "0.0000,0.0000,0.0000,0.0000"


@pytest.mark.parametrize(
    "argument", ["", "relative.jpg", "http://host/1.jpg", "data:image/jpeg;base64,aa", "file://"]
)
def test_images_in_other_forms(argument):
    with pytest.raises(DataError, match="TraX: expected an image as file:///its/path"):
        image_path(argument)


def unless_refused(read, text):
    """What a reader makes of a text, None where it raises our own error."""
    with suppress(UdtError):
        return read(text)
    return None


@given(st.text(max_size=40))
@settings(max_examples=50)
def test_any_text_is_understood_or_refused_by_our_own_errors(text):
    for line in (text, f"@@TRAX:{text}", f'@@TRAX:frame "{text}"'):
        message = unless_refused(parse_message, line)
        assert message is None or message.kind.isalpha()
    path = unless_refused(image_path, f"file://{text}")
    assert path is None or path.is_absolute()
    box = unless_refused(region_box, f"1,2,{text}")
    assert box is None or (np.isfinite(box).all() and (box[2:] > 0).all())
