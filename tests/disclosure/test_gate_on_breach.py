"""One way out: nothing draws or writes a table that has not passed the gate."""

from __future__ import annotations

import ast
import json

import pandas as pd
import pytest

from analysis.disclosure import release
from analysis.disclosure.ledger import Ledger
from analysis.exposure import Counts, Source
from tests.breaches import ROOT

GATE = "disclosure/gate"
# Modules that write what is no table of counts: records, codes and stages of the analyst's own
# file, mappings, labelling sheets, the pages of executed notebooks, the ledger; or that draw
# without data.
WRITE_OTHERWISE = (
    *("store/", "intake/", "linkage/", "comments/"),
    *("exposure/coding", "reporting/pages", "reporting/style", "cli", GATE),
    *("disclosure/ledger", "disclosure/past"),
)
DRAWING = {"matplotlib", "mapclassify"}
WRITING = {
    "to_csv", "to_json", "to_file", "to_parquet", "to_excel", "to_html", "to_feather",
    "to_pickle", "write_text", "write_bytes", "savefig", "write_table", "dump", "writelines",
}  # fmt: skip
TAKES = {"Release", "Drawing", "Mapping[str, Drawing]", "Panel", "Atlas"}
FOLDER = ROOT / "analysis"


def modules() -> dict[str, ast.Module]:
    """Parse every module of the package, by its place in the rooms."""
    return {
        str(path.relative_to(FOLDER).with_suffix("")): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.rglob("*.py"))
    }


def notebooks() -> dict[str, ast.Module]:
    """Parse the code of every notebook."""
    found = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        found[path.name] = ast.parse("\n".join(code))
    return found


def functions(tree: ast.AST) -> list[ast.FunctionDef]:
    """List the functions of a module, those of its classes too."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def imports(tree: ast.Module) -> set[str]:
    """Return the first names of all that a module imports, and what it takes from the gate."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def calls(tree: ast.AST) -> set[str]:
    """Return the names of all functions and methods called."""
    return {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }


def open_for_writing(tree: ast.AST) -> bool:
    """Return whether a file is opened in a mode that writes."""
    return any(
        isinstance(node, ast.Call)
        and (getattr(node.func, "attr", "") == "open" or getattr(node.func, "id", "") == "open")
        and any(
            isinstance(a, ast.Constant) and isinstance(a.value, str) and {*a.value} & {*"wax"}
            for a in [*node.args, *(k.value for k in node.keywords if k.arg == "mode")]
        )
        for node in ast.walk(tree)
    )


def copies(tree: ast.AST) -> bool:
    """Return whether a dataclass is copied with other values, which would bypass the gate."""
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func) in ("replace", "dataclasses.replace")
        for node in ast.walk(tree)
    )


def test_only_the_gate_makes_releases() -> None:
    makers = {name for name, tree in modules().items() if "Release" in calls(tree)}
    assert makers == {GATE}
    assert not [name for name, tree in notebooks().items() if "Release" in calls(tree)]


def test_nothing_behind_the_gate_copies_what_it_let_through() -> None:
    """A module that is handed a release names its type, and so imports the room that makes it."""
    rooms = ("reporting/", "published/")
    taking = {
        name: tree
        for name, tree in modules().items()
        if name.startswith(rooms) and "analysis.disclosure" in ast.unparse(tree)
    }
    assert len(taking) > 8
    assert not [name for name, tree in {**taking, **notebooks()}.items() if copies(tree)]


def test_every_module_that_draws_or_writes_takes_releases() -> None:
    found = {
        name: imports(tree)
        for name, tree in modules().items()
        if imports(tree) & DRAWING or calls(tree) & WRITING or open_for_writing(tree)
    }
    others = {n: taken for n, taken in found.items() if not n.startswith(WRITE_OTHERWISE)}
    assert {"reporting/charts", "reporting/maps"} <= {*others}
    assert not [n for n, taken in others.items() if "analysis.disclosure.Release" not in taken]


def test_public_functions_that_draw_take_a_release_or_a_drawing() -> None:
    drawing = {n: t for n, t in modules().items() if imports(t) & {"matplotlib"}}
    assert {"reporting/charts", "reporting/maps", "reporting/periods"} <= set(drawing)
    met: set[str] = set()
    for name, tree in drawing.items():
        for function in functions(tree):
            makes = function.returns and ast.unparse(function.returns)
            if makes == "Drawing" or function.name.startswith(("_draw_", "save", "_save")):
                met.add(function.name)
                kinds = {ast.unparse(a.annotation) for a in function.args.args if a.annotation}
                assert kinds & TAKES, f"{name}.{function.name} takes {kinds}"
                assert "pd.DataFrame" not in kinds, f"{name}.{function.name} takes a table"
    assert met >= {"bars", "rate_map", "timeline", "heat_map", "_draw_counts", "save", "_save"}


@pytest.mark.parametrize("room", ["store/", "intake/", "linkage/", "comments/", "reporting/"])
def test_rooms_that_write_see_no_counts(room: str) -> None:
    taken = {n: imports(tree) for n, tree in modules().items() if n.startswith(room)}
    counting = ("analysis.exposure.count", "analysis.exposure.Counts", "analysis.impact.rate")
    assert taken
    assert not [n for n, names in taken.items() if any(t.startswith(counting) for t in names)]


def test_the_walk_finds_a_leak() -> None:
    leak = ast.parse("def save(counts):\n    counts.to_csv('counts.csv')\n    open('x', 'w')\n")
    assert calls(leak) & WRITING
    assert open_for_writing(leak)
    assert "Release" in calls(ast.parse("gate.Release(counts, 1, True, 'x')"))
    assert copies(ast.parse("replace(plan, table=table)"))
    assert not copies(ast.parse("text.replace('a', 'b')"))


@pytest.mark.parametrize("persons", [[12, 0, 20, 15], [12, 3, 20, 15]])
def test_counts_without_records_pass_after_a_whole_of_one_record_each(persons: list[int]) -> None:
    """Everybody has one record: levels, whose records are not counted, leave none over."""
    source, n = Source("0" * 64, is_synthetic=True), sum(persons)
    whole = {"category": ["any"], "n_records": [n], "n_persons": [n], "status": "shown"}
    levels = {
        "category": "any",
        "level": ["low", "medium", "high", "very high"],
        "n_records": pd.array([None] * 4, dtype="Int64"),
        "n_persons": persons,
        "status": ["none" if count == 0 else "shown" for count in persons],
    }
    tables = [pd.DataFrame(table) for table in (whole, levels)]
    counts = [Counts(table.astype({"n_records": "Int64", "n_persons": "Int64"}), source)
              for table in tables]  # fmt: skip
    ledger = Ledger()
    release(counts[0], ledger=ledger)
    released = release(counts[1], ledger=ledger).table
    hidden = released["status"].eq("suppressed").tolist()
    assert all(hidden[k] for k, count in enumerate(persons) if 0 < count < 11)
    assert any(hidden) == (3 in persons)
