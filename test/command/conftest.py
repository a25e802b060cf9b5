# SPDX-License-Identifier: BSD-2-Clause
"""The command on the real tree: needs the whole project, builds the system `minimal`."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Done:
    """A finished command."""

    code: int
    text: str

    @property
    def log(self) -> Path:
        """The path that the last line names."""
        return Path(self.text.rstrip().splitlines()[-1].partition(" log=")[2])


@pytest.fixture(scope="session")
def sel() -> Callable[..., Done]:
    """Return a runner of ./sel."""

    def run(*arguments: str, prefix: tuple[str, ...] = (), **environment: str) -> Done:
        done = subprocess.run(
            [*prefix, str(ROOT / "sel"), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment}, check=False, timeout=280,
        )
        return Done(done.returncode, done.stdout)

    return run
