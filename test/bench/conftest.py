# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's system, built once for all workers, and a run of a few rows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from bench.measure import Image  # noqa: E402
from bench.systems import build_image  # noqa: E402


@pytest.fixture(scope="session")
def image() -> Image:
    """The release build; its lock lets one worker build and the others wait."""
    return build_image("bench")
