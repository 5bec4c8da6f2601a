"""Whom a message goes to, by which channel, at what cost."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.disclosure.gate import release
from analysis.exposure.coding import CodedRecords
from analysis.exposure.counts import Counts
from analysis.impact import channels, messages
from tests.counted import SOURCE
from tests.impact.test_channels import FLAGS, TOLD_ON, code_dozen

COSTS = messages.read_message_costs()


@pytest.fixture(scope="module")
def dozen(tmp_path_factory: pytest.TempPathFactory) -> CodedRecords:
    return code_dozen(tmp_path_factory.mktemp("messages"))


@pytest.fixture(scope="module")
def plan(dozen: CodedRecords) -> Counts:
    return messages.plan_messages(channels.find_contacts(dozen, told_on=TOLD_ON), COSTS)


def count_persons(coded: CodedRecords) -> int:
    """Count the persons of all partitions; no person is in two."""
    columns = [pq.read_table(path, columns=["person"])["person"] for path in coded.partitions]
    return sum(len(column.unique()) for column in columns)


class TestPlan:
    """Everybody once; who has sensitive data only where nobody else listens."""

    def test_the_dozen_by_hand(self, plan):
        # 1 and 3 by e-mail; 6 and 10 by text message; 2, who shares both, and the child by
        # letter; 7 by landline; the minor with sensitive data, 8 and 9 are searched for.
        assert plan.table.set_index("message")["n_persons"].to_dict() == {
            "email": 2,
            "mobile": 2,
            "letter": 2,
            "landline": 1,
            "search": 3,
            "all": 10,
        }

    def test_the_cost_by_hand(self, plan):
        # 2 e-mails, 2 text messages, 2 letters, 1 call, 3 searches.
        costs = plan.table.query("message != 'all'")
        low = 2 * 0.001 + 2 * 0.04 + 2 * 1.0 + 2.0 + 3 * 3.0
        high = 2 * 0.05 + 2 * 0.12 + 2 * 3.0 + 8.0 + 3 * 20.0
        value = 2 * 0.01 + 2 * 0.07 + 2 * 1.6 + 4.0 + 3 * 8.0
        expected = [low, value, high]
        assert costs[["cost_low", "cost", "cost_high"]].sum().tolist() == pytest.approx(expected)
        total = plan.table.query("message == 'all'")[["cost_low", "cost", "cost_high"]]
        assert total.squeeze().tolist() == pytest.approx(expected)

    def test_a_hidden_count_has_no_price(self, plan):
        hidden = release(plan).table
        assert hidden["status"].eq("suppressed").all()
        assert hidden[["cost_low", "cost", "cost_high"]].isna().all(axis=None)

    @pytest.mark.parametrize("by", [None, "laboratory_id"])
    def test_everybody_is_covered_exactly_once(self, full_coded, by):
        contacts = channels.find_contacts(full_coded, told_on=TOLD_ON, by=by)
        planned = messages.plan_messages(contacts, COSTS).table.query("message != 'all'")
        cells = [by] if by else []
        totals = [
            t.groupby(cells)["n_persons"].sum() if by else t["n_persons"].sum()
            for t in (contacts.table, planned)
        ]
        assert (
            (totals[0] == totals[1]).all()
            if by
            else totals[0] == totals[1] == count_persons(full_coded)
        )

    def test_raising_the_price_of_a_letter_above_a_call_moves_the_others(self, dozen):
        dear = COSTS.copy()
        dear.loc["letter", "value"] = 5.0
        contacts = channels.find_contacts(dozen, told_on=TOLD_ON)
        planned = messages.plan_messages(contacts, dear).table
        assert planned["message"].tolist() == [
            "email",
            "mobile",
            "landline",
            "letter",
            "search",
            "all",
        ]

    @given(st.data())
    def test_no_shared_channel_for_sensitive_data_and_nothing_cheaper(self, data):
        flags = {name: data.draw(st.booleans()) for name in FLAGS}
        for name in ("email", "mobile"):
            flags[f"has_own_{name}"] &= flags[f"has_{name}"]
        row = pd.DataFrame([{**flags, "n_records": 1, "n_persons": 1}])
        row = row.astype({"n_records": "Int64", "n_persons": "Int64"})
        plan = messages.plan_messages(channels.Contacts(row, SOURCE), COSTS).table
        planned = plan.set_index("message")["n_persons"].drop("all")
        assert planned.sum() == 1
        chosen = planned.idxmax()
        allowed = self.allowed(flags)
        assert chosen in allowed
        assert COSTS.loc[chosen, "value"] == COSTS.loc[allowed, "value"].min()

    @staticmethod
    def allowed(flags: dict[str, bool]) -> list[str]:
        """List the channels that give nothing away, said again in other words."""
        if not flags["is_sensitive"]:
            kept = [name for name in ("email", "mobile", "landline") if flags[f"has_{name}"]]
        elif flags["is_minor"]:
            kept = []
        else:
            kept = [name for name in ("email", "mobile") if flags[f"has_own_{name}"]]
        return [*kept, *(["letter"] if flags["has_address"] else []), "search"]
