"""What is installed, for whom, and that every file which says so says the same."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib.metadata import requires, version
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import udtlib
from udtlib.data.stored import FOLDERS, stored_names
from udtlib.weights import SHIPPED

PROJECT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
CORE = {
    "joblib",
    "matplotlib",
    "numpy",
    "opencv-contrib-python-headless",
    "pillow",
    "safetensors",
    "scipy",
    "shapely",
    "threadpoolctl",
    "torch",
    "tqdm",
}
TOP_LEVEL = {
    ".ci",
    ".git",
    ".github",
    ".gitignore",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "book",
    "constraints.txt",
    "data",
    "environment.yml",
    "pyproject.toml",
    "tests",
    "udtlib",
}

BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"ipywidgets", "IPython", "ipykernel", "notebook", "jupytext", "nbformat"} \\
                or name.startswith("jupyter"):
            raise ImportError(f"{name} is blocked in this test")
sys.meta_path.insert(0, Blocker())
"""


def run_python(code: str) -> str:
    """Run code in a fresh interpreter; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=PROJECT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def name_of(requirement: str) -> str:
    """Return the normalised package name of a requirement."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


LOCKED = ("book", "test")


def all_requirements() -> list[str]:
    """Return the requirements of the core and of the two extras whose versions are pinned."""
    extras = PYPROJECT["optional-dependencies"]
    return [*PYPROJECT["dependencies"], *chain(*(extras[name] for name in LOCKED))]


def test_other_extras_are_few_and_bounded_below() -> None:
    """They are not in the lock: nothing in book or tests may need them."""
    others = {name: needs for name, needs in PYPROJECT["optional-dependencies"].items() if name not in LOCKED}
    assert "tensorboard" in others
    for requirement in chain(*others.values()):
        (bound,) = Requirement(requirement).specifier
        assert bound.operator == ">=", requirement


def pins() -> dict[str, str]:
    """Return the versions of constraints.txt by normalised name."""
    lines = (PROJECT / "constraints.txt").read_text("utf-8").splitlines()
    lines = [line.partition("#")[0].strip() for line in lines]
    pairs = [line.partition(";")[0].strip().split("==") for line in lines if line]
    assert all(len(pair) == 2 for pair in pairs), "constraints.txt holds lines name==version"
    return {name_of(name): pinned for name, pinned in pairs}


def test_every_package_and_what_comes_with_it_are_installed() -> None:
    setuptools = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    found = {
        ".".join(path.parent.relative_to(PROJECT).parts) for path in PROJECT.glob("udtlib/**/__init__.py")
    }
    assert len(found) > 5
    assert set(setuptools["packages"]) == found | {"udtlib.shipped", "udtlib.shipped.book"}
    shipped = PROJECT / setuptools["package-dir"]["udtlib.shipped"]
    patterns = setuptools["package-data"]["udtlib.shipped"]
    packed = {path for pattern in patterns for path in shipped.glob(pattern)}
    assert {path.stem for path in packed if path.parent.name == "weights"} == set(SHIPPED)
    assert {path.name for path in packed if path.parent.name != "weights"} == set(stored_names())
    assert {path for path in shipped.glob("*/*") if path.parent.name in (*FOLDERS, "weights")} == packed


def test_core_has_no_jupyter() -> None:
    assert {name_of(requirement) for requirement in PYPROJECT["dependencies"]} == CORE


def test_one_opencv_build() -> None:
    everything = all_requirements()
    opencv = {name_of(requirement) for requirement in everything if "opencv" in requirement}
    assert opencv == {"opencv-contrib-python-headless"}
    assert [name for name in pins() if "opencv" in name] == ["opencv-contrib-python-headless"]
    for path in ("README.md", "environment.yml"):
        assert "opencv-contrib-python-headless" in (PROJECT / path).read_text("utf-8"), path


def test_core_tracks_a_clip_without_jupyter() -> None:
    code = """
from udtlib import load_dataset, load_tracker
sequence = load_dataset("synthetic")[0]
tracker = load_tracker("mosse")
tracker.init(sequence.frames[0], sequence.boxes[0])
boxes = [tracker.update(sequence.frames[k]) for k in range(1, 10)]
print(len(boxes), all(box.shape == (4,) for box in boxes))
"""
    assert run_python(BLOCKER + code) == "9 True\n"


def test_the_blocker_blocks() -> None:
    code = "try:\n    import ipywidgets\nexcept ImportError as error:\n    print(error)"
    assert run_python(BLOCKER + code) == "ipywidgets is blocked in this test\n"
    assert run_python(BLOCKER + code.replace("ipywidgets", "jupyter_client")).startswith(
        "jupyter_client is blocked"
    )


def test_import_budget() -> None:
    code = "import sys, udtlib; print(*sorted({'torch', 'matplotlib', 'cv2', 'IPython'} & set(sys.modules)))"
    loaded = run_python(code).split()
    assert "torch" not in loaded
    assert "matplotlib" not in loaded
    assert "IPython" not in loaded


def test_every_requirement_is_pinned_and_installed_as_pinned() -> None:
    everything = all_requirements()
    pinned = pins()
    assert {name_of(requirement) for requirement in everything} - set(pinned) == set()
    for name in sorted(CORE):
        assert version(name).partition("+")[0] == pinned[name], name


def closure(requirements: list[str], skip: str) -> set[str]:
    """Return the names of all packages that requirements bring here, without what ``skip`` alone brings."""
    found: set[str] = set()
    queue = [Requirement(requirement) for requirement in requirements]
    while queue:
        requirement = queue.pop()
        name, extras = name_of(requirement.name), requirement.extras or {""}
        key = f"{name}[{','.join(sorted(extras))}]"
        if key in found:
            continue
        found.add(key)
        for line in [] if name == skip else requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                queue.append(needed)
    return {key.partition("[")[0] for key in found}


def test_constraints_pin_what_is_needed_and_nothing_else() -> None:
    if sys.platform != "linux":
        pytest.skip("the pins are those of Linux")
    torch_brings = {"filelock", "fsspec", "jinja2", "mpmath", "networkx", "setuptools", "sympy"}
    needed = closure(all_requirements(), skip="torch")
    assert needed - set(pins()) == set()
    if sys.version_info[:2] == (3, 11):  # later Pythons need fewer: their standard library has more
        assert set(pins()) - needed - torch_brings == set()


def test_environment_yml_agrees() -> None:
    environment = yaml.safe_load((PROJECT / "environment.yml").read_text("utf-8"))
    python, pip, packages = environment["dependencies"]
    lowest = PYPROJECT["requires-python"].removeprefix(">=")
    assert python == f"python>={lowest},<3.14"
    assert pip == "pip"
    assert packages == {"pip": ["-c constraints.txt", "-e .[book,test]"]}
    assert {"book", "test"} <= set(PYPROJECT["optional-dependencies"])


def test_workflow_runs_make_test_on_two_pythons() -> None:
    job = yaml.safe_load((PROJECT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12"]
    assert job["runs-on"] == "ubuntu-latest"
    assert job["steps"][-1] == {"run": "make test"}


def test_workflow_runs_the_commands_without_make_on_windows_and_macos() -> None:
    job = yaml.safe_load((PROJECT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]["without-make"]
    assert job["strategy"]["matrix"]["system"] == ["windows-latest", "macos-latest"]
    run = [step.get("run", "") for step in job["steps"]]
    install = '-m pip install -c constraints.txt -e ".[book'
    assert sum(install in line for line in run) == 1
    assert f'{install}]"' in (PROJECT / "README.md").read_text("utf-8")
    assert "$PYTHON -m udtlib check" in run


def test_versions_agree() -> None:
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text("utf-8"))
    assert udtlib.__version__ == PYPROJECT["version"] == citation["version"]


def test_package_is_typed() -> None:
    spec = importlib.util.find_spec("udtlib")
    assert spec is not None
    assert spec.origin is not None
    assert (Path(spec.origin).parent / "py.typed").is_file()


def test_top_level_holds_what_it_should() -> None:
    if not (PROJECT / ".git").exists():
        tracked = TOP_LEVEL
    else:
        listing = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True)
        tracked = {line.split("/")[0] for line in listing.stdout.splitlines()}
    assert tracked - TOP_LEVEL == set()


@pytest.mark.parametrize(
    "chapter", sorted((PROJECT / "book").glob("[0-9][0-9]_*.ipynb")), ids=lambda p: p.stem
)
def test_readme_lists_the_chapter(chapter: Path) -> None:
    assert f"(book/{chapter.name})" in (PROJECT / "README.md").read_text("utf-8")


def test_readme_links_exist() -> None:
    links = re.findall(r"\]\(([^)#:\s]+)\)", (PROJECT / "README.md").read_text("utf-8"))
    assert links
    assert [link for link in links if not (PROJECT / link).exists()] == []
