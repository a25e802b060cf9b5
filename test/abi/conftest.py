# SPDX-License-Identifier: BSD-2-Clause
"""Makes tools/ importable and gives each test a folder generated from test/abi/small."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A writable copy of the small ABI's YAML files."""
    folder = tmp_path / "abi"
    folder.mkdir()
    for source in (ROOT / "test/abi/small").glob("*.yaml"):
        (folder / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    return folder
