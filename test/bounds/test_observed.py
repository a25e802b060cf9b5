# SPDX-License-Identifier: BSD-2-Clause
"""What runs under QEMU show lies below what was computed, and not so far below that the bound says nothing.

The figures are printed (pytest -s), as shares of the computed bound."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bounds import observe
from conftest import ROOT, analysed, kernel_build

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
    program, graph, _, results = analysed(build)
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


def test_a_bound_that_is_too_small_is_seen() -> None:
    """The comparison can fail: one instruction and one byte more than was computed, and a stretch that should not be at all."""
    results = analysed(kernel_build("release"))[3]
    interrupt = next(result for result in results if result.entry.name == "interrupt")
    head = interrupt.segments["head"].length
    assert "through" not in interrupt.segments
    seen = observe.Observed(lengths={"head": head + 1, "through": 100}, stack=interrupt.stack.bytes + 1)
    wrong = [row for row in observe.compare(results, {"interrupt": seen}) if row[2] > row[3]]
    assert [row[1] for row in wrong] == ["stack", "entry to first look", "entry to exit"]
