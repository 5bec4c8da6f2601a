"""Run one kernel over the partitions of a table, in this process or in a pool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from joblib import Parallel, delayed
from tqdm import tqdm

Partition = TypeVar("Partition")
Result = TypeVar("Result")


def map_partitions(
    kernel: Callable[[Partition], Result],
    partitions: Sequence[Partition],
    *,
    processes: int = 1,
    label: str | None = None,
) -> list[Result]:
    """
    Apply a kernel to every partition, results in the order of the partitions.

    Parameters
    ----------
    kernel : callable
        Takes one partition and returns a small result; with several processes it must be
        importable (a function of a module, or a partial of one).
    partitions : sequence, shape (n_partitions,)
        What the kernel takes: usually paths, so that a worker reads its own data.
    processes : int, default 1
        Worker processes. The number changes nothing but the time: no result depends on it.
    label : str, optional
        Name of the step; if given, progress is shown on the terminal.

    Returns
    -------
    list, shape (n_partitions,)
        One result per partition.

    Raises
    ------
    ValueError
        If `processes` is smaller than 1.

    Notes
    -----
    At most two partitions a worker are under way, so that memory stays bounded by the number
    of workers and not by the number of partitions.

    Examples
    --------
    >>> map_partitions(len, ["one", "three"])
    [3, 5]
    """
    if processes < 1:
        raise ValueError(f"processes must be 1 or more, got {processes}")
    pool = Parallel(n_jobs=max(1, min(processes, len(partitions))), return_as="generator")
    results = pool(delayed(kernel)(partition) for partition in partitions)
    is_quiet = label is None
    return list(tqdm(results, total=len(partitions), desc=label, disable=is_quiet, unit="part"))
