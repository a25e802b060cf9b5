# SPDX-License-Identifier: BSD-2-Clause
"""What the tests here share: their modules, and those of `sel` and `capdl`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT, ROOT / "tools", Path(__file__).resolve().parent):
    sys.path.insert(0, str(folder))
