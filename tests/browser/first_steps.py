"""How long a new user waits: from a clone to the first tracked video, slider moved and exercise solved.

    python tests/browser/first_steps.py DIR             clone into DIR, install there, take the steps
    python tests/browser/first_steps.py DIR --installed DIR is a clone that is installed: the steps only

Each step starts from the command a reader types and ends when its result is there: a file, a new picture
in the page, the word "correct". Reading and typing take no time here. Needs chromium.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[2]
sys.path[:0] = [str(PROJECT / "tests"), str(PROJECT / "book" / "tools")]
from chromium import Chromium  # noqa: E402
from lab import Lab, Page  # noqa: E402
from web_pages import solution  # noqa: E402

from udtlib.data.synthetic import render_clip  # noqa: E402
from udtlib.data.video_writer import VideoWriter  # noqa: E402

CHAPTER, EXERCISE = "00_start_here", "frames_until_lost"
SECONDS = 600  # longer than any chapter takes


def own_video(path: Path) -> str:
    """Write the reader's own video, 60 frames of a moving thing; return the target's box for `udt track`."""
    clip = render_clip(60, (240, 320), seed=3)
    writer = VideoWriter(path, 30, clip.frames[0])
    for frame in clip.frames:
        writer.write(frame)
    writer.close()
    return ",".join(f"{number:.1f}" for number in clip.boxes[0])


def run(command: Sequence[str | Path], folder: Path) -> None:
    """Run a command in a folder, its output in ours; one that fails ends the measurement."""
    subprocess.run([str(part) for part in command], cwd=folder, check=True, stdout=sys.stderr)


def open_and_move(page: Page) -> None:
    """Run the chapter and press a key on the first slider of its first demo; wait for the new picture."""
    page.run(SECONDS)
    demo = page.demos()[0]
    slider = next(control["name"] for control in demo.controls() if control["kind"] == "range")
    for key in ("ArrowRight", "ArrowLeft"):  # it may stand at an end
        demo.press(slider, key)
    page.browser.wait(f"{demo.root}.times.length > 0")


def solve(page: Page) -> None:
    """Fill in the first exercise and run its check; wait for what it says."""
    answers = (PROJECT / "book" / "solutions" / f"{CHAPTER[:2]}.py").read_text("utf-8")
    page.fill_in(f"def {EXERCISE}", "import numpy as np\n" + solution(answers, EXERCISE))
    page.browser.wait("[...document.querySelectorAll('.jp-OutputArea-output')]"
                      ".some((one) => one.textContent.trim() === 'correct')")  # fmt: skip


def measured(steps: dict[str, float], name: str, action: Callable[[], None]) -> None:
    """Do something and note its seconds."""
    begun = time.monotonic()
    action()
    steps[name] = time.monotonic() - begun
    print(f"{name:28} {steps[name]:7.1f} s", flush=True)


def main() -> None:
    """Take the steps and print the seconds from the clone to each first."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--installed", action="store_true", help="folder is a clone that is installed")
    arguments = parser.parse_args()
    folder, steps = arguments.folder.resolve(), {}
    python = folder / ".venv" / "bin" / "python"
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        box = own_video(scratch / "mine.mp4")
        if not arguments.installed:
            measured(steps, "clone", lambda: run(["git", "clone", "-q", PROJECT, folder], scratch))
            measured(steps, "install", lambda: run(["make", ".venv/book.stamp"], folder))
        track = [python, "-m", "udtlib", "track", "mine.mp4", f"--box={box}", "--out", "tracked.mp4"]
        measured(steps, "track a video", lambda: run(track, scratch))
        begun = time.monotonic()
        with Lab(scratch / "lab", folder, python) as lab, Chromium(scratch / "lab" / "profile") as browser:
            page = Page(lab, browser, CHAPTER)
            steps["open JupyterLab"] = time.monotonic() - begun
            print(f"{'open JupyterLab':28} {steps['open JupyterLab']:7.1f} s", flush=True)
            measured(steps, "run, and move a slider", lambda: open_and_move(page))
            measured(steps, "solve an exercise", lambda: solve(page))
    report(steps)


def report(steps: dict[str, float]) -> None:
    """Print what lies between the clone and each first, and the share of installing."""
    before = sum(steps.get(name, 0) for name in ("clone", "install"))
    lab = before + steps["open JupyterLab"]
    firsts = {
        "first tracked video": before + steps["track a video"],
        "first slider moved": lab + steps["run, and move a slider"],
        "first exercise correct": lab + steps["run, and move a slider"] + steps["solve an exercise"],
    }
    for name, seconds in firsts.items():
        print(f"to the {name:22} {seconds:6.0f} s, of which clone and install {before / seconds:.0%}")


if __name__ == "__main__":
    main()
