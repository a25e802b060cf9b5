# SPDX-License-Identifier: BSD-2-Clause
"""The runner of pages is that of test/guide."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "guide"))
