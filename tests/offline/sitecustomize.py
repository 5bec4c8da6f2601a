"""Cut a Python process off the network: only this machine can be reached."""

from __future__ import annotations

import socket
from typing import Any

LOCAL = ("127.", "::1", "localhost", "0.0.0.0")
_connect, _resolve = socket.socket.connect, socket.getaddrinfo


def _refuse(host: object) -> None:
    if isinstance(host, str) and host and not host.startswith(LOCAL):
        raise OSError(f"the network is cut off for this run; something wanted to reach {host}")


def _guarded_connect(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple):
        _refuse(address[0])
    _connect(self, address)


def _guarded_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
    _refuse(host.decode() if isinstance(host, bytes) else host)
    return _resolve(host, *arguments, **options)


socket.socket.connect = _guarded_connect  # type: ignore[method-assign]
socket.getaddrinfo = _guarded_resolve
