# SPDX-License-Identifier: BSD-2-Clause
"""Runs of systems under QEMU, each once for all the cases made of it.

The workers of pytest-xdist share a run through a file: the first one that needs it boots the
system, the others wait for its lock.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN_TIMEOUT_S = 120


@dataclass(frozen=True)
class Run:
    """A finished `./sel run`: exit code, all it printed, and the directory of its logs."""

    code: int
    output: str

    @property
    def logs(self) -> Path:
        """The run's directory."""
        match = re.search(r"^sel: result=\S+ log=(\S+)$", self.output, re.MULTILINE)
        assert match is not None, f"no result line of sel:\n{self.output[-2000:]}"
        return Path(match.group(1))

    def console(self, name: str) -> str:
        """What one console showed, time stamps cut off."""
        log = self.logs / f"{name}.log"
        assert log.is_file(), f"console {name} has no log in {self.logs}"
        text = log.read_text(encoding="utf-8", errors="replace")
        return re.sub(r"^\[ *[0-9.]+\] ", "", text, flags=re.MULTILINE)


def sel_run(spec: Path, *arguments: str, preset: str = "test") -> Run:
    """Boot a system by ./sel run and return what came of it."""
    command = [str(ROOT / "sel"), "run", str(spec), "--preset", preset, "--timeout", str(RUN_TIMEOUT_S), *arguments]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=10 * RUN_TIMEOUT_S)
    return Run(done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="session")
def run_once(tmp_path_factory: pytest.TempPathFactory):
    """`run_once(name, spec, *arguments)`: the run of that name, booted once in the whole session."""
    unique = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
    shared = Path(tempfile.gettempdir()) / f"selvedge-system-{unique}"
    shared.mkdir(exist_ok=True)

    def run(name: str, spec: Path, *arguments: str, preset: str = "test") -> Run:
        with open(shared / f"{name}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = shared / f"{name}.txt"
            if not result.exists():
                fresh = sel_run(spec, *arguments, preset=preset)
                result.write_text(f"{fresh.code}\n{fresh.output}", encoding="utf-8")
            code, _, output = result.read_text(encoding="utf-8").partition("\n")
        return Run(int(code), output)

    return run
