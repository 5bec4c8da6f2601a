"""Fixtures: one breach worked by hand, one small and drawn, the full one."""

from __future__ import annotations

import pytest
from hypothesis import settings

from analysis.disclosure import gate
from analysis.disclosure.ledger import Ledger
from analysis.exposure import coding
from analysis.store.breach import Breach, open_breach
from data_synthetic.simulation import draw
from data_synthetic.simulation.scenario import Scenario, read_scenario
from tests.breaches import (
    ROOT,
    SAID,
    VOCABULARY,
    hand_made_rows,
    severe_rows,
    small_plan,
    write_breach,
    write_labels,
)

# The same examples in every run: a change that breaks a property fails at once, for everybody.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
# Scripts that ask other packages, in environments of their own, for the values tests compare with.
collect_ignore_glob = ["oracles/*"]


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test know what another one released of the same breach, or enter it in its folder."""
    monkeypatch.setattr(gate, "open_ledger", lambda _: Ledger())


@pytest.fixture(scope="session")
def hand_breach(tmp_path_factory: pytest.TempPathFactory) -> Breach:
    """
    Return a dozen records of seven persons in four départements, to be counted by hand.

    Distinct persons by home département, two years:

    ==========  ==========  =================  ==========================
    dep_code    2018        2019               both years
    ==========  ==========  =================  ==========================
    22          none        1 (person 1)       1
    27          2 (3, 4)    1 (4)              2
    56          2 (1, 2)    1 (7)              3
    unknown     none        1 (5)              1
    abroad      none        1 (6)              1
    all         4           5                  7
    ==========  ==========  =================  ==========================

    NIR 2018: persons 1, 2, 4. E-mail 2018: persons 1, 2. Both in 2018: 1 (on two lines) and 2.
    Record r12 has no date and counts in no window; 56999 is a CEDEX-like code of Morbihan.
    """
    return write_breach(tmp_path_factory.mktemp("hand") / "breach", hand_made_rows())


@pytest.fixture(scope="session")
def hand_coded(hand_breach: Breach) -> coding.CodedRecords:
    """Return the hand-made records, coded."""
    return coding.code_breach(hand_breach, persons="truth")


@pytest.fixture(scope="session")
def severe_coded(tmp_path_factory: pytest.TempPathFactory) -> coding.CodedRecords:
    """
    Return the dozen records with a password and comments, to be scored by hand.

    Scores in both years, and in 2018 alone (context x identification + 1 for circumstances):

    ======  =======================  ===================  ===============  ==================
    person  home                     both years           level            2018 alone
    ======  =======================  ===================  ===============  ==================
    1       56, 22                   4 x 1 + 1 = 5        very high        1 x 1 + 1 = 2
    2       56                       1 x 1 + 1 = 2        medium           1 x 1 + 1 = 2
    3       27                       4 x 1 + 1 = 5        very high        4 x 1 + 1 = 5
    4       27                       3 x 1 + 1 = 4        very high        1 x 1 + 1 = 2
    5       unknown                  1 x 0.75 + 1 = 1.75  low              not there
    6       abroad                   1 x 0.5 + 1 = 1.5    low              not there
    7       56                       1 x 1 + 1 = 2        medium           not there
    ======  =======================  ===================  ===============  ==================

    Comments say: person 1 is pregnant, person 4 had a test for HIV (negative), person 2's is a
    practical remark; the one on r12 has no date and counts in no window. Person 3 has a password.
    """
    folder = tmp_path_factory.mktemp("severe") / "breach"
    breach = write_breach(folder, severe_rows())
    write_labels(breach, SAID)
    return coding.code_breach(breach, persons="truth")


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """Return the scenario that the repository ships."""
    return read_scenario(ROOT / "data_synthetic" / "scenario.yaml")


@pytest.fixture(scope="session")
def small_world(
    scenario: Scenario, tmp_path_factory: pytest.TempPathFactory
) -> coding.CodedRecords:
    """Return a fiftieth of the breach in several partitions, coded."""
    folder = tmp_path_factory.mktemp("small") / "breach"
    plan = small_plan(scenario)
    return coding.code_breach(draw.draw_breach(plan, VOCABULARY, folder), persons="truth")


@pytest.fixture(scope="session")
def full_breach() -> Breach:
    """Return the full synthetic breach, as `make data` drew it."""
    return open_breach(ROOT / "data_synthetic" / "generated")


@pytest.fixture(scope="session")
def full_coded(full_breach: Breach) -> coding.CodedRecords:
    """Return the full synthetic breach, coded."""
    return coding.open_coded(full_breach)
