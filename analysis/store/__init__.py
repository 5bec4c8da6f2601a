"""A breach on disk: its records and what was derived from them, whole or absent.

A `Breach` is a folder of Parquet partitions with a manifest. Kernels run over its partitions in
this process or in a pool; results of long evaluations are stored beside the code they judge.
"""

from analysis.store.breach import (
    NO_DATE,
    RELEASES,
    Breach,
    hash_content,
    hash_files,
    join_hashes,
    map_partitions,
    open_breach,
    open_manifest,
    open_views,
    partition_name,
    replace_folder,
    write_manifest,
    write_partition,
)
from analysis.store.stages import ABSENT, READY, STALE, Stage
