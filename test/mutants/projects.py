# SPDX-License-Identifier: BSD-2-Clause
"""Helpers of the tests of tools/mutants: CMake projects built aside, one mutant looked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "test/mutants/small"
sys.path.insert(0, str(ROOT / "tools"))

from mutants.draw import Mutant  # noqa: E402 - the path comes first
from sel.build import child_environment  # noqa: E402


def build(source: Path, folder: Path, *options: str, targets: tuple[str, ...] = ()) -> Path:
    """Configure and build a CMake project; return its folder."""
    chosen = [word for target in targets for word in ("--target", target)]
    configure = ["cmake", "-S", str(source), "-B", str(folder), "-G", "Ninja", "-DCMAKE_C_COMPILER=clang-19", *options]
    for command in (configure, ["cmake", "--build", str(folder), *chosen]):
        done = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def find(pool: list[list[Mutant]], line: int, after: str) -> Mutant:
    """Return the one mutant that turns a line into `after`."""
    found = [mutant for mutants in pool for mutant in mutants if mutant.line == line and mutant.after() == after]
    assert len(found) == 1, [mutant.after() for mutants in pool for mutant in mutants if mutant.line == line]
    return found[0]
