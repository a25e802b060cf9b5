# SPDX-License-Identifier: BSD-2-Clause
"""The measurement, once for all cases: the workers of pytest-xdist share it through a file."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]


@pytest.fixture(scope="session")
def measured() -> dict:
    """coverage.json of this session's measurement; SEL_ASSURE=ci leaves out what takes long on the target."""
    out = ROOT / "build" / "coverage"
    out.mkdir(parents=True, exist_ok=True)
    unique = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
    done = Path(tempfile.gettempdir()) / f"selvedge-coverage-{unique}"
    with (out / ".lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            quick = ["--quick"] if os.environ.get("SEL_ASSURE") == "ci" else []
            command = ["/usr/bin/python3", "-m", "coverage_report", "--out", str(out), "--missing", *quick]
            environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'tools'}:{ROOT}"}
            result = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            done.write_text(result.stdout[-20000:] + result.stderr[-4000:], encoding="utf-8")
            if "coverage_report: report in " not in result.stdout:
                done.write_text("nothing was measured:\n" + done.read_text(encoding="utf-8"), encoding="utf-8")
    said = done.read_text(encoding="utf-8")
    assert not said.startswith("nothing was measured"), said
    print(said)
    return json.loads((out / "coverage.json").read_text(encoding="utf-8"))
