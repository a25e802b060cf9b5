# SPDX-License-Identifier: BSD-2-Clause
"""The option `sel run --trace FILE`, checked before anything is built. The trace itself: tools/introspect."""

from __future__ import annotations

from pathlib import Path

from sel.errors import BadInput

CTF_SUFFIX = ".ctf"


def ctf_folder(file: Path) -> Path:
    """Where CTF goes: beside the file, with another ending."""
    return file.with_suffix(CTF_SUFFIX)


def check_trace(file: Path) -> None:
    """BadInput for a place that could not be written at the end of a long run."""
    if not file.parent.is_dir():
        raise BadInput(f"{file} cannot be written: there is no folder {file.parent}")
    if file.is_dir() or file.suffix == CTF_SUFFIX or not file.name:
        raise BadInput(f"--trace '{file}' is no name for a file, such as trace.json; the folder for CTF is written beside it, with the ending {CTF_SUFFIX}")
    if ctf_folder(file).exists() and not (ctf_folder(file) / "metadata").exists():
        raise BadInput(f"{ctf_folder(file)}, where CTF is to be written, is there and is no trace; name another file or remove it")
