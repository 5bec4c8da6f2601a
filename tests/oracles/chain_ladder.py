"""
Write what the package ``chainladder`` says of published triangles to ``chain_ladder.json``.

Run in an environment of its own: ``pip install chainladder==0.10.1``, then
``python tests/oracles/chain_ladder.py``.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import chainladder

SAMPLES = {
    "raa": "Mack (1994), Measuring the variability of chain ladder reserve estimates",
    "genins": "Taylor and Ashe (1983), as used by Mack (1993), ASTIN Bulletin 23(2)",
}


def describe(name: str) -> dict[str, object]:
    """Fit Mack's model to a sample of the package, with his own rule for the last variance."""
    sample = chainladder.load_sample(name)
    fitted = chainladder.MackChainladder().fit(
        chainladder.Development(sigma_interpolation="mack").fit_transform(sample)
    )
    cells = sample.to_frame(origin_as_datetime=False).to_numpy().tolist()
    summary = fitted.summary_.to_frame(origin_as_datetime=False)
    return {
        "published_in": SAMPLES[name],
        "cells": [[None if math.isnan(cell) else cell for cell in row] for row in cells],
        "expected": summary["Ultimate"].tolist(),
        "standard_error": summary["Mack Std Err"].fillna(0).tolist(),
        "total_standard_error": float(fitted.total_mack_std_err_.iloc[0, 0]),
    }


if __name__ == "__main__":
    written = {
        "package": "chainladder",
        "version": chainladder.__version__,
        "run": "MackChainladder on Development(sigma_interpolation='mack'), samples of the package",
        **{name: describe(name) for name in SAMPLES},
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
