# SPDX-License-Identifier: BSD-2-Clause
"""`sel expand`: a system's spec in expanded form, written by capdl."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sel import PYTHON, ROOT
from sel.build import child_environment
from sel.errors import BadEnvironment, BadInput, Failed, SpecFaults
from sel.files import refuse_no_folder
from sel.systems import System

_INPUT, _ENVIRONMENT = 2, 3


def expand(system: System, out: Path | None) -> Path:
    """Write the expanded form to a file, by default in the system's folder of build/; return its path."""
    if out is not None and out.is_dir():
        raise BadInput(f"--out {out} is a folder; name the file in it")
    refuse_no_folder(out)
    path = out or system.build_folder("x").parent / "expanded.yaml"
    words = ["--board", system.board] if system.board else []
    words += [word for setting in system.settings for word in ("--set", setting)]
    command = [PYTHON, "-m", "capdl", "expand", str(system.spec), "--out", str(path.absolute()), *words]
    done = subprocess.run(
        command, cwd=ROOT, env={**child_environment(), "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False,
    )
    told = done.stderr.strip()
    if done.returncode == _INPUT:
        raise SpecFaults(told.splitlines()[:-1])  # the last says how to learn more of them, as SpecFaults does
    if done.returncode == _ENVIRONMENT:
        raise BadEnvironment(told.removeprefix("capdl: ").removeprefix("environment: "))
    if done.returncode:
        raise Failed(f"capdl ended with code {done.returncode}:\n{told}")
    return path
