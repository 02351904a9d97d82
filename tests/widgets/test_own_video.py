"""A reader's own video: what may come in, how it is decoded, and the trackers that run on it."""

import asyncio
import tempfile

import cv2
import numpy as np
import pytest
from chromium import Chromium
from clips import moving_clip
from displays import shown
from video_files import frames_of, write_video

from udtlib.data.video.file import VideoFile
from udtlib.errors import BoxError, DataError, DecoderError, UnknownNameError
from udtlib.trackers import load_tracker
from udtlib.widgets import base
from udtlib.widgets.own_video import decoded, own_video
from udtlib.widgets.own_video.decoded import Incoming, first_frames
from udtlib.widgets.own_video.race import Race

FRAMES, BOXES = moving_clip([(3, 1)] * 7)
QUICK = ("kcf", "mosse")


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("own") / "clip.avi", frames_of(3, 30, (90, 120)))


def test_a_file_comes_in_pieces_and_no_byte_more_than_announced():
    file = Incoming("a\x1b[2J.mp4", 5)
    assert file.name == r"a\x1b[2J.mp4"
    assert not file.add(b"abc")
    assert file.add(b"de")
    assert bytes(file.content) == b"abcde"
    for piece in (b"", b"abcdef"):
        with pytest.raises(DataError, match="expected 5 bytes"):
            Incoming("a.mp4", 5).add(piece)


@pytest.mark.parametrize("size", [0, -1, decoded.MOST_BYTES + 1])
def test_an_empty_or_too_large_file_is_refused_before_it_comes(size):
    with pytest.raises(DataError, match=r"holiday\.mp4: expected a video of at most 100 MB, found"):
        Incoming("holiday.mp4", size)
    assert Incoming("holiday.mp4", decoded.MOST_BYTES).size == decoded.MOST_BYTES


def test_the_first_frames_are_those_of_the_file_and_nothing_stays_behind(video, temporary, monkeypatch):
    monkeypatch.setattr(decoded, "MOST_FRAMES", 20)
    found = list(first_frames("clip.avi", video.read_bytes()))
    assert len(found) == 20
    for frame, expected in zip(found, VideoFile(video), strict=False):
        np.testing.assert_array_equal(frame, expected)
    assert list(temporary.iterdir()) == []


def test_frames_are_made_small(video, temporary, monkeypatch):
    monkeypatch.setattr(decoded, "LONGEST_SIDE", 60)
    frame = next(first_frames("clip.avi", video.read_bytes()))
    assert frame.shape == (45, 60, 3)
    smaller = cv2.resize(VideoFile(video)[0], (60, 45), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(frame, smaller)
    assert decoded.shrink(np.zeros((1, 1000, 3), np.uint8)).shape == (1, 60, 3)


def test_what_is_no_video_is_named_as_the_reader_knows_it(video, temporary):
    png = cv2.imencode(".png", FRAMES[0])[1].tobytes()
    for name, content, found in (
        ("notes.mp4", b"Dear diary,\n", "found a text"),
        ("me.mov", png, "found one image"),
        ("../../data.bin", bytes(range(256)) * 20, "a file that is none"),
        ("half.avi", video.read_bytes()[:400], "found"),
    ):
        with pytest.raises(DataError, match=found) as caught:
            list(first_frames(name, content))
        assert str(caught.value).startswith(f"{name}: ")
        assert str(temporary) not in str(caught.value)
    assert list(temporary.iterdir()) == []


@pytest.fixture
def crashing(monkeypatch):
    monkeypatch.setattr(VideoFile, "module", "crashing_reader")
    monkeypatch.setattr(decoded, "STEM", "abort-4")


def test_a_decoder_that_crashes_takes_nothing_with_it(video, temporary, crashing):
    frames = []
    with pytest.raises(DecoderError, match=r"^holiday\.avi: the decoder crashed .* at frame 4$"):
        frames.extend(first_frames("holiday.avi", video.read_bytes()))
    assert len(frames) == 4
    assert list(temporary.iterdir()) == []


def test_the_boxes_are_those_of_the_trackers_alone():
    race = Race(FRAMES, BOXES[0], QUICK)
    pictures = list(race.run())
    assert len(pictures) == len(race.pictures) == len(FRAMES)
    assert {picture.shape for picture in pictures} == {pictures[0].shape}
    for name in QUICK:
        tracker = load_tracker(name)
        tracker.init(FRAMES[0], BOXES[0])
        for index, frame in enumerate(FRAMES[1:], start=1):
            np.testing.assert_array_equal(tracker.update(frame), race.boxes[name][index])
            assert race.peaks[name][index] == pytest.approx(tracker.response.max())
        assert np.isnan(race.peaks[name][0])


def test_what_cannot_be_tracked_is_refused():
    with pytest.raises(DataError, match="no frame"):
        Race([], BOXES[0], QUICK)
    with pytest.raises(BoxError):
        Race(FRAMES, (500, 0, 10, 10), QUICK)
    with pytest.raises(UnknownNameError):
        own_video(FRAMES, BOXES[0], ("kcf", "nobody"))


def test_the_twin_stands_alone_without_a_kernel(monkeypatch, capsys):
    demo = own_video(FRAMES, BOXES[0], QUICK)
    (picture,) = shown(monkeypatch, demo)
    assert picture.data == base.jpeg(demo.twin)
    assert len(picture.alt) > 20
    assert capsys.readouterr().out.strip() == base.NOTE


@pytest.fixture
def live(monkeypatch):
    module = pytest.importorskip("udtlib.widgets.own_video.live")
    made = module.Live(own_video(FRAMES, BOXES[0], QUICK).race)
    made.sent = []
    monkeypatch.setattr(made.upload, "send", made.sent.append)
    return made


def upload(live, name, content, size=None):
    """What the browser does: it announces a file, and sends a piece whenever it is asked."""
    live.sent.clear()
    live.upload.hear({"name": name, "size": len(content) if size is None else size}, [])
    while live.sent:
        at = live.sent.pop()["at"]
        live.upload.hear({"at": at}, [memoryview(content[at : at + 4000])])


def press(live):
    """What the browser does at the button Track."""
    live.upload.hear({"track": True}, [])


def test_it_begins_with_the_clip_at_hand(live):
    upload_part, first, below = live.widget.children
    assert upload_part.said.startswith("This is a clip of the book.")
    assert live.picker.box.tolist() == BOXES[0].tolist()
    assert first.children
    assert below.children == (live.panel,)
    live.panel.values = {"frame": 3}
    assert live.panel.picture == live.race.pictures[3]


def test_an_uploaded_video_is_tracked_from_the_box_that_is_drawn(live, video, temporary):
    upload(live, "clip.avi", video.read_bytes())
    assert live.upload.said.startswith("clip.avi: 30 frames. Draw a box")
    np.testing.assert_array_equal(live.picker.frame, VideoFile(video)[0])
    assert live.below.children == ()
    live.picker._take([30, 20, 40, 30])
    press(live)
    assert live.race.boxes["kcf"][0].tolist() == [30, 20, 40, 30]
    assert len(live.race.pictures) == 30
    assert live.panel.values == {"frame": 29}
    assert live.panel.picture == live.race.pictures[29]
    assert live.upload.said == "tracked frame 29 of 29"


def test_a_bad_file_is_named_and_the_clip_before_it_stays(live, temporary):
    upload(live, "notes.mp4", b"Dear diary,\n")
    assert "found a text" in live.upload.said
    assert live.picker.box.tolist() == BOXES[0].tolist()
    upload(live, "huge.mp4", b"", size=1 << 40)
    assert "at most 100 MB" in live.upload.said
    live.upload.hear({"name": "long.mp4", "size": 3}, [])
    live.upload.hear({"at": 0}, [b"more than three"])
    assert "expected 3 bytes" in live.upload.said
    live.sent.clear()
    live.upload.hear({"at": 0}, [b"abc"])  # of a file that was refused
    assert live.sent == []
    press(live)
    assert len(live.race.pictures) == len(FRAMES)


def test_what_was_decoded_before_a_crash_can_be_tracked(live, video, temporary, crashing):
    upload(live, "holiday.avi", video.read_bytes())
    assert len(live.frames) == 4
    assert live.upload.said.startswith("holiday.avi: 4 frames")
    assert "crashed" in live.upload.said


def test_another_start_ends_the_one_before_it(live):
    async def events():
        press(live)
        await asyncio.sleep(0)
        before = live.race
        live.picker._take([50, 30, 20, 20])
        press(live)
        await live.turns.task
        return before

    before = asyncio.run(events())
    assert live.race is not before
    assert len(before.pictures) < len(FRAMES) == len(live.race.pictures)
    assert live.race.boxes["kcf"][0].tolist() == [50, 30, 20, 20]


def test_a_slider_moved_by_hand_stays_where_it_is(live):
    async def events():
        press(live)
        while live.panel.values["frame"] < 3:
            await asyncio.sleep(0)
        live.panel.values = {"frame": 0}
        await live.turns.task

    asyncio.run(events())
    assert live.panel.values == {"frame": 0}
    assert len(live.race.pictures) == len(FRAMES)


MODEL = """
const heard = [], state = { most: 3000000, said: "Choose" };
const model = {
  get: (name) => state[name], on: (event, call) => heard.push([event, call]), off: () => {},
  send: (message, _, buffers) => window.sent.push([message, buffers?.[0].byteLength ?? 0]),
};
window.sent = [];
window.python = (event, value) => heard.filter(([one]) => one === event).forEach(([, call]) => call(value));
window.say = (text) => { state.said = text; python("change:said"); };
upload.render({ model, el: document.getElementById("here") });
"""


@pytest.mark.browser
def test_a_browser_sends_a_file_in_pieces(tmp_path):
    live = pytest.importorskip("udtlib.widgets.own_video.live")
    code = (live.HERE / "upload.js").read_text("utf-8").replace("export default", "const upload =") + MODEL
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html><div id="here"></div><script type="module">{code}</script>')
    small, large = tmp_path / "small.mp4", tmp_path / "large.mp4"
    small.write_bytes(b"x" * 1_500_000)
    large.write_bytes(b"x" * 3_000_001)
    with Chromium(tmp_path / "profile") as browser:

        def choose(path):
            root = browser.call("DOM.getDocument")["root"]["nodeId"]
            field = browser.call("DOM.querySelector", nodeId=root, selector="input[type=file]")["nodeId"]
            browser.call("DOM.setFileInputFiles", files=[str(path)], nodeId=field)

        browser.open(page.as_uri())
        said = "document.querySelector('[role=status]').textContent"
        assert browser.value(said) == "Choose"
        choose(large)
        browser.wait(f"{said} === 'large.mp4: 3 MB; at most 2 MB'")
        assert browser.value("sent") == []
        choose(small)
        browser.wait("sent.length === 1")
        assert browser.value("sent[0][0]") == {"name": "small.mp4", "size": 1_500_000}
        browser.value("python('msg:custom', { at: 0 })")
        browser.wait("sent.length === 2")
        assert browser.value("document.querySelector('progress').hidden") is False
        browser.value("python('msg:custom', { at: 1048576 })")
        browser.wait("sent.length === 3")
        assert browser.value("sent.slice(1)") == [[{"at": 0}, 1_048_576], [{"at": 1_048_576}, 451_424]]
        assert browser.value("document.querySelector('progress').hidden") is True
        browser.value("document.querySelector('button').focus(), sent.length = 0")
        browser.press("Space")
        assert browser.value("sent") == [[{"track": True}, 0]]
        browser.value("say('decoded')")
        assert browser.value(said) == "decoded"
        assert browser.problems == []
