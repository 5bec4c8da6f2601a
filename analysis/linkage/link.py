"""Which records are one person's: pairs that match, vetoes, and the persons they make."""

import json
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from analysis import store
from analysis.linkage import model, standardise

LINK = 0.9
# A first name that so many lines bear is a name of its own, not a slip of another.
LISTED = 5
PAIRS = "pairs.parquet"
LINKED, WEAK = "linked", "too weak"
VETOES = {
    "another first name": f"""first_name_l != first_name_r
        and not list_has_any(first_names_l, first_names_r)
        and (not near_names(first_name_l, first_name_r)
            or least(a.n_lines, b.n_lines) >= {LISTED})""",
    "another birth date": """born_on_l != born_on_r and not near_days(born_on_l, born_on_r)
        and not coalesce(nir_l = nir_r and first_name_l = first_name_r, false)""",
}


def linked_stage(breach: store.Breach, *, threads: int = 1) -> store.Stage:
    """
    Describe the stage that finds the persons of a breach.

    Parameters
    ----------
    breach : Breach
        The records.
    threads : int, default 1
        Threads of the database; their number changes nothing but the time.

    Returns
    -------
    Stage
        Folder ``linked`` beside the records: per partition of records ``record_id``, ``person_id``
        and ``confidence`` (the weakest link of the person, 0 to 1), and the pairs looked at.
    """
    return store.Stage(
        "linked persons",
        breach.folder / "linked",
        __name__,
        partial(_link, breach, threads),
        inputs=breach.identity,
        libraries=("splink", "duckdb"),
        heal=breach.heal,
    )


def link_breach(breach: store.Breach, *, threads: int = 1) -> list[Path]:
    """
    Find the persons of a breach, unless that is done, and list their files.

    Parameters
    ----------
    breach : Breach
        The records.
    threads : int, default 1
        Threads of the database.

    Returns
    -------
    list of pathlib.Path
        One file per partition of records.

    Raises
    ------
    ValueError
        If the file does not tell persons apart, or a ``record_id`` stands on several lines.
    """
    linked_stage(breach, threads=threads).ensure()
    return breach.partitions("linked")


def _link(breach: store.Breach, threads: int, folder: Path) -> dict[str, int]:
    paths = breach.partitions("records")
    with standardise.open_traits(paths, threads=threads) as connection:
        model.score_pairs(connection, model.read_weights())
        pairs = judge_pairs(connection)
        copies = connection.sql("select * from copies order by number").to_arrow_table()
    persons = group_records(copies, pairs)
    for path in paths:
        record_id = pq.read_table(path, columns=["record_id"])["record_id"]
        mine = persons.take(pc.index_in(record_id, value_set=persons["record_id"]))
        store.write_partition(mine, folder / path.name)
    pq.write_table(_name_records(pairs, persons["record_id"]), folder / PAIRS)
    return {"n_persons": int(pc.max(persons["person_id"]).as_py()) + 1}


def store_weights(breach: store.Breach, *, seed: int, threads: int = 1) -> Path:
    """
    Learn the weights from the records of a breach and keep them with the package.

    Parameters
    ----------
    breach : storage.Breach
        Records; their truth is not read.
    seed : int
        Seed of the pairs drawn at random.
    threads : int, default 1
        Threads of the database.

    Returns
    -------
    pathlib.Path
        The file that holds what was learnt, and from which records.

    Raises
    ------
    ValueError
        If the file does not tell persons apart.
    """
    with standardise.open_traits(breach.partitions("records"), threads=threads) as connection:
        learnt = model.train_weights(connection, seed=seed)
    known = ("name", "content_hash", "n_records", "is_synthetic")
    weights = {"trained_on": {name: breach.manifest[name] for name in known}, **learnt}
    model.WEIGHTS.write_text(json.dumps(weights, indent=2) + "\n", encoding="utf-8")
    return model.WEIGHTS


def open_linked(breach: store.Breach) -> list[Path]:
    """
    Open the persons of a breach.

    Parameters
    ----------
    breach : storage.Breach
        A stored breach.

    Returns
    -------
    list of pathlib.Path
        Files made from exactly these records by exactly this code and these weights.

    Raises
    ------
    FileNotFoundError
        If the records were never linked, or they, the code or the weights have changed since.
    """
    linked_stage(breach).open()
    return breach.partitions("linked")


def read_pairs(breach: store.Breach) -> pd.DataFrame:
    """
    Read the pairs that came into question as one person's.

    Parameters
    ----------
    breach : Breach
        A breach that was linked.

    Returns
    -------
    pandas.DataFrame
        One row per pair: ``record_id_l``, ``record_id_r``, level (``gamma_*``) and weight
        (``mw_*`` [bits]) of each comparison, ``match_weight`` [bits], ``match_probability`` and
        ``verdict``: linked, too weak, or the veto. No value of a record.

    Raises
    ------
    FileNotFoundError
        If it was not, or not by this code.
    """
    open_linked(breach)
    return pd.read_parquet(breach.folder / "linked" / PAIRS)


def explain_pair(pair: pd.Series) -> pd.DataFrame:
    """
    Show how the weights of one pair add up.

    Parameters
    ----------
    pair : pandas.Series
        A row of `read_pairs`.

    Returns
    -------
    pandas.DataFrame
        One row per step: ``comparison``, ``level``, ``weight_bits`` and ``sum_bits``. The first
        step is the prior, the last sum is the pair's weight.
    """
    steps = []
    for name, levels in model.name_levels().items():
        steps.append((name, levels[pair[f"gamma_{name}"]], pair[f"mw_{name}"]))
        if f"mw_tf_adj_{name}" in pair.index:
            steps.append((name, "how frequent", pair[f"mw_tf_adj_{name}"]))
    prior = pair["match_weight"] - sum(weight for *_, weight in steps)
    columns = ["comparison", "level", "weight_bits"]
    table = pd.DataFrame([("prior", "", prior), *steps], columns=columns)
    return table.assign(sum_bits=table["weight_bits"].cumsum())


def judge_pairs(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """
    Give each candidate pair its verdict.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds ``traits`` and ``pairs``.

    Returns
    -------
    pandas.DataFrame
        One row per pair, sorted by ``number_l`` and ``number_r``: weights, probability and
        ``verdict``.
    """
    names = [f"{kind}_{name}" for kind in ("gamma", "mw") for name in model.name_levels()]
    vetoes = " ".join(f"when {condition} then '{veto}'" for veto, condition in VETOES.items())
    return connection.execute(
        f"""with bearers as (select first_name, count(*) as n_lines from traits group by 1)
        select number_l, number_r, {", ".join(names)}, mw_tf_adj_first_name, match_weight,
            match_probability,
            case {vetoes} when match_probability < {LINK} then '{WEAK}' else '{LINKED}' end
            as verdict
        from pairs left join bearers a on a.first_name = first_name_l
        left join bearers b on b.first_name = first_name_r
        order by number_l, number_r"""
    ).df()


def group_records(copies: pa.Table, pairs: pd.DataFrame) -> pa.Table:
    """
    Join linked records into persons.

    Parameters
    ----------
    copies : pyarrow.Table
        One row per record: ``number`` (0, 1, …), ``record_id``, ``speaker`` (the row whose links
        are its own).
    pairs : pandas.DataFrame
        As `judge_pairs` returns them.

    Returns
    -------
    pyarrow.Table
        ``record_id``, ``person_id``, ``confidence``, in the order of `copies`. Confidence of a
        person with several lines: the weakest of the lines' best links; with one line: what
        speaks against the best link that was too weak.
    """
    speaker = copies["speaker"].to_numpy()
    best = _best_probability(pairs, LINKED, len(speaker))[speaker]
    numbers = copies["number"].to_numpy()
    speaker = np.where(best > 0, speaker, numbers)
    left, right = (pairs.loc[pairs["verdict"].eq(LINKED), f"number_{s}"].to_numpy() for s in "lr")
    # A record without a speaker of its own goes with its speaker.
    ends = np.concatenate([left, numbers]), np.concatenate([right, speaker])
    shape = (len(numbers), len(numbers))
    graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=shape)
    labels = connected_components(graph, directed=False)[1]
    _, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    person = np.argsort(np.argsort(first))[codes]
    rival = _best_probability(pairs, WEAK, len(speaker))[speaker]
    is_alone = np.bincount(person)[person] == 1
    weakest = np.ones(len(first))
    np.minimum.at(weakest, person, np.where(is_alone, 1 - rival, best))
    return pa.table(
        {
            "record_id": copies["record_id"],
            "person_id": person.astype(np.int64),
            "confidence": weakest[person],
        }
    )


def _best_probability(pairs: pd.DataFrame, verdict: str, n: int) -> npt.NDArray[np.float64]:
    best = np.zeros(n)
    chosen = pairs[pairs["verdict"].eq(verdict)]
    for side in ("number_l", "number_r"):
        np.maximum.at(best, chosen[side].to_numpy(), chosen["match_probability"].to_numpy())
    return best


def _name_records(pairs: pd.DataFrame, record_id: pa.ChunkedArray) -> pa.Table:
    table = pa.Table.from_pandas(pairs, preserve_index=False)
    for position, side in enumerate(("l", "r")):
        named = record_id.take(table[f"number_{side}"])
        table = table.set_column(position, f"record_id_{side}", named)
    return table
