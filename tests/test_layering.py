"""Which room may import which: the table of CONTRIBUTING.md, held against every import of the library."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| `([\w.]+)` \|(.*?)\|", re.M)


def table(text: str) -> dict[str, set[str]]:
    """Return, by room, the rooms it may import: its row of the table, and the row of `everything`."""
    section = text.partition("## Layers")[2].partition("\n## ")[0]
    rows = {room: set(re.findall(r"`([\w.]+)`", cell)) for room, cell in ROW.findall(section)}
    common = rows.pop("everything")
    return {room: allowed if room in common else allowed | common for room, allowed in rows.items()}


def modules(package: Path) -> dict[str, ast.Module]:
    """Return the parsed modules of a package by dotted name without the package's own: `data.otb`."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


def targets(tree: ast.Module, names: set[str]) -> list[tuple[str, str]]:
    """Return what a module imports of the library: pairs of a module and a name in it (or an empty one)."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "udtlib":
            module = (node.module or "").removeprefix("udtlib").lstrip(".")
            for alias in node.names:
                inner = f"{module}.{alias.name}".lstrip(".")
                found.append((inner, "") if inner in names else (module, alias.name))
        elif isinstance(node, ast.Import):
            found += [(alias.name[7:], "") for alias in node.names if alias.name.startswith("udtlib.")]
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "udtlib":
            found.append(("", node.attr))
    return [pair for pair in found if pair != ("", "__version__")]


def defined_in(module: str, name: str, trees: dict[str, ast.Module]) -> str:
    """Return the module that defines a name: a package's `__init__` only passes names on."""
    for node in ast.walk(trees[module]):
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            origin = (node.module or "").removeprefix("udtlib").lstrip(".")
            return defined_in(origin, name, trees) if origin in trees else module
    return module


def room_of(module: str, rooms: set[str]) -> str:
    """Return the room a module is in: the longest of `rooms` that its name begins with."""
    parts = module.split(".")
    prefixes = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return next((prefix for prefix in prefixes if prefix in rooms), "")


def problems(trees: dict[str, ast.Module], allowed: dict[str, set[str]]) -> list[str]:
    """Return imports that the table forbids, modules in no room, and rooms of no module."""
    rooms = set(allowed)
    packages = {name.rpartition(".")[0] for name in trees} & set(trees)
    found = [f"{name} is in no room of the table" for name in trees if name and not room_of(name, rooms)]
    found += [
        f"no module is in the room {room}"
        for room in rooms
        if not any(room_of(n, rooms) == room for n in trees)
    ]
    for name, tree in trees.items():
        for module, attribute in targets(tree, set(trees)):
            origin = defined_in(module, attribute, trees) if attribute and module in trees else module
            home, there = room_of(name, rooms), room_of(origin, rooms)
            passed_on = name in packages and f"{origin}.".startswith(f"{name}." if name else "")
            if there != home and there not in allowed.get(home, set()) and not passed_on:
                found.append(f"{name or '__init__'} ({home}) imports {origin} ({there})")
    return sorted(set(found))


def cycles(allowed: dict[str, set[str]]) -> list[str]:
    """Return the rooms from which, room by room, the same room can be reached again."""
    reach = {room: set(others) for room, others in allowed.items()}
    for middle in allowed:
        for others in reach.values():
            others |= reach.get(middle, set()) if middle in others else set()
    return sorted(room for room, others in reach.items() if room in others)


def test_every_import_is_one_that_the_table_allows() -> None:
    allowed = table((PROJECT / "CONTRIBUTING.md").read_text("utf-8"))
    trees = modules(PROJECT / "udtlib")
    assert len(allowed) > 20
    assert len(trees) > 100
    assert problems(trees, allowed) == []
    assert cycles(allowed) == []


def test_every_room_says_what_lives_there() -> None:
    """In its `__init__`: what, which chapter, what it may import."""
    folders = [path for path in (PROJECT / "udtlib").rglob("__init__.py") if path.parent.name != "udtlib"]
    assert len(folders) > 10
    for path in folders:
        text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        assert re.search(r"^Book: chapters? \d\d", text, re.M), path
        assert re.search(r"^May import: ", text, re.M), path


TINY = {
    "": "from udtlib.b.high import go",
    "a": "",
    "b": "from udtlib.b.high import go",
    "b.high": "import udtlib.a",
}


@pytest.mark.parametrize(
    ("module", "source", "problem"),
    [
        ("a", "from udtlib.b import go", "a (a) imports b.high (b)"),
        ("a", "from udtlib.b.high import go", "a (a) imports b.high (b)"),
        ("a", "def f():\n    import udtlib.b.high", "a (a) imports b.high (b)"),
        ("a", "from udtlib import go", "a (a) imports b.high (b)"),
        ("a", "import udtlib\nudtlib.go()", "a (a) imports b.high (b)"),
        ("a", "import udtlib\nudtlib.__version__", None),
        ("c", "", "c is in no room of the table"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str, problem: str | None) -> None:
    trees = {name: ast.parse(text) for name, text in (TINY | {module: source}).items()}
    found = problems(trees, {"a": set(), "b": {"a"}})
    assert found == ([problem] if problem else [])


def test_a_cycle_and_a_room_of_nothing_are_found() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]
    trees = {name: ast.parse(text) for name, text in TINY.items()}
    assert problems(trees, {"a": set(), "b": {"a"}, "z": set()}) == ["no module is in the room z"]


def test_the_table_is_read() -> None:
    rows = "| `everything` | `a` | |\n| `a` | | |\n| `b` | `c.d`, `e` | not `f` |\n"
    text = f"## Layers\n\n| room | may import | |\n|---|---|---|\n{rows}\n## Next\n| `f` | | |\n"
    assert table(text) == {"a": set(), "b": {"a", "c.d", "e"}}
