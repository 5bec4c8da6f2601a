"""Run one kernel over the partitions of a table, in this process or in a pool."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import TypeVar

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
    progress = tqdm(total=len(partitions), desc=label, disable=label is None, unit="part")
    results: dict[int, Result] = {}
    for position, result in _run(kernel, partitions, min(processes, len(partitions))):
        results[position] = result
        progress.update()
    progress.close()
    return [results[position] for position in range(len(partitions))]


def _run(
    kernel: Callable[[Partition], Result], partitions: Sequence[Partition], processes: int
) -> Iterator[tuple[int, Result]]:
    if processes <= 1:
        yield from ((position, kernel(part)) for position, part in enumerate(partitions))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        waiting: dict[Future[Result], int] = {}
        for position, part in enumerate(partitions):
            waiting[pool.submit(kernel, part)] = position
            if len(waiting) >= 2 * processes:
                yield from _collect(waiting)
        while waiting:
            yield from _collect(waiting)


def _collect(waiting: dict[Future[Result], int]) -> Iterator[tuple[int, Result]]:
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        yield waiting.pop(future), future.result()
