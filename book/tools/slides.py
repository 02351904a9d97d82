"""Make slides from the executed chapters: one deck a chapter, one figure and one idea a slide, offline.

    python book/tools/slides.py OUT [CHAPTER ...]

A code cell tagged `slide` becomes one: the pictures it drew, under the heading of its section, and the first
sentences of the text after it (or, where a new section starts there, the last of the text before it). The deck
begins with the chapter's title and ends with its summary. Of a chapter without such a tag the first picture of each
section is taken. Pages need nothing from another server; arrow keys turn
them, and printing gives one slide a page.
"""

import argparse
import html
import re
import shutil
import sys
from pathlib import Path

import nbformat
import web_scripts
from chapters import BOOK, find_sources
from nbconvert.filters.markdown import markdown2html_mistune
from nbformat import NotebookNode

LONGEST = 330  # characters of an idea
SHORTEST = 70
POINTS = 4  # of a summary
HEADING = re.compile(r"^#+ +(.*)$", re.M)
NOT_PROSE = re.compile(r"^(\||[-*] |\d+\. |\$\$|```|>|<|!|#|\*\*Exercise)")
COMMENT = re.compile(r"\s*<!--.*?-->", re.S)
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z*$`])")
# Sentences about the page, not about the matter: a slide has no cell below and no slider.
ABOUT_THE_PAGE = re.compile(
    r"\b(next (cell|picture|figure|plot)|[Bb]elow (are|is)|Here (is|are)|Try it|JupyterLab|Press play|sliders?|the menu|"
    r"[Ee]xercise|Predict|static picture|[Ww]e (draw|compute|ask|build|take|use|(first )?look at)|Try |Then raise|Now the|The table|Look at|In the demo|The same in numbers)\b"
)
NOTHING = re.compile(r"(?!)")
SCRIPTS = f"scripts/{web_scripts.MATHJAX.name.replace('@', '-')}"


def plain(text: str) -> str:
    """Return Markdown without comments and links."""
    return LINK.sub(r"\1", COMMENT.sub("", text))


def paragraphs(source: str) -> list[str]:
    """Return the paragraphs of a Markdown cell that are sentences: no headings, lists, tables or formulas alone."""
    parts = [part.strip() for part in re.split(r"\n\s*\n", plain(source))]
    return [part for part in parts if part and not NOT_PROSE.match(part)]


def shortened(paragraph: str, longest: int = LONGEST, left_out: re.Pattern[str] = ABOUT_THE_PAGE) -> str:
    """Return the first whole sentences of a paragraph, together no longer than ``longest`` if it is more than one.

    Questions, what does not end and what matches ``left_out`` are not taken; of some paragraphs nothing remains. A last
    sentence that announces what the slide does not show is taken only if there is little else.
    """
    sentences = SENTENCE.split(" ".join(paragraph.split()))
    told = [text for text in sentences if not left_out.search(text) and re.search(r"[.!:][*`)]*$", text)]
    kept: list[str] = []
    for sentence in told:
        if kept and len(" ".join([*kept, sentence])) > longest + 1:
            break
        kept.append(sentence)
    if kept and kept[-1].endswith(":") and len(" ".join(kept[:-1])) >= SHORTEST:
        kept.pop()
    return re.sub(r":$", ".", " ".join(kept))


def first_idea(texts: list[str]) -> str:
    """Return the first paragraph that has something to say, shortened; empty if none has."""
    return next((text for text in map(shortened, texts) if len(text) >= SHORTEST), "")


def idea(notebook: NotebookNode, place: int) -> str:
    """Return the text of the slide made from code cell ``place``."""
    cells = notebook.cells
    after = next((cell.source for cell in cells[place + 1 : place + 3] if cell.cell_type == "markdown"), "#")
    before = (cell.source for cell in cells[place - 1 :: -1] if cell.cell_type == "markdown")
    told = "" if after.startswith("#") else first_idea(paragraphs(after))
    return told or next(filter(None, (first_idea(paragraphs(source)[::-1]) for source in before)), "")


def heading(notebook: NotebookNode, place: int) -> str:
    """Return the heading of the section that cell ``place`` is in."""
    found = [
        title
        for cell in notebook.cells[:place]
        if cell.cell_type == "markdown"
        for title in HEADING.findall(cell.source)
    ]
    return found[-1] if found else ""


def pictures(cell: NotebookNode) -> list[str]:
    """Return the pictures that a code cell drew, as data URLs."""
    data = (output.get("data", {}) for output in cell.get("outputs", []))
    found = [
        (kind, part[kind])
        for part in data
        for kind in ("image/png", "image/webp", "image/jpeg")
        if kind in part
    ]
    return [f"data:{kind};base64,{''.join(text.split())}" for kind, text in found]


def slide(title: str, text: str, images: list[str], kind: str = "") -> str:
    """Return one slide."""
    drawn = "".join(f'<img src="{image}" alt="Figure: {html.escape(plain(title))}">' for image in images)
    body = markdown2html_mistune(text)
    figure = f'<div class="figure">{drawn}</div>' if drawn else ""
    return f'<section class="{kind}"><h2>{inline(title)}</h2>{figure}<div class="idea">{body}</div></section>'


def inline(text: str) -> str:
    """Return a heading as HTML."""
    text = re.sub(r"^(\d+)\.", r"\1\\.", plain(text))  # "04." starts no list
    return re.sub(r"^<p>|</p>$", "", markdown2html_mistune(text).strip())


def summary(notebook: NotebookNode) -> str:
    """Return the first points of a chapter's summary."""
    cell = next((cell for cell in notebook.cells if "summary" in cell.metadata.get("tags", [])), None)
    source = plain(cell.source) if cell else ""
    points = re.findall(r"^[-*] (.*?)(?=^[-*] |^\s*$|\Z)", source, re.M | re.S)
    texts = [shortened(point, 150) for point in points[:POINTS]] or [
        shortened(p) for p in paragraphs(source)[:2]
    ]
    return "\n".join(f"- {text}" for text in texts)


def chosen(notebook: NotebookNode) -> list[int]:
    """Return the cells that become slides: those tagged `slide`, or the first picture of each section."""
    cells = list(enumerate(notebook.cells))
    tagged = [place for place, cell in cells if "slide" in cell.metadata.get("tags", [])]
    first: dict[str, int] = {}
    for place, cell in cells:
        if pictures(cell) and not {"exercise", "check", "guard"} & set(cell.metadata.get("tags", [])):
            first.setdefault(heading(notebook, place), place)
    return tagged or list(first.values())


def deck(notebook: NotebookNode) -> list[str]:
    """Return the slides of a chapter."""
    first = notebook.cells[0].source
    slides = [
        slide(HEADING.findall(first)[0], shortened(paragraphs(first)[0], left_out=NOTHING), [], "title")
    ]
    for place in chosen(notebook):
        images = pictures(notebook.cells[place])
        slides.append(slide(heading(notebook, place), idea(notebook, place), images))
    return [*slides, slide("Summary", summary(notebook), [], "summary")]


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{style}</style>
<script>MathJax = {{ tex: {{ inlineMath: [['$', '$'], ['\\\\(', '\\\\)']] }}, startup: {{ typeset: true }} }};</script>
<script async src="{scripts}/tex-mml-chtml.js"></script></head>
<body>{body}<nav><a href="index.html">all decks</a> <span id="number"></span></nav>
<script>{script}</script></body></html>
"""
STYLE = """
* { box-sizing: border-box; } html, body { margin: 0; height: 100%; background: #fff; color: #1a1a1a; }
body { font: clamp(16px, 2.9vmin, 40px)/1.4 system-ui, sans-serif; }
section { display: none; height: 100vh; padding: 4vmin 6vmin 6vmin; flex-direction: column; }
section.on { display: flex; }
h2 { margin: 0 0 2vmin; font-size: 1.5em; line-height: 1.2; color: #0b5a8a; }
.figure { margin: auto 0 0; min-height: 0; display: flex; gap: 2vmin; justify-content: center; align-items: center; }
.figure img { flex: 1 1 0; min-width: 0; max-height: 62vh; object-fit: contain; }
.idea { margin: 3.5vmin auto auto; max-width: 46em; } .idea p { margin: 0; } .idea li { margin: 0.7em 0; }
.title, .summary { justify-content: center; } .title h2 { font-size: 2.4em; } .title .idea { margin: 2vmin 0; font-size: 1.1em; }
.list { height: auto; font-size: 0.8em; } .list .idea { margin: 0; } .list .idea li { margin: 0.3em 0; }
.summary .idea { margin: 0; font-size: 1.05em; }
code { font-family: ui-monospace, monospace; font-size: 0.9em; background: #f2f4f6; padding: 0 0.2em; }
nav { position: fixed; right: 3vmin; bottom: 1.5vmin; font-size: 0.65em; color: #666; } nav a { color: #666; }
@media print {
  @page { size: 297mm 167mm; margin: 0; } nav { display: none; }
  section { display: flex; height: 167mm; break-after: page; } .figure img { max-height: 95mm; }
}
"""
SCRIPT = """
const slides = [...document.querySelectorAll('section')];
let at = 0;
function show(number) {
  at = Math.max(0, Math.min(slides.length - 1, number));
  slides.forEach((slide, k) => slide.classList.toggle('on', k === at));
  document.getElementById('number').textContent = `${at + 1} / ${slides.length}`;
  history.replaceState(null, '', `#${at + 1}`);
}
const STEPS = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ' ': 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };
addEventListener('keydown', event => {
  if (event.key in STEPS) { show(at + STEPS[event.key]); event.preventDefault(); }
  if (event.key === 'Home') show(0);
  if (event.key === 'End') show(slides.length - 1);
});
addEventListener('click', event => { if (!event.target.closest('a')) show(at + (event.clientX < innerWidth / 3 ? -1 : 1)); });
addEventListener('hashchange', () => show(Number(location.hash.slice(1)) - 1));
show((Number(location.hash.slice(1)) || 1) - 1);
"""


def page(title: str, body: str, script: str = SCRIPT) -> str:
    """Return a page of slides."""
    return PAGE.format(title=html.escape(title), style=STYLE, scripts=SCRIPTS, body=body, script=script)


def write_decks(out: Path, chapters: list[str]) -> dict[str, int]:
    """Write the decks and a list of them; return the number of slides of each."""
    out.mkdir(parents=True, exist_ok=True)
    sizes, lines = {}, []
    for source in find_sources(chapters=chapters):
        notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
        slides = deck(notebook)
        title = HEADING.findall(notebook.cells[0].source)[0]
        (out / f"{source.stem}.html").write_text(page(title, "".join(slides)), "utf-8")
        sizes[source.stem] = len(slides)
        lines.append(f"- [{title}]({source.stem}.html), {len(slides)} slides")
    body = f'<section class="on list"><h2>Slides</h2><div class="idea">{markdown2html_mistune(chr(10).join(lines))}</div></section>'
    (out / "index.html").write_text(page("Slides", body, ""), "utf-8")
    return sizes


def main(argv: list[str] | None = None) -> int:
    """Write the decks; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER")
    arguments = parser.parse_args(argv)
    for name, count in write_decks(arguments.out, arguments.chapters).items():
        print(f"{name}: {count} slides")
    web_scripts.vendor(BOOK / "site/build/scripts", (web_scripts.MATHJAX,))
    shutil.copytree(BOOK / "site/build/scripts", arguments.out / "scripts", dirs_exist_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
