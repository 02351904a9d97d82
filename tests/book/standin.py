"""A tiny chapter that satisfies every gate, for tests to break."""

from pathlib import Path

SOURCE = '''# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 90. A stand-in
#
# Run time: about 0 s on two cores. See [its data](symbols.csv).

# %%
import math

import check

# %%
radius = 2.0
area = math.pi * radius**2
area

# %% tags=["numbers"]
print(f"area = {area:.3f}")
print("sides = 0")

# %% tags=["raises-exception"]
math.sqrt(-1)


# %% [markdown]
# How long is a circle?
#
# <details class="exercise"><summary>A hint</summary>
#
# Roll it on a table.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def circumference(radius: float) -> float:
    """Return the length of a circle."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.circumference(circumference)

# %% [markdown] tags=["summary"]
# - A circle of $r = 2$ has the area **12.566** <!-- area --> and 0 <!-- sides --> sides;
#   see chapter 01, Eq. 3.
# - `1.5` is code, OTB-2015 a name, 2-D too; [Euler 1748](#References "euler1748") knew.

# %% [markdown]
# ## References
#
# - L. Euler. *Introductio in analysin infinitorum*. 1748. <!-- euler1748 -->
'''

CHECK = """import math


def circumference(answer):
    assert abs(answer(1.0) - 2 * math.pi) < 1e-9, "a circle of radius 1 is 2 pi long"
"""

SOLUTIONS = """import math


def circumference(radius):
    return 2 * math.pi * radius


def _area(radius):
    return math.pi * radius**2


WRONG = {"circumference": [_area]}
"""

SYMBOLS = "symbol,meaning,code,unit\n$r$,radius,radius,px\n"
REFERENCES = "@book{euler1748,\n  author = {Euler, Leonhard},\n  title = {Introductio},\n  year = 1748,\n}\n"


def write_standin(folder: Path) -> Path:
    """Write a book of one chapter, not executed, into ``folder``; return the chapter's source."""
    (folder / "solutions").mkdir(parents=True)
    source = folder / "90_standin.py"
    files = {
        source: SOURCE,
        folder / "check.py": CHECK,
        folder / "solutions" / "90.py": SOLUTIONS,
        folder / "symbols.csv": SYMBOLS,
        folder / "references.bib": REFERENCES,
    }
    for path, text in files.items():
        path.write_text(text, "utf-8")
    return source
