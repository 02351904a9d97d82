"""Build the web book: static pages from the executed notebooks, without a warning and without another server.

    python book/tools/web_book.py [--out DIR]      build into book/site/build/html, or DIR

The first build fetches MathJax with npm; later ones need no network.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from web_api import api_pages
from web_online import write_colab
from web_pages import write_pages
from web_scripts import vendor

BOOK = Path(__file__).resolve().parents[1]
SITE = BOOK / "site"
BUILD = SITE / "build"


def write_sources(target: Path) -> None:
    """Write everything Sphinx reads into ``target``, anew."""
    shutil.rmtree(target, ignore_errors=True)
    write_pages(BOOK, target)
    for name in ("index.md", "references.md"):
        shutil.copy(SITE / name, target)
    (target / "api").mkdir()
    for name, text in api_pages().items():
        (target / "api" / name).write_text(text, "utf-8")


def build(source: Path, out: Path) -> int:
    """Run Sphinx from nothing, so that no earlier build hides a warning; return its exit status."""
    shutil.rmtree(out, ignore_errors=True)
    options = ["-b", "html", "-W", "-E", "-c", str(SITE), "-d", str(source.parent / "doctrees")]
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(source), str(out)], check=False
    ).returncode


def main(argv: list[str] | None = None) -> int:
    """Build the pages; return the exit status, not 0 after any warning."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=BUILD / "html")
    out = parser.parse_args(argv).out
    vendor(BUILD / "scripts")
    write_colab(BOOK, BUILD / "colab")
    print("building the pages, which takes a minute or two", flush=True)
    write_sources(BUILD / "source")
    status = build(BUILD / "source", out)
    if status == 0:
        print(f"the web book is in {out}; open {out / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
