"""Noise: bounded contributions, a budget, the printed distribution, one version of a table."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure import gate, noise
from analysis.store.breach import Breach

BREACH = Breach(None, {"is_synthetic": True, "content_hash": "ab" * 32})  # type: ignore[arg-type]
MEMBERSHIPS = pd.DataFrame(
    {
        "person_id": [1, 1, 1, 2, 2, 3],
        "dep_code": ["22", "27", "56", "27", "27", "56"],
    }
)
CELLS = pd.DataFrame({"dep_code": ["22", "27", "48", "56"]})


def draw(epsilon: float, most: int = 3) -> noise.NoisedRelease:
    """Return the three persons, with noise."""
    return noise.release_noised(MEMBERSHIPS, CELLS, BREACH, epsilon=epsilon, most=most)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_person_counts_in_few_cells(most: int) -> None:
    rng = np.random.default_rng(7)
    kept = noise.bound_contributions(MEMBERSHIPS, most=most, rng=rng)
    assert kept["person_id"].value_counts().to_dict() == {1: most, 2: 1, 3: 1}
    assert not kept.duplicated().any()


def test_hardly_any_noise_gives_the_counts() -> None:
    """By hand: 22 person 1; 27 persons 1 and 2; 48 nobody; 56 persons 1 and 3."""
    assert draw(epsilon=500).table["n_persons_noised"].tolist() == [1, 2, 0, 2]


def test_the_noise_is_as_wide_as_promised() -> None:
    """A discrete Laplace variable of scale s has variance 2 q / (1 - q)^2 with q = exp(-1/s)."""
    cells = pd.DataFrame({"dep_code": [f"c{number}" for number in range(20_000)]})
    nobody = MEMBERSHIPS.head(0)
    shown = noise.release_noised(nobody, cells, BREACH, epsilon=0.5, most=1)
    values = shown.table["n_persons_noised"].to_numpy(dtype=float)
    q = math.exp(-0.5)
    assert values.var() == pytest.approx(2 * q / (1 - q) ** 2, rel=0.15)
    assert abs(values.mean()) < 0.15
    assert (np.abs(values) <= shown.table["margin"]).mean() >= 0.94


def test_more_cells_a_person_or_less_epsilon_is_more_noise() -> None:
    assert draw(1, most=3).table["margin"].iloc[0] == math.ceil(3 * math.log(20))
    assert draw(0.5).table["margin"].iloc[0] > draw(1).table["margin"].iloc[0]


def test_it_says_that_it_is_noised_and_is_no_exact_release() -> None:
    shown = draw(1)
    assert set(shown.table["status"]) == {"noised"}
    assert "n_persons" not in shown.table
    assert not isinstance(shown, gate.Release)


def test_a_table_is_released_exact_or_noised_never_both() -> None:
    ledger = noise.open_ledger()
    exact = noise.record_release(ledger, BREACH, "by sex", epsilon=0, budget=1)
    noised = noise.record_release(ledger, BREACH, "by sex", epsilon=0.5, budget=1)
    for before, epsilon in ((exact, 0.1), (noised, 0), (noised, 0.1)):
        with pytest.raises(ValueError, match="released before"):
            noise.record_release(before, BREACH, "by sex", epsilon=epsilon, budget=1)
    assert (
        noise.record_release(exact, BREACH, "by sex", epsilon=0, budget=1)["kind"].eq("exact").all()
    )
    assert ledger.empty


def test_the_budget_of_a_breach_is_spent_once() -> None:
    ledger = noise.record_release(noise.open_ledger(), BREACH, "by sex", epsilon=0.6, budget=1)
    with pytest.raises(ValueError, match="privacy budget of 1"):
        noise.record_release(ledger, BREACH, "by age", epsilon=0.5, budget=1)
    other = Breach(None, {"content_hash": "cd" * 32})  # type: ignore[arg-type]
    both = noise.record_release(ledger, other, "by age", epsilon=0.5, budget=1)
    assert both["epsilon"].tolist() == [0.6, 0.5]


def test_what_makes_no_noise_is_refused() -> None:
    with pytest.raises(ValueError, match="epsilon must be above 0"):
        draw(0)
    with pytest.raises(ValueError, match="bound contributions first"):
        draw(1, most=2)
    with pytest.raises(ValueError, match="1 cell or more"):
        noise.bound_contributions(MEMBERSHIPS, most=0, rng=np.random.default_rng(1))
