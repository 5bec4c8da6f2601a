"""A stage is whole or absent, and stale exactly when something it is made from has changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from analysis import comments, linkage
from analysis.exposure import coding
from analysis.store import ABSENT, READY, STALE, Breach, Stage, open_breach
from analysis.store import stages as sources
from data_synthetic.simulation.draw import drawn_stage
from data_synthetic.simulation.evaluations import list_evaluations
from data_synthetic.simulation.messy import messy_stage
from data_synthetic.simulation.scenario import Scenario, read_scenario
from tests.breaches import ROOT, VOCABULARY

FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("analysis", "data_synthetic/attack", "data_synthetic/simulation")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in sources.TABLES or path.suffix == ".py"
)


def write(text: str) -> Callable[[Path], Mapping[str, Any]]:
    """Return what writes a file with a text and says so."""

    def build(folder: Path) -> Mapping[str, Any]:
        (folder / "result.txt").write_text(text)
        return {"text": text}

    return build


def stage(folder: Path, **changes: Any) -> Stage:
    """Return a stage made by one small module."""
    values = {"build": write("made"), "made_by": "analysis.reference.text", **changes}
    return Stage("a result", folder / "result", **values)


def test_a_stage_is_made_once(tmp_path: Path) -> None:
    first = stage(tmp_path)
    assert first.status() == ABSENT
    folder = first.ensure()
    assert first.status() == READY
    assert first.read_stamp()["text"] == "made"
    stage(tmp_path, build=write("made again")).ensure()
    assert (folder / "result.txt").read_text() == "made"


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": {"seed": "2"}},
        {"made_by": "analysis.store.breach"},
        {"libraries": ("numpy",)},
        {"needs": "another"},
    ],
)
def test_a_stage_is_stale_when_anything_it_is_made_from_changed(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    stage(tmp_path).ensure()
    if "needs" in changes:
        changes = {"needs": (stage(tmp_path / "need"),)}
    changed = stage(tmp_path, **changes)
    assert changed.status() == STALE
    with pytest.raises(FileNotFoundError, match="stale; run `make data`"):
        changed.open()


def test_what_a_stage_needs_is_made_first(tmp_path: Path) -> None:
    need = Stage("a need", tmp_path / "need", "analysis.reference.text", write("first"))
    stage(tmp_path, needs=(need,)).ensure()
    assert need.status() == READY


def test_a_failed_stage_is_not_there(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        stage(tmp_path, build=fail).ensure()
    assert stage(tmp_path).status() == ABSENT
    stage(tmp_path).ensure()
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_a_stage_that_fails_to_be_made_again_is_left_as_it_was(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        raise OSError("disk full")

    stage(tmp_path).ensure()
    with pytest.raises(OSError, match="disk full"):
        stage(tmp_path, build=fail, inputs={"seed": "2"}).ensure()
    assert stage(tmp_path).status() == READY


def list_stages(scenario: Scenario, folder: Path) -> dict[str, Stage]:
    """Return every stage of the project on a drawn breach."""
    breach = drawn_stage(scenario, VOCABULARY, folder)
    drawn = open_breach(ROOT / "data_synthetic" / "generated")
    return {
        "records": breach,
        "linked": linkage.linked_stage(drawn),
        "comments": comments.labels_stage(drawn),
        "coded": coding.coded_stage(drawn),
        "persons": linkage.estimate_stage(drawn),
        "practice": messy_stage(drawn, folder),
        **{f"evaluation {name}": stage for name, stage in list_evaluations().items()},
    }


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    """Return every stage of the project."""
    scenario = read_scenario(ROOT / "data_synthetic" / "scenario.yaml")
    return list_stages(scenario, tmp_path_factory.mktemp("none"))


@pytest.fixture(scope="module")
def loaded(stages: dict[str, Stage]) -> dict[str, set[Path]]:
    """Return the files that Python itself loads with the module of each stage."""
    program = (
        "import importlib, json, sys\n"
        "importlib.import_module(sys.argv[1])\n"
        "print(json.dumps([getattr(m, '__file__', None) or '' for m in sys.modules.values()]))"
    )
    return {
        module: {
            Path(name).relative_to(ROOT)
            for name in json.loads(
                subprocess.run(
                    [sys.executable, "-c", program, module],
                    capture_output=True, text=True, check=True, cwd=ROOT,
                ).stdout
            )
            if name.startswith((str(ROOT / "analysis"), str(ROOT / "data_synthetic")))
        }
        for module in {stage.made_by for stage in stages.values()}
    }  # fmt: skip


def test_what_a_stage_hashes_is_what_python_loads(loaded: dict[str, set[Path]]) -> None:
    for module, files in loaded.items():
        hashed = {path.relative_to(ROOT) for path in sources.list_sources(module)}
        code = {path for path in hashed if path.suffix == ".py"}
        assert files <= code, f"{module} loads what it does not hash"
        assert not (code - files) or all("def " in path.read_text() for path in code - files)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of all code and tables, to be touched."""
    root = tmp_path_factory.mktemp("copy")
    for path in FILES:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, root / path)
    (root / "data_synthetic" / "__init__.py").write_text("")
    return root


def remember(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """Let what reads a file remember it for as long as it holds the same."""
    answers: dict[tuple[Path, bytes], Any] = {}

    def ask(path: Path) -> Any:
        key = path, path.read_bytes()
        if key not in answers:
            found = read(path)
            answers[key] = found if isinstance(found, bytes) else [*found]
        return answers[key]

    return ask


STRIP, NEED = remember(sources.strip_words), remember(sources._list_needs)


@pytest.mark.parametrize("touched", FILES, ids=str)
def test_a_touched_file_makes_exactly_the_stages_stale_that_rest_on_it(
    touched: Path,
    copy: Path,
    stages: dict[str, Stage],
    loaded: dict[str, set[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A module counts if Python loads it with the stage; a table, if such a module names it."""
    monkeypatch.setattr(sources, "ROOT", copy)
    monkeypatch.setattr(sources, "strip_words", STRIP)
    monkeypatch.setattr(sources, "_list_needs", NEED)
    modules = {stage.made_by for stage in stages.values()}
    before = {module: sources.hash_sources.__wrapped__(module) for module in modules}
    content = (copy / touched).read_bytes()
    try:
        (copy / touched).write_bytes(content + b"\nTOUCHED = 1\n")
        changed = {m for m in modules if sources.hash_sources.__wrapped__(m) != before[m]}
    finally:
        (copy / touched).write_bytes(content)
    for module in modules:
        names = [p for p in sources.list_sources(module) if p.suffix == ".py"]
        rests = touched in loaded[module] or copy / touched in names
        if touched.suffix != ".py":
            beside = [p for p in names if p.parent == (copy / touched).parent]
            rests = any(touched.name in p.read_text(encoding="utf-8") for p in beside)
        assert (module in changed) == rests


def test_words_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('"""Old words."""\n\n# a remark\nx = 1\n')
    old = sources.strip_words(path)
    sources._parse.cache_clear()
    path.write_text('"""New words."""\nx = 1\n')
    assert sources.strip_words(path) == old == b"x = 1"


def test_another_seed_makes_the_draw_and_everything_after_it_stale(
    scenario: Scenario, tmp_path: Path
) -> None:
    first = drawn_stage(scenario, VOCABULARY, tmp_path)
    other = drawn_stage(
        read_scenario(ROOT / "data_synthetic" / "scenario.yaml", seed=7), VOCABULARY, tmp_path
    )
    assert first.fingerprint() != other.fingerprint()
    after = [linkage.linked_stage, comments.labels_stage, coding.coded_stage]
    manifest = {"content_hash": "same", "is_synthetic": True, "n_partitions": 1}
    for describe in after:
        prints = set()
        for fingerprint in (first.fingerprint(), other.fingerprint()):
            (tmp_path / "stage.json").write_text(json.dumps({"fingerprint": fingerprint}))
            prints.add(describe(Breach(tmp_path, manifest)).fingerprint())
        assert len(prints) == 2
