"""The web book: pages made of chapters, and the built book: no other server, no dead link."""

import base64
import hashlib
import io
import subprocess
import sys
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from xml.etree import ElementTree

import nbformat
import pytest
import site_checks
import web_api
import web_book
import web_online
import web_pages
import web_scripts
import web_widgets
import yaml
from chromium import Chromium

PROJECT = Path(__file__).resolve().parents[2]
SECTIONS = {"2.6", "3.1"}
PAGES = {"02": "02_filters", "03": "03_kernels"}


def test_citations_lead_to_the_list_and_on_to_the_bibliography():
    citation, line = (
        '[Bolme et al.\n2010](#References "bolme2010")',
        "- D. S. Bolme. *MOSSE*. <!-- bolme2010 -->",
    )
    text = f"See {citation}.\n\n{line}\n"
    page = site_checks.Page(web_pages.link_citations(text))
    assert page.links == ["#cited-bolme2010", "references.html#bib-bolme2010"]
    assert page.ids == {"cited-bolme2010"}


def test_named_chapters_and_sections_are_links():
    text = "Chapter 03 and chapter 02, section 3.1, section 9.9; section 3.1 of the paper; chapter 77."
    assert web_pages.link_places(text, "02", PAGES, SECTIONS) == (
        "[Chapter 03](03_kernels.ipynb) and chapter 02, [section 3.1](#section-3-1), section 9.9; "
        "section 3.1 of the paper; chapter 77."
    )


@pytest.mark.parametrize(
    "text",
    [
        "`chapter 03`",
        "```\nchapter 03\n```",
        "$x$ and $$\\text{chapter 03}$$",
        "[chapter 03](elsewhere.ipynb)",
        "## From chapter 03",
        "<!-- chapter 03 -->",
    ],
)
def test_code_formulas_links_and_headings_stay_as_they_are(text):
    assert web_pages.link_places(text, "02", PAGES, SECTIONS) == text


def test_a_numbered_formula_of_several_lines_has_no_two_backslashes():
    formula = "> $$\\begin{cases}a\\\\b\\\\\\text{c}\\end{cases}\\tag{1.2}$$ and $$d\\\\e$$"
    assert web_pages.tagged_lines(formula) == (
        "> $$\\begin{cases}a\\cr b\\cr \\text{c}\\end{cases}\\tag{1.2}$$ and $$d\\\\e$$"
    )


def test_a_chapter_becomes_a_page(monkeypatch):
    new = nbformat.v4
    widget = new.new_output("display_data", {"text/plain": web_pages.RUN})
    stub = new.new_code_cell("def twice(x):\n    raise NotImplementedError", metadata={"tags": ["exercise"]})
    cells = [
        new.new_markdown_cell("# 02 Filters\n\n## 2.6 Noise"),
        new.new_code_cell("demo()", outputs=[widget]),
        stub,
        new.new_code_cell("check.twice(twice)", metadata={"tags": ["check"]}),
        new.new_code_cell("assert True", metadata={"tags": ["guard", "hide-input"]}),
    ]
    notebook = new.new_notebook(cells=cells)
    solutions = "def twice(x):\n    return 2 * x\n"
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    page = web_pages.chapter_page(notebook, "02", solutions, SECTIONS, ["udtlib.labels"])
    sources = [cell.source for cell in page.cells]
    assert "(section-2-6)=\n## 2.6 Noise" in sources[0]
    assert sources[0].endswith("[Notation](notation.md).")
    links = web_online.links(web_api.chapters()["02"])
    assert len(links) == 2
    online = site_checks.Page(sources[1])
    assert online.links == list(links.values())
    assert all("owner/name" in link for link in online.links)
    assert online.loaded == ["_static/colab.svg", "_static/binder.svg"]
    assert online.unnamed == []
    assert page.cells[2].outputs == []
    assert "demo" in sources[3]
    assert page.cells[2].metadata["mystnb"]["image"]["alt"].endswith("“2.6 Noise”.")
    assert page.cells[5].metadata.tags == ["check"]
    assert "    return 2 * x" in sources[6]
    assert sources[6].startswith("<details")
    assert "{py:mod}`udtlib.labels`" in sources[-1]


def test_an_anywidget_of_a_chapter_stays_alive():
    new = nbformat.v4
    view = new.new_output("display_data", {web_widgets.VIEW: {"model_id": "one"}, "text/plain": "Demo()"})
    dead = new.new_output("display_data", {"text/plain": web_pages.RUN})
    state = {
        "_esm": "const a = '</b>'; export default { render };",
        "_css": ".a {}",
        "_model_name": "M",
        "start": "</script>",
    }
    models = {"one": {"state": state}}
    notebook = new.new_notebook(cells=[new.new_code_cell("demo()", outputs=[view, dead])])
    notebook.metadata.widgets = {web_widgets.STATE: {"state": models}}
    page = web_pages.chapter_page(notebook, "02", "", SECTIONS, [])
    (output,) = page.cells[0].outputs
    html = output["data"]["text/html"]
    assert "const widget = { render };" in html
    assert "<\\/b>" in html
    assert html.count("</script>") == 1
    assert "_model_name" not in html
    assert "widgets" not in page.metadata
    assert "needs Python" not in html
    assert "need Python" in page.cells[-1].source


def test_colab_gets_a_cell_that_installs_before_any_other(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    web_online.write_colab(PROJECT / "book", tmp_path)
    pages = sorted(tmp_path.glob("*.ipynb"))
    assert [path.stem for path in pages] == sorted(web_api.chapters().values())
    for path in pages:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        assert 'git+https://github.com/owner/name"' in first.source
    text = (tmp_path / "README.md").read_text("utf-8")
    start = web_api.chapters()["00"]
    assert f"- 00 Start here {web_online.badges(start)}\n" in text
    page = site_checks.Page(text)
    assert page.links == [link for path in pages for link in web_online.links(path.stem).values()]
    assert {(tmp_path / name).is_file() for name in page.loaded} == {True}
    assert page.unnamed == []


def test_badges_are_drawn_by_themselves_and_the_readme_shows_them():
    readme = (PROJECT / "README.md").read_text("utf-8")
    for service in web_online.SERVICES:
        name = f"book/site/static/{service.lower()}.svg"
        assert f"[![Open in {service}]({name})](../../tree/colab#readme)" in readme
        badge = ElementTree.parse(PROJECT / name).getroot()
        assert badge.get("aria-label") == f"Open in {service}"
        assert not {key for part in badge.iter() for key in part.attrib if key.endswith("href")}
        assert "url(" not in (PROJECT / name).read_text("utf-8")


def test_pages_built_elsewhere_link_nowhere(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert web_online.links("00_start_here") == {}
    source = web_online.online_cell("00_start_here").source
    assert "href" not in source
    assert "Run this chapter on your machine: <code>udt book my-book" in source


def test_the_notation_page_has_every_symbol():
    page = web_pages.notation_page(
        'symbol,meaning,code,unit\n"$|x|$, $H$",a size,len(x),pixels\n$y$,another,-,-\n'
    )
    assert "* - $|x|$, $H$\n  - a size\n  - `len(x)`\n  - pixels\n" in page
    assert "* - $y$\n  - another\n  - –\n  - –\n" in page


def test_docstrings_link_to_the_chapters_they_name():
    lines = ["A filter (Fig. 10, 31 channels). Book: chapters 02", "and 05; chapter 99."]
    web_api.link_chapters(None, "function", "f", None, None, lines)
    page = {number: f":doc:`{number} </{name}>`" for number, name in web_api.chapters().items()}
    assert lines == [
        f"A filter (Fig. 10, 31 channels). Book: chapters {page['02']}",
        f"and {page['05']}; chapter 99.",
    ]


def test_every_public_module_is_on_one_page():
    listed = [name for names in web_api.rooms().values() for name in names]
    assert sorted(listed) == sorted(web_api.modules())
    assert {"udtlib.dcf.layer", "udtlib.labels"} <= set(listed)
    assert "udtlib.dcf.layer" in web_api.modules_by_chapter()["04"]


def packed(folder: Path, name: str) -> web_scripts.Package:
    """Write a packed package with one file ``name`` in it; return what describes it."""
    with tarfile.open(folder / "thing-1.0.tgz", "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = 3
        archive.addfile(member, io.BytesIO(b"x=1"))
    digest = hashlib.sha512((folder / "thing-1.0.tgz").read_bytes()).digest()
    return web_scripts.Package("thing@1.0", base64.b64encode(digest).decode(), "package/", ("*.js",))


def npm_that_packs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an ``npm`` first on the path that hands over ``folder/thing-1.0.tgz``, whatever it is asked for."""
    program = folder / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncp "{folder}/thing-1.0.tgz" "$5"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


def test_scripts_are_fetched_once_and_kept(tmp_path, monkeypatch):
    package = packed(tmp_path, "package/a/thing.js")
    npm_that_packs(tmp_path, monkeypatch)
    web_scripts.vendor(tmp_path / "scripts", (package,))
    assert (tmp_path / "scripts/thing-1.0/a/thing.js").read_text() == "x=1"
    monkeypatch.setenv("PATH", "")
    web_scripts.vendor(tmp_path / "scripts", (package,))


def test_another_file_than_ours_is_not_served(tmp_path, monkeypatch):
    package = packed(tmp_path, "package/thing.js")._replace(digest="other")
    npm_that_packs(tmp_path, monkeypatch)
    with pytest.raises(SystemExit, match="SHA-512 other expected"):
        web_scripts.vendor(tmp_path / "scripts", (package,))
    assert list((tmp_path / "scripts").iterdir()) == []


@pytest.mark.parametrize("name", ["package/../../../out.js", "package/thing.css"])
def test_files_outside_or_missing_are_refused(tmp_path, monkeypatch, name):
    package = packed(tmp_path, name)
    npm_that_packs(tmp_path, monkeypatch)
    with pytest.raises(SystemExit, match=r"thing@1\.0"):
        web_scripts.vendor(tmp_path / "scripts", (package,))
    assert not (tmp_path / "out.js").exists()


def test_without_npm_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="npm is missing"):
        web_scripts.vendor(tmp_path / "scripts", (packed(tmp_path, "package/thing.js"),))


def test_planted_faults_are_found(tmp_path):
    (tmp_path / "good.html").write_text('<p id="a"></p><a href="#a"></a><a href="https://example.org/x"></a>')
    assert site_checks.broken_links(tmp_path) == site_checks.outside_addresses(tmp_path) == []
    (tmp_path / "bad.html").write_text(
        '<a href="good.html#b"></a><a href="none.html"></a><a href="../up.html"></a>'
        '<script src="https://example.org/s.js"></script><link href="//example.org/s.css">'
        '<a href="good.html#a"></a><img src="none.png">'
    )
    (tmp_path / "s.css").write_text(
        "a { background: url('http://example.org/p.png') } @import 'https://example.org/t.css';"
    )
    broken = ["good.html#b", "none.html", "../up.html", "none.png"]
    assert site_checks.broken_links(tmp_path) == [f"bad.html: {address}" for address in broken]
    assert len(site_checks.outside_addresses(tmp_path)) == 4
    assert site_checks.unnamed_pictures(tmp_path) == ["bad.html: none.png"]


def test_the_workflow_publishes_what_make_site_builds():
    jobs = yaml.safe_load((PROJECT / ".github/workflows/site.yml").read_text("utf-8"))["jobs"]
    steps = jobs["build"]["steps"]
    assert "make site" in [step.get("run") for step in steps]
    assert PROJECT / steps[-1]["with"]["path"] == web_book.BUILD / "html"
    assert "book/tools/web_book.py" in (PROJECT / "Makefile").read_text("utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The whole book, built as `make site` builds it."""
    out = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, "book/tools/web_book.py", "--out", str(out)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return out


@pytest.mark.slow
@pytest.mark.site
def test_the_book_is_whole_and_stands_alone(book):
    expected = {*web_api.chapters().values(), *(f"api/{room}" for room in web_api.rooms())}
    expected |= {"index", "notation", "references", "search", "genindex", "api/index"}
    found = {path.relative_to(book).with_suffix("").as_posix() for path in site_checks.pages(book)}
    assert len(web_api.chapters()) > 10
    assert expected <= found
    assert site_checks.outside_addresses(book) == []
    assert site_checks.broken_links(book) == []
    assert site_checks.unnamed_pictures(book) == []
    chapter = (book / "02_correlation_filters.html").read_text("utf-8")
    assert "notation.html" in site_checks.page(book / "02_correlation_filters.html").links
    assert chapter.count("<details") > chapter.count("Our solution of") > 3
    assert 'href="api/udtlib.labels.html#module-udtlib.labels"' in chapter
    assert "../02_correlation_filters.html" in site_checks.page(book / "api/udtlib.labels.html").links


class Watched(Chromium):
    """A browser that also notes what it asks of the network, and errors a page writes to the console."""

    def __init__(self, profile):
        self.asked = []
        super().__init__(profile)
        self.call("Network.enable")

    def note(self, message):
        super().note(message)
        if message["method"] == "Network.requestWillBeSent":
            self.asked.append(message["params"]["request"]["url"])
        if message["method"] == "Runtime.consoleAPICalled" and message["params"]["type"] == "error":
            self.problems.append(message["params"]["args"])


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, without a line for each."""

    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(book):
    """The address at which the book is served by a web server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(book)))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
@pytest.mark.site
@pytest.mark.browser
def test_a_browser_asks_nobody_else_and_sees_formulas(book, served, tmp_path):
    with Watched(tmp_path / "profile") as browser:
        for base in (served, f"{book.as_uri()}/"):
            look_at(browser, base)
            outside = [url for url in browser.asked if not url.startswith((base, "data:", "blob:", "about:"))]
            assert len(browser.asked) > 10
            assert outside == []
            assert browser.problems == []
            browser.asked.clear()


@pytest.mark.slow
@pytest.mark.site
@pytest.mark.browser
def test_no_page_is_wider_than_a_phone(book, tmp_path):
    with Chromium(tmp_path / "profile") as browser:
        size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
        browser.call("Emulation.setDeviceMetricsOverride", **size)
        for path in site_checks.pages(book):
            browser.open(path.as_uri())
            browser.wait(f"location.href === {path.as_uri()!r} && document.readyState === 'complete'")
            assert browser.value("document.documentElement.scrollWidth") <= 390, path.name


def look_at(browser, base):
    """Open every chapter and more: formulas are typeset, no picture is broken, a search finds something."""
    for name in (*(f"{page}.html" for page in web_api.chapters().values()), "notation.html"):
        browser.open(base + name)
        browser.wait(f"location.href.endsWith({name!r}) && document.readyState === 'complete'")
        formulas = "[...document.querySelectorAll('.math')]"
        browser.wait(f"{formulas}.every((one) => one.querySelector('mjx-container'))")
        assert name != "02_correlation_filters.html" or browser.value(f"{formulas}.length") > 20
        assert browser.value("document.querySelectorAll('mjx-merror').length") == 0
        assert browser.value("[...document.images].filter(i => i.complete && !i.naturalWidth).length") == 0
    browser.open(base + "search.html?q=circulant")
    browser.wait("document.querySelectorAll('#search-results li a').length > 0")
