"""After set-up nothing reaches the network: `make test` cuts every process off."""

from __future__ import annotations

import socket

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

# An address kept for documentation (RFC 5737): nothing ever answers there.
NOWHERE = "192.0.2.1"


def test_this_process_is_cut_off() -> None:
    with pytest.raises(OSError, match="the network is cut off"):
        socket.create_connection((NOWHERE, 80), timeout=1)


def test_names_are_not_resolved() -> None:
    with pytest.raises(OSError, match="the network is cut off"):
        socket.getaddrinfo("example.org", 80)


def test_a_notebook_kernel_is_cut_off_too() -> None:
    code = f"import socket; socket.create_connection(('{NOWHERE}', 80), timeout=1)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    with pytest.raises(CellExecutionError, match="the network is cut off"):
        NotebookClient(notebook, kernel_name="python3").execute()
