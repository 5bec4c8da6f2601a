"""One way out: nothing draws or writes a table that has not passed the gate."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.breaches import ROOT

# The gate makes releases; every other module receives them.
# The gate, and the one way for tables of public registers, which hide nothing.
GATE = {"disclosure", "publication"}
# Modules that write what is no table of counts: records and codes of the analyst's own file,
# generated records, the pages of executed notebooks, mappings, labelling sheets, stored
# evaluations, and the ledger of what was released.
WRITE_OTHERWISE = {
    *("cli", "coding", "edition", "evaluation", "intake", "ledger", "linkage"),
    *("mapping", "quarantine", "sample", "storage", "synthesis", "untidy"),
}
DRAWING = {"matplotlib", "mapclassify"}
WRITING = {
    "to_csv", "to_json", "to_file", "to_parquet", "to_excel", "to_html", "to_feather",
    "to_pickle", "write_text", "write_bytes", "savefig", "write_table", "dump", "writelines",
}  # fmt: skip
TAKES = {"Release", "Drawing", "Mapping[str, Drawing]", "Panel", "Atlas"}
FOLDER = ROOT / "analysis"


def modules() -> dict[str, ast.Module]:
    """Parse every module of the package."""
    return {p.stem: ast.parse(p.read_text(encoding="utf-8")) for p in FOLDER.glob("*.py")}


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


def test_only_the_gate_makes_releases() -> None:
    makers = {name for name, tree in modules().items() if "Release" in calls(tree)}
    assert makers == GATE


def test_every_module_that_draws_or_writes_takes_releases() -> None:
    found = {
        name
        for name, tree in modules().items()
        if imports(tree) & DRAWING or calls(tree) & WRITING or open_for_writing(tree)
    }
    others = found - WRITE_OTHERWISE - GATE
    assert {
        n for n in others if "analysis.disclosure.Release" not in imports(modules()[n])
    } == set()


def test_public_functions_that_draw_take_a_release_or_a_drawing() -> None:
    drawing = {n: t for n, t in modules().items() if imports(t) & {"matplotlib"}}
    assert {"figures", "maps", "timeline", "drawing"} <= set(drawing)
    for name, tree in drawing.items():
        for function in functions(tree):
            if function.name.startswith(("draw_", "save_")):
                kinds = {ast.unparse(a.annotation) for a in function.args.args if a.annotation}
                assert kinds & TAKES, f"{name}.{function.name} takes {kinds}"
                assert "pd.DataFrame" not in kinds, f"{name}.{function.name} takes a table"


def test_modules_that_write_otherwise_see_no_counts() -> None:
    for name in WRITE_OTHERWISE - {"synthesis"}:
        taken = imports(modules()[name])
        assert not {t for t in taken if t.endswith((".exposure", ".rates"))}, name


def test_the_walk_finds_a_leak(tmp_path: Path) -> None:
    leak = ast.parse("def save(counts):\n    counts.to_csv('counts.csv')\n    open('x', 'w')\n")
    assert calls(leak) & WRITING
    assert open_for_writing(leak)
    assert "Release" in calls(ast.parse("Release(counts, 1, True, 'x')"))
