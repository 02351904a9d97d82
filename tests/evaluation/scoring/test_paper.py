"""The paper's Tables 1 and 2 as files."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udtlib.data import find_data
from udtlib.errors import DataError, MissingDataError, UdtError, UnknownNameError
from udtlib.evaluation.scoring.paper import TABLES, load_paper_table


def column(table, name):
    return {row["tracker"]: row[name] for row in load_paper_table(table)}


def test_table_1():
    rows = load_paper_table("table1")
    assert len(rows) == 16
    assert rows[0] == {"tracker": "SiamFC", "group": "baseline", "auc": 58.2, "fps": 86.0}
    assert [row["tracker"] for row in rows if row["group"] == "baseline"] == ["SiamFC", "DCFNet", "CFNet"]
    auc, fps = column("table1", "auc"), column("table1", "fps")
    assert (auc["UDT"], auc["UDT+"], fps["UDT"], fps["UDT+"]) == (59.4, 63.2, 70, 55)
    assert max(auc, key=auc.get) == "SA-Siam"
    assert max(fps, key=fps.get) == "SiamRPN"
    assert sum(auc.values()) == pytest.approx(984.9)  # two sums that a slip of the pen would change
    assert sum(fps.values()) == 1146


def test_table_2_has_empty_cells_where_the_paper_prints_a_dash():
    rows = load_paper_table("table2")
    assert len(rows) == 12
    empty = {(row["tracker"], name) for row in rows for name, value in row.items() if value is None}
    assert empty == {
        ("ECO", "failures"), ("SA-Siam", "failures"), ("MemTrack", "failures"), ("StructSiam", "failures"),
        ("pyMDNet", "failures"), ("pyMDNet", "accuracy"), ("StructSiam", "accuracy"),
    }  # fmt: skip
    eao, failures = column("table2", "eao"), column("table2", "failures")
    assert (eao["UDT"], eao["UDT+"], failures["UDT"], failures["UDT+"]) == (0.226, 0.301, 102, 66)
    assert sum(eao.values()) == pytest.approx(3.160)
    assert sum(filter(None, failures.values())) == 708
    assert column("table2", "fps")["C-COT"] == 0.3


@pytest.mark.shared
def test_both_tables_against_the_notes():
    """Our notes on the paper were typed apart from these files."""
    notes = find_data("paper.md")
    if notes is None:
        pytest.skip("paper.md is not on this machine (UDT_DATA or ../shared)")
    lines = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in notes.read_text().splitlines()]
    start = next(index for index, cells in enumerate(lines) if cells[:2] == ["SiamFC", "DCFNet"])
    names, auc, fps = lines[start], lines[start + 2], lines[start + 3]
    assert column("table1", "auc") == dict(zip(names, map(float, auc), strict=True))
    assert column("table1", "fps") == dict(zip(names, map(float, fps), strict=True))
    start = lines.index(["tracker", "A", "failures", "EAO", "fps"])
    printed = {cells[0]: cells[1:] for cells in lines[start + 2 : start + 14]}
    found = {
        row["tracker"]: [row[name] for name in ("accuracy", "failures", "eao", "fps")]
        for row in load_paper_table("table2")
    }
    assert found == {
        name: [None if cell == "-" else float(cell) for cell in cells] for name, cells in printed.items()
    }


def test_an_unknown_table_is_refused():
    with pytest.raises(UnknownNameError, match="known: table1, table2"):
        load_paper_table("table3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"csv: expected a table"),
        ("# tracker,auc\n", r"csv: expected a table"),
        ("name,auc\nUDT,1\n", r"csv: expected a table"),
        ("tracker,auc\nUDT\n", r"line 2: expected 2 cells, found 1"),
        ("# note\n\ntracker,auc\nUDT,-\n", r"line 4, auc: expected a number or nothing, found '-'"),
        ("tracker,auc\nUDT,inf\n", r"line 2, auc: expected a finite number"),
    ],
)
def test_bad_tables_say_where(tmp_path, text, message):
    (tmp_path / TABLES["table1"]).write_text(text)
    with pytest.raises(DataError, match=message):
        load_paper_table("table1", tmp_path)
    with pytest.raises(MissingDataError, match=r"table2_vot2016\.csv"):
        load_paper_table("table2", tmp_path)


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(
    content=st.one_of(st.binary(max_size=50), st.text(alphabet="tracker,auc\n\r\"#1.-e\x00'", max_size=60))
)
def test_no_content_raises_anything_but_our_own_error(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp()
    data = content if isinstance(content, bytes) else ("tracker,auc\n" + content).encode()
    (folder / TABLES["table1"]).write_bytes(data)
    rows, message = [], "table1"
    try:
        rows = load_paper_table("table1", folder)
    except UdtError as error:
        message = str(error)
    assert "table1" in message
    assert all(isinstance(row["tracker"], str) for row in rows)
