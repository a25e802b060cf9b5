# SPDX-License-Identifier: BSD-2-Clause
"""Generator and judge are those of test/capdl."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools"), str(ROOT / "test/capdl")]
