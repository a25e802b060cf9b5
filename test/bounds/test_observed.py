# SPDX-License-Identifier: BSD-2-Clause
"""What runs under QEMU show lies below what was computed, and not so far below that the bound says nothing.

The figures are printed (pytest -s), as shares of the computed bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bounds import observe
from bounds.__main__ import analyse
from conftest import ROOT, kernel_build

CLOSING = r"TESTS [0-9]+ passed, [0-9]+ failed"
SYSTEM_TESTS = ROOT / "test" / "system"
#: (system, text that ends the run); CI boots the first ones only.
CI_RUNS = [
    ("interrupts", SYSTEM_TESTS / "interrupts" / "system.yaml", CLOSING),
    ("messages", SYSTEM_TESTS / "messages" / "system.yaml", CLOSING),
    ("busybox", ROOT / "systems" / "busybox" / "system.yaml", r"/ # "),
]
MORE_RUNS = [
    ("faults", SYSTEM_TESTS / "faults" / "system.yaml", CLOSING),
    ("time", SYSTEM_TESTS / "time" / "system.yaml", CLOSING),
    ("registers", SYSTEM_TESTS / "registers" / "system.yaml", CLOSING),
]
RUNS = CI_RUNS if os.environ.get("SEL_ASSURE", "ci") == "ci" else [*CI_RUNS, *MORE_RUNS]
#: A bound of the usual entries that is so many times what runs show is of no use.
FACTOR_MAX = 150
USUAL = ("system call", "VM exit", "interrupt")


@pytest.mark.parametrize(("name", "spec", "until"), RUNS, ids=[run[0] for run in RUNS])
def test_observed_is_below_computed(name: str, spec: Path, until: str, tmp_path: Path) -> None:
    """Stack and all stretches of every entry that the run made."""
    build = kernel_build("release", spec, name)
    program, graph, _, results = analyse(build)
    observed = observe.observe(program, graph, results, build, tmp_path, until)
    print("\n" + observe.table(results, observed))
    rows = observe.compare(results, observed)
    assert [row for row in rows if row[2] > row[3]] == []
    entries = {row[0] for row in rows}
    assert "system call" in entries
    for entry in entries.intersection(USUAL):
        lengths = [row for row in rows if row[0] == entry and row[1] != "stack"]
        longest, computed = max(row[2] for row in lengths), max(row[3] for row in lengths)
        assert computed <= FACTOR_MAX * longest, f"{entry}: {computed} computed, {longest} seen"


def test_a_bound_that_is_too_small_is_seen(tmp_path: Path) -> None:
    """The comparison can fail: what is seen, against a tenth of what was computed for the entry of an interrupt."""
    build = kernel_build("release")
    program, graph, _, results = analyse(build)
    observed = observe.observe(program, graph, results, build, tmp_path, CLOSING)
    rows = [row for row in observe.compare(results, observed) if row[0] == "interrupt" and row[1] == "entry to first look"]
    assert rows and all(seen > bound // 10 for _, _, seen, bound in rows)
