"""What must hold for a folder of static pages; each function returns the problems, as ``page: what``."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {
    "script": "src",
    "img": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "iframe": "src",
    "link": "href",
}
FROM_CSS = re.compile(r"@import\s+['\"]([^'\"]+)|url\(\s*['\"]?([^'\")]+)")


class Page(HTMLParser):
    """The ids, links, loaded addresses and pictures without a text of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.unnamed: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        self.ids |= {about["id"]} if about.get("id") else set()
        if tag == "a" and "href" in about:
            self.links.append(about["href"])
        if about.get(LOADED.get(tag, "")):
            self.loaded.append(about[LOADED[tag]])
        if tag == "img" and not about.get("alt", "").strip():
            self.unnamed.append(about.get("src", "?"))


@cache
def page(path: Path) -> Page:
    """Return the parsed page; a file is parsed once."""
    return Page(path.read_text("utf-8"))


def pages(folder: Path) -> list[Path]:
    """Return all pages; an empty folder is an error."""
    found = sorted(path for path in folder.rglob("*.html") if "_static" not in path.relative_to(folder).parts)
    assert found, f"no page in {folder}"
    return found


def outside_addresses(folder: Path) -> list[str]:
    """Return what a page or a style sheet would load from another server."""
    found = [(path, address) for path in pages(folder) for address in page(path).loaded]
    for path in folder.rglob("*.css"):
        sheets = FROM_CSS.findall(path.read_text("utf-8"))
        found += [(path, imported or address) for imported, address in sheets]
    outside = ((path, address) for path, address in found if urlsplit(address).scheme not in ("", "data"))
    relative = ((path, address) for path, address in found if address.startswith("//"))
    return [f"{path.relative_to(folder)}: {address[:100]}" for path, address in (*outside, *relative)]


def broken_links(folder: Path) -> list[str]:
    """Return the links and loaded addresses inside the folder that lead nowhere, anchors included."""
    problems = []
    for path in pages(folder):
        for address in (*page(path).links, *page(path).loaded):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            inside = target.is_relative_to(folder.resolve()) and target.is_file()
            anchor = unquote(parts.fragment)
            missing = anchor and target.suffix == ".html" and inside and anchor not in page(target).ids
            if not inside or missing:
                problems.append(f"{path.relative_to(folder)}: {address}")
    return problems


def unnamed_pictures(folder: Path) -> list[str]:
    """Return the pictures without an alternative text."""
    return [f"{path.relative_to(folder)}: {name}" for path in pages(folder) for name in page(path).unnamed]
