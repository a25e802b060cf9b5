# SPDX-License-Identifier: BSD-2-Clause
"""Before the proofs: CBMC is there (else exit code 3 and a sentence), the ABI is generated."""

from __future__ import annotations

import shutil
import subprocess

import generate
import pytest
from prover import BUILD, NAMES
from sel import PYTHON, ROOT, cbmc
from sel.errors import SelError


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    try:
        cbmc.command()
    except SelError as error:
        pytest.exit(f"the proofs need CBMC 6: {error}", returncode=error.code)
    command = [PYTHON, "-m", "abigen", "generate", "--out", str(BUILD)]
    subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "tools", "PATH": "/usr/bin:/bin"}, check=True, capture_output=True)
    generate.write(BUILD)
    shutil.rmtree(NAMES, ignore_errors=True)
