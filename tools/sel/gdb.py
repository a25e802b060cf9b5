# SPDX-License-Identifier: BSD-2-Clause
"""Debugging a run: a gdb script with the symbols of the kernel and of every process.

Every process is linked at an address range of its own, so all symbols are valid at once
and no address needs a context.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from sel import ROOT
from sel.machine import GdbPort, socket_path

if TYPE_CHECKING:
    from introspect.built import Built


def socket_for(run_folder: Path) -> GdbPort:
    """Return a port in the run's folder, or in a short temporary one when that path is too long."""
    return GdbPort(socket_path(run_folder, "gdb"))


def write_script(run_folder: Path, run_file: dict, port: GdbPort, built: Built | None) -> Path:
    """Write what gdb reads at its start; with what is known of the built system it has the commands of introspect/gdb_commands.py, too."""
    lines = [
        "# Written by sel for one run.",
        "set architecture aarch64",
        "set confirm off",
        "set pagination off",
        f"directory {_quoted(str(ROOT))}",
        f"file {_quoted(run_file['kernel_elf'])}",
    ]
    lines += [f"add-symbol-file {_quoted(elf['path'])}" for elf in run_file.get("elves", [])]
    lines += [f"target remote {port.socket}"]
    if built is not None:
        known = run_folder / "introspect.json"
        elves = {elf["name"]: elf["path"] for elf in run_file.get("elves", [])}
        known.write_text(json.dumps({"built": built.as_json(), "elves": elves}) + "\n", encoding="utf-8")
        lines += [f"python import sys; sys.path[:0] = [{str(ROOT / 'tools')!r}]", f"python from introspect.gdb_commands import install; install({str(known)!r})"]
    script = run_folder / "debug.gdb"
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return script


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def command(script: Path) -> list[str]:
    """Return the command that starts gdb."""
    return ["gdb-multiarch", "-quiet", "-x", str(script)]


def announce(script: Path) -> None:
    """Say how to attach from another terminal."""
    print(f"sel: QEMU waits for gdb; in another terminal run:\n  {shlex.join(command(script))}", flush=True)

