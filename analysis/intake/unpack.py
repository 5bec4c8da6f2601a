"""Open somebody's file as plain bytes or text, refusing what unpacks to too much."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

MIB = 2**20
LARGEST_RATIO = 200  # unpacked bytes for each packed one, beyond the first `FREE_BYTES`
FREE_BYTES = 64 * MIB
CHUNK = MIB
MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # an empty one
}


class Metered(io.RawIOBase):
    """Bytes of a packed file that stop when they grow out of proportion."""

    def __init__(self, inner: Any, packed_bytes: int, name: str) -> None:
        self._inner, self._name = inner, name
        self._most = FREE_BYTES + LARGEST_RATIO * packed_bytes
        self._read = 0

    def readable(self) -> bool:
        """
        Say that it can be read.

        Returns
        -------
        bool
            True.
        """
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """
        Fill a buffer.

        Parameters
        ----------
        buffer : memoryview
            Where the bytes go.

        Returns
        -------
        int
            Bytes read [bytes]; 0 at the end.

        Raises
        ------
        ValueError
            If more than `LARGEST_RATIO` bytes came out for each packed one.
        """
        data = self._inner.read(len(buffer))
        self._read += len(data)
        if self._read > self._most:
            raise ValueError(
                f"{self._name} unpacks to more than {LARGEST_RATIO} times its size and is refused; "
                "if it is honest, unpack it yourself and pass the unpacked file"
            )
        buffer[: len(data)] = data
        return len(data)


def find_packing(path: Path) -> str | None:
    """
    Find how a file is packed, by its first bytes.

    Parameters
    ----------
    path : pathlib.Path
        Any file.

    Returns
    -------
    str or None
        ``gzip``, ``zstd``, ``zip``, or nothing.
    """
    with path.open("rb") as file:
        start = file.read(4)
    return next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), None)


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
    packing, size = find_packing(path), path.stat().st_size
    with path.open("rb") as raw:
        if packing is None:
            yield raw
        elif packing == "gzip":
            yield _meter(gzip.GzipFile(fileobj=raw), size, path.name)
        elif packing == "zstd":
            yield _meter(pa.input_stream(raw, compression=packing), size, path.name)
        else:
            with zipfile.ZipFile(raw) as archive:
                member = _only_member(archive, path.name)
                yield _meter(archive.open(member), member.compress_size, path.name)


def check_workbook(path: Path) -> Path:
    """
    Unpack every part of a workbook once, keeping nothing.

    Parameters
    ----------
    path : pathlib.Path
        The workbook.

    Returns
    -------
    pathlib.Path
        The same.

    Raises
    ------
    ValueError
        If a part unpacks to too much.
    """
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            stream = _meter(archive.open(member), member.compress_size, path.name)
            while stream.read(CHUNK):
                pass
    return path


def _meter(inner: Any, packed_bytes: int, name: str) -> IO[bytes]:
    return io.BufferedReader(Metered(inner, packed_bytes, name), buffer_size=CHUNK)


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        raise ValueError(f"{name} holds {len(members)} files; unpack it and pass one of them")
    if members[0].flag_bits & 1:
        raise ValueError(f"{name} needs a password; unpack it and pass the unpacked file")
    return members[0]


class Transcoded:
    """
    Text of any encoding as UTF-8 with bare line feeds, its lines counted.

    A byte that the encoding does not know becomes U+FFFD; the last line always ends in a line
    feed.

    Attributes
    ----------
    n_lines : int
        Lines given out so far [lines].
    """

    closed = False

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._stream = stream
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._held, self._ended, self._line_is_open = bytearray(), False, False
        self.n_lines = 0

    def read(self, size: int = CHUNK) -> bytes:
        """
        Read a part of the text.

        Parameters
        ----------
        size : int
            How much [bytes].

        Returns
        -------
        bytes
            Exactly so much UTF-8, less only at the end.
        """
        while len(self._held) < size and not self._ended:
            self._fill()
        given = bytes(self._held[:size])
        del self._held[:size]
        self.n_lines += given.count(b"\n")
        return given

    def take_line(self, longest: int = CHUNK) -> str:
        """
        Read the next line.

        Parameters
        ----------
        longest : int
            What is refused beyond [bytes].

        Returns
        -------
        str
            The line without its end.

        Raises
        ------
        ValueError
            If it is longer than `longest` bytes.
        """
        while b"\n" not in self._held and len(self._held) <= longest and not self._ended:
            self._fill()
        end = self._held.find(b"\n")
        if len(self._held) > longest and not 0 <= end <= longest:
            raise ValueError(f"line {self.n_lines + 1} is longer than {longest} bytes")
        line = self.read(end + 1 if end >= 0 else longest)
        return line.decode("utf-8").removesuffix("\n")

    def _fill(self) -> None:
        data = self._stream.read(CHUNK)
        text = self._decoder.decode(data, final=not data)
        if text:
            self._line_is_open = not text.endswith("\n")
        if not data:
            self._ended = True
            text += "\n" * self._line_is_open
        self._held += text.encode("utf-8", errors="replace")
