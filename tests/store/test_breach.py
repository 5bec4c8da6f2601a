"""A stored set is whole or not there."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.store.breach import hash_content, hash_table, open_breach, replace_folder
from tests.breaches import hand_made_rows, write_breach


def test_a_missing_folder_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make data"):
        open_breach(tmp_path / "nowhere")


def test_a_folder_without_manifest_is_half_written(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    with pytest.raises(FileNotFoundError, match="half-written"):
        open_breach(tmp_path)


def test_a_folder_that_lacks_a_partition_is_refused(tmp_path: Path) -> None:
    breach = write_breach(tmp_path / "breach", hand_made_rows())
    breach.partitions("records")[0].unlink()
    with pytest.raises(FileNotFoundError, match="holds 1 of 2 partitions"):
        open_breach(tmp_path / "breach")


def test_an_interrupted_write_leaves_the_old_set(tmp_path: Path) -> None:
    breach = write_breach(tmp_path / "breach", hand_made_rows())

    def write_half() -> None:
        with replace_folder(breach.folder) as aside:
            (aside / "records").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert open_breach(breach.folder).manifest == breach.manifest


def test_what_an_interruption_left_is_cleared_by_the_next_write(tmp_path: Path) -> None:
    leftover = tmp_path / "breach.partial" / "records" / "part-00099.parquet"
    leftover.parent.mkdir(parents=True)
    leftover.touch()
    breach = write_breach(tmp_path / "breach", hand_made_rows())
    assert not leftover.exists()
    assert len(breach.partitions("records")) == 2


def test_the_hash_sees_every_value_and_every_missing_mark() -> None:
    tables = [
        pa.table({"a": ["x", "yz"], "b": [1, 2]}),
        pa.table({"a": ["xy", "z"], "b": [1, 2]}),
        pa.table({"a": ["x", None], "b": [1, 2]}),
        pa.table({"a": ["x", ""], "b": [1, 2]}),
        pa.table({"a": ["x", "yz"], "b": [1, 3]}),
        pa.table({"a": ["x", "yz"], "c": [1, 2]}),
    ]
    assert len({hash_table(table) for table in tables}) == len(tables)


def test_the_hash_does_not_see_how_a_file_is_written(tmp_path: Path) -> None:
    table = pa.table({"a": ["x", None, "zz"], "d": pa.array([1, None, 3]).cast(pa.int32())})
    table = table.set_column(1, "d", table["d"].cast(pa.date32()))
    pq.write_table(table, tmp_path / "plain", compression="none", row_group_size=1)
    pq.write_table(table[1:], tmp_path / "part", compression="zstd", use_dictionary=False)
    assert hash_table(pq.read_table(tmp_path / "plain")) == hash_table(table)
    assert hash_table(pq.read_table(tmp_path / "part")) == hash_table(table[1:])


def test_a_changed_file_changes_the_content_hash(tmp_path: Path) -> None:
    breach = write_breach(tmp_path / "breach", hand_made_rows())
    assert hash_content(breach) == breach.manifest["content_hash"]
    path = breach.partitions("records")[0]
    table = pq.read_table(path)
    pq.write_table(table[:-1], path)
    assert hash_content(breach) != breach.manifest["content_hash"]
