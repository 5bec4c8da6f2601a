"""Open somebody's file as plain bytes or text, refusing what unpacks to too much."""

import gzip
import io
import re
import zipfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from analysis.intake.patterns import read_words, say

MIB = 2**20
LARGEST_RATIO = 200  # unpacked bytes for each packed one, beyond the first `FREE_BYTES`
FREE_BYTES = 64 * MIB
PACKINGS = ("gzip", "zstd", "zip")


class _Pieces(io.RawIOBase):
    """Bytes that come in pieces, read as one file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._held = self._held or next(self._pieces, b"")
        given, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


def join_pieces(pieces: Iterator[bytes]) -> io.BufferedReader:
    """
    Join pieces of bytes into a file that is read as they are asked for.

    Parameters
    ----------
    pieces : iterator of bytes
        None of them empty.

    Returns
    -------
    binary file
        Reading gives exactly as many bytes as are asked for, less only at the end.

    Examples
    --------
    >>> join_pieces(iter([b"ab", b"cde"])).read(4)
    b'abcd'
    """
    return io.BufferedReader(_Pieces(pieces), buffer_size=MIB)


def read_start(start: bytes, kind: str = "signature") -> Any:
    """
    Read what the first bytes of a file tell.

    Parameters
    ----------
    start : bytes
        At least 16, if there are as many.
    kind : {'signature', 'mark'}
        A kind of `words.read_words`: how the file is packed, or its kind; or its encoding.

    Returns
    -------
    str or None
        Nothing if they tell nothing.

    Examples
    --------
    >>> read_start(b"PAR1..."), read_start(b"Nom;Ville")
    ('parquet', None)
    """
    told = read_words(kind).items()
    return next((name for sign, name in told if re.match(sign.encode(), start)), None)


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """
    Open a file, unpacked as it is read.

    Parameters
    ----------
    path : pathlib.Path
        Plain, gzip, zstd, or a zip with one file in it.

    Yields
    ------
    binary file
        The unpacked bytes; reading raises ``ValueError`` when there are too many.

    Raises
    ------
    ValueError
        If a zip holds no file or several, or one that needs a password.
    """
    with path.open("rb") as raw:
        packing = read_start(raw.peek(16))
        yield join_pieces(_unpack(raw, packing, path)) if packing in PACKINGS else raw


def _unpack(raw: IO[bytes], packing: str, path: Path) -> Iterator[bytes]:
    if packing == "zip":
        archive = zipfile.ZipFile(raw)
        member = _only_member(archive, path.name)
        return _meter(archive.open(member), member.compress_size, path.name)
    is_gzip = packing == "gzip"
    inner = gzip.GzipFile(fileobj=raw) if is_gzip else pa.input_stream(raw, compression=packing)
    return _meter(inner, path.stat().st_size, path.name)


def check_workbook(path: Path) -> None:
    """
    Unpack every part of a workbook once, keeping nothing.

    Parameters
    ----------
    path : pathlib.Path
        The workbook.

    Returns
    -------
    None
        No part is out of proportion.

    Raises
    ------
    ValueError
        If a part unpacks to too much.
    """
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            deque(_meter(archive.open(member), member.compress_size, path.name), maxlen=0)


def _meter(inner: Any, packed_bytes: int, name: str) -> Iterator[bytes]:
    """Yield the bytes of a packed file until they grow out of proportion."""
    n_left = FREE_BYTES + LARGEST_RATIO * packed_bytes
    while piece := inner.read(MIB):
        n_left -= len(piece)
        if n_left < 0:
            raise ValueError(say("too much", name, LARGEST_RATIO))
        yield piece


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir()]
    members = [member for member in members if not member.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        raise ValueError(f"{name} holds {len(members)} files; unpack it and pass one of them")
    if members[0].flag_bits & 1:
        raise ValueError(f"{name} needs a password; unpack it and pass the unpacked file")
    return members[0]
