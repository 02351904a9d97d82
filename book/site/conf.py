"""Sphinx's settings for the web book; `make site` runs it (book/tools/web_book.py)."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "tools")]

from web_api import link_chapters

project = "Unsupervised Deep Tracking, from scratch"
author = "The udtlib authors"
copyright = "the udtlib authors. Code: MIT; text and figures: CC BY 4.0"
html_title = project
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinxcontrib.bibtex",
]
source_suffix = {".ipynb": "myst-nb", ".md": "myst-nb", ".rst": "restructuredtext"}

# Notebooks are shown as they were executed and committed.
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "dollarmath"]
copybutton_selector = "div.highlight-ipython3 pre, div.highlight-python pre"

# MathJax comes from this site. Its menu loads parts that are not here, so it is off.
mathjax_path = "mathjax-3.2.2/tex-mml-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}}

bibtex_bibfiles = ["../references.bib"]
bibtex_reference_style = "author_year"
bibtex_default_style = "plain"
bibtex_cite_id = "bib-{key}"

# A name in single backticks is a link where the library has it, and code elsewhere.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "sphinx_book_theme"
html_static_path = ["static", "build/scripts"]
html_favicon = "static/icon.svg"
html_css_files = ["style.css"]
html_context = {"default_mode": "auto"}  # without it the theme writes an error to the console
html_show_sphinx = False
html_show_search_summary = False  # it fetches pages, which a browser refuses to a page opened as a file
html_copy_source = False
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "home_page_in_toc": True,
}


def setup(app):
    """Chapters that docstrings name become links."""
    app.connect("autodoc-process-docstring", link_chapters)
