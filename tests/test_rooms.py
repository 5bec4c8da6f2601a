"""Rooms import downwards only, and take names of other rooms from their faces."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests import rooms
from tests.breaches import ROOT

ORDER = [*rooms.ROOMS]
MODULES = sorted((ROOT / "analysis").rglob("*.py"))


def test_every_folder_is_a_room_with_a_face() -> None:
    inside = (ROOT / "analysis").iterdir()
    assert {path.name for path in inside if (path / "__init__.py").exists()} == {*ORDER}
    for room in ORDER:
        face = ast.parse((ROOT / "analysis" / room / "__init__.py").read_text(encoding="utf-8"))
        assert len((ast.get_docstring(face) or "").split()) > 20


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_the_faces_of_rooms_before_it(path: Path) -> None:
    own = rooms.room_of(path)
    allowed = ORDER[: ORDER.index(own)] if own else ORDER
    for _, room, *inner in rooms.list_imports(path):
        if room != own:
            assert room in allowed, f"{path.name} imports upwards, from {room}"
            module = ROOT / "analysis" / room / f"{inner[0] if inner else ''}.py"
            assert not module.is_file(), f"{path.name} goes past the face of {room}"


def test_no_module_of_a_room_imports_in_a_circle() -> None:
    graph = {
        path: {
            ROOT.joinpath(*parts[:3]).with_suffix(".py")
            for parts in rooms.list_imports(path)
            if rooms.room_of(path) == parts[1]
        }
        for path in MODULES
        if path.name != "__init__.py"
    }
    while ends := [path for path, needs in graph.items() if not needs & graph.keys()]:
        for path in ends:
            del graph[path]
    assert not graph


def test_the_package_knows_nothing_of_the_synthetic_world() -> None:
    assert not [path for path in MODULES if "data_synthetic." in path.read_text(encoding="utf-8")]


def test_the_picture_of_the_rooms_is_drawn_from_the_imports() -> None:
    assert rooms.draw_rooms() in rooms.DOCUMENT.read_text(encoding="utf-8")
