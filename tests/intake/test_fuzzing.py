"""Broken files: no fault escapes, no row is lost."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.intake.chunks import Layout, check_rows
from analysis.intake.delimited import read_delimited
from tests.fuzzing import WRITERS, break_files, draw_rows, follow

SIGNS = st.sampled_from(list('"\n\r;,aé \0\ufeff\u2028'))


def test_files_broken_at_random_are_refused_or_accounted_for() -> None:
    found = break_files(200, seed=1)
    assert sum(counts.total() for counts in found.values()) == 200
    assert all(found[kind] for kind in WRITERS)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_that_nobody_broke_is_used_whole(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    WRITERS[kind](draw_rows(np.random.default_rng(1)), path)
    assert follow(path, tmp_path) == "all used"


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(body=st.text(SIGNS, max_size=60), quote=st.sampled_from(['"', None]))
def test_every_line_of_any_text_belongs_to_one_row(body: str, quote: str | None) -> None:
    layout = Layout("text", "utf-8", ";", quote)
    columns, chunks = read_delimited(io.BytesIO(("a;b\n" + body).encode()), layout)
    found = [check_rows(chunk, layout) for chunk in chunks]
    plain = body.replace("\r\n", "\n").replace("\r", "\n")
    n_lines = plain.count("\n") + (plain[-1:] not in ("", "\n"))
    folded = sum(
        cell.count("\n") for chunk in found for c in chunk.rows.columns for cell in c.to_pylist()
    )
    n_rows = sum(len(chunk.lines) for chunk in found)
    n_aside = sum(row.n_lines for chunk in found for row in chunk.set_aside)
    assert columns == ["a", "b"]
    assert n_rows + folded + n_aside == n_lines
