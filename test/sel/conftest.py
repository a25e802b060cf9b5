# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of `sel` share: its package, and a QEMU that is a script.

The fake QEMU speaks the console protocol as told by the test; nothing here needs a
built system, a network or root.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Callable

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

HEAD = """\
#!/usr/bin/python3
import os, signal, sys, time
if "--version" in sys.argv:
    print("QEMU emulator version 7.2.0 (a script)")
    sys.exit(0)
def say(text):
    os.write(1, text.encode("latin-1"))
def line():
    got = b""
    while not got.endswith(b"\\r"):
        got += os.read(0, 1) or sys.exit("no input")
    return got.decode("latin-1")
"""


@pytest.fixture
def make_qemu(tmp_path: Path) -> Callable[[str], Path]:
    """Return a maker of fake QEMUs from the body of a Python script."""

    def make(body: str) -> Path:
        path = tmp_path / "qemu"
        path.write_text(HEAD + textwrap.dedent(body))
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def sel() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a runner of the command itself."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / "sel"), *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={**os.environ, **environment}, check=False, timeout=120,
        )

    return run
