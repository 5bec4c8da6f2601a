"""How right the linkage is, on data whose truth is known."""

from __future__ import annotations

import duckdb
import pandas as pd
from pyarrow.dataset import dataset

from analysis import linkage, store

MEASURES = """
with records as (
    select l.person_id as found, t.person_id as true_person
    from linked l
    join truth_table t using (record_id)
),
both_sides as (select found, true_person, count(*) as n from records group by all),
found as (select found, sum(n) as n, count(*) as n_true from both_sides group by 1),
truth as (select true_person, sum(n) as n, count(*) as n_found from both_sides group by 1),
whole as (
    select count(*) as n from both_sides
    join found using (found) join truth using (true_person)
    where n_true = 1 and n_found = 1
)
select
    (select sum(n * (n - 1) / 2) from both_sides) as right_pairs,
    (select sum(n * (n - 1) / 2) from found) as found_pairs,
    (select sum(n * (n - 1) / 2) from truth) as true_pairs,
    (select n from whole) as right_persons,
    (select count(*) from found) as found_persons,
    (select count(*) from truth) as true_persons
"""


def judge_linkage(breach: store.Breach) -> pd.Series:
    """
    Compare linked persons with the true ones.

    Parameters
    ----------
    breach : storage.Breach
        A drawn breach, linked; the truth is read here and nowhere else.

    Returns
    -------
    pandas.Series
        ``true_pairs``, ``found_pairs``, ``right_pairs`` [pairs of records]; ``pair_precision``
        and ``pair_recall`` [0 to 1]; ``true_persons``, ``found_persons`` [persons];
        ``person_f1`` [0 to 1], the harmonic mean of the shares of found and of true persons
        that are each other, record by record; ``person_count_error`` [share of true persons].
        A share of nothing is missing.
    """
    linked, truth = linkage.open_linked(breach), breach.partitions("truth")
    with duckdb.connect() as connection:
        connection.register("linked", dataset([*map(str, linked)]))
        connection.register("truth_table", dataset([*map(str, truth)]))
        counts = connection.execute(MEASURES).df().iloc[0]
    n_found, n_true = counts["found_persons"], counts["true_persons"]
    shares = {
        "pair_precision": counts["right_pairs"] / counts["found_pairs"],
        "pair_recall": counts["right_pairs"] / counts["true_pairs"],
        "person_f1": 2 * counts["right_persons"] / (n_found + n_true),
        "person_count_error": n_found / n_true - 1,
    }
    return pd.concat([counts, pd.Series(shares)])
