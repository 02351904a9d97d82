"""Slides: what the text of one is; every chapter has some, with pictures and words, from no other server."""

import re

import chapters
import nbformat
import pytest
import slides
from chromium import Chromium

new = nbformat.v4
PICTURE = new.new_output("display_data", {"image/png": "aGVsbG8="})
SOURCES = sorted(chapters.BOOK.glob("[0-9][0-9]_*.py"))


def notebook(
    after,
    before="## 1.2 Waves\n\nA sentence that stands before the picture and has enough to say for a slide.",
):
    drawn = new.new_code_cell("plot()", outputs=[PICTURE], metadata={"tags": ["slide"]})
    cells = [new.new_markdown_cell("# 04. Title\n\nWhat it is about."), new.new_markdown_cell(before), drawn]
    return new.new_notebook(cells=[*cells, new.new_markdown_cell(after)])


@pytest.mark.parametrize(
    ("paragraph", "told"),
    [
        ("One thing. Another.", "One thing. Another."),
        ("One thing. The next cell prints it. Is it so?", "One thing."),
        ("A sum\nover cells:", "A sum over cells."),
        ("A" * 80 + ". The three verdicts mean:", "A" * 80 + "."),
        ("Press play and see.", ""),
        ("In the demo you choose. Blue is one network.", "Blue is one network."),
        ("A" * 300 + ". " + "B" * 100 + ".", "A" * 300 + "."),
    ],
)
def test_a_slide_has_whole_sentences_that_do_not_speak_of_the_page(paragraph, told):
    assert slides.shortened(paragraph) == told


def test_the_idea_is_what_follows_the_picture_unless_a_section_starts_there():
    long = "The peak is where the target went, and it is the highest value of the whole map by far."
    assert slides.idea(notebook(long), 2) == long
    assert slides.idea(notebook(f"## 1.3 Next\n\n{long}"), 2).startswith("A sentence that stands before")
    assert slides.idea(notebook("| a | table |\n\n- a list"), 2).startswith("A sentence that stands before")


def test_a_deck_has_a_title_the_pictures_and_no_list_where_a_number_starts_the_title():
    deck = slides.deck(
        notebook("[A link](elsewhere.html) and <!-- a comment --> nothing else, in a sentence that is long.")
    )
    assert len(deck) == 3
    assert "<h2>04. Title" in deck[0]
    assert '<img src="data:image/png;base64,aGVsbG8=" alt="Figure: 1.2 Waves">' in deck[1]
    assert "elsewhere" not in deck[1]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_chapter_has_slides_with_pictures_and_words(source):
    chapter = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    places = slides.chosen(chapter)
    assert 3 <= len(places) <= 10
    assert all("slide" in chapter.cells[k].metadata.get("tags", []) for k in places)
    assert all(slides.pictures(chapter.cells[k]) for k in places)
    assert all(slides.idea(chapter, k) for k in places)
    assert slides.summary(chapter)


def test_without_a_tag_the_first_picture_of_each_section_is_taken():
    untagged = notebook("## 1.3 Next\n\nText.")
    untagged.cells[2].metadata["tags"] = []
    untagged.cells += [
        new.new_code_cell("a()", outputs=[PICTURE]),
        new.new_code_cell("b()", outputs=[PICTURE]),
    ]
    assert slides.chosen(untagged) == [2, 4]
    untagged.cells[5].metadata["tags"] = ["slide"]
    assert slides.chosen(untagged) == [5]


def test_pages_ask_no_other_server_and_are_listed(tmp_path):
    sizes = slides.write_decks(tmp_path, ["02", "04"])
    assert len(sizes) == 2
    assert min(sizes.values()) >= 7
    pages = {path.name: path.read_text("utf-8") for path in tmp_path.glob("*.html")}
    assert len(pages) == 3
    for text in pages.values():
        assert not re.search(r'(src|href)="(https?:)?//', text)
    assert all(f'href="{name}.html"' in pages["index.html"] for name in sizes)


@pytest.mark.browser
def test_keys_turn_the_slides_and_nothing_is_cut_off(tmp_path):
    slides.write_decks(tmp_path / "out", ["02", "12"])
    with Chromium(tmp_path / "profile") as browser:
        for path in sorted((tmp_path / "out").glob("[0-9]*.html")):
            browser.open(path.as_uri())
            browser.wait(f"location.href.includes({path.name!r}) && document.readyState === 'complete'")
            assert browser.value("document.querySelectorAll('section.on').length") == 1
            browser.press("ArrowRight")
            assert browser.value("location.hash") == "#2"
            too_large = (
                "slides.filter((s, k) => { show(k); return s.scrollHeight > s.clientHeight + 1 "
                "|| s.scrollWidth > s.clientWidth + 1 }).length"
            )
            assert browser.value(too_large) == 0
            assert browser.value("[...document.images].filter(i => !i.naturalWidth).length") == 0
