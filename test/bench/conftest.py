# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's system, built once for all workers, and one run of all rows, which the workers of pytest-xdist share through a file."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from bench.command import measure_rows  # noqa: E402
from bench.measure import Image  # noqa: E402
from bench.rows import load_rows  # noqa: E402
from bench.systems import build_image  # noqa: E402


@pytest.fixture(scope="session")
def image() -> Image:
    """The release build; its lock lets one worker build and the others wait."""
    return build_image("bench")


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The results of all rows, without lines."""
    own = tmp_path_factory.getbasetemp()
    done = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "bench-results.json"  # workers' folders lie in that of the run
    with done.with_suffix(".lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            found = json.dumps(measure_rows(load_rows()))
            done.write_text(found, encoding="utf-8")
    return json.loads(done.read_text(encoding="utf-8"))
