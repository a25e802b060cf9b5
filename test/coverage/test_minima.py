# SPDX-License-Identifier: BSD-2-Clause
"""What must be covered is covered, and the list of what is not is true (the minima: tools/coverage_report/sources.py)."""

from __future__ import annotations

import pytest

from coverage_report.sources import BRANCHES_MIN, EXCLUDED_MAX, GENERIC, LINES_MIN, MACHINE


@pytest.mark.parametrize("group", [GENERIC, MACHINE])
def test_lines(group: str, measured: dict) -> None:
    """Lines that host or target executed, of all; what is excluded counts as not covered."""
    lines = measured["groups"][group]["lines"]
    assert lines["all"] > 500, lines
    assert lines["percent"] >= LINES_MIN[group], lines


def test_branches(measured: dict) -> None:
    """Sides of the generic kernel's branches that were taken."""
    branches = measured["groups"][GENERIC]["branches"]
    assert branches["all"] > 1000, branches
    assert branches["percent"] >= BRANCHES_MIN[GENERIC], branches


@pytest.mark.parametrize("group", [GENERIC, MACHINE])
@pytest.mark.parametrize("what", ["lines", "branches"])
def test_little_is_excluded(group: str, what: str, measured: dict) -> None:
    """At most the permitted part."""
    total = measured["groups"][group][what]
    assert 100 * total["excluded"] <= EXCLUDED_MAX * total["all"], total


def test_no_exclusion_is_stale(measured: dict) -> None:
    """Each names text that is there, once, and that nothing covers."""
    assert measured["stale"] == []


def test_mcdc_is_reported(measured: dict) -> None:
    """Conditions of the decisions of decode and scheduling code."""
    for name in ("decode", "scheduling"):
        assert measured["mcdc"][name]["all"] > 30, measured["mcdc"]


def test_every_source_is_accounted_for(measured: dict) -> None:
    """No C or assembly file of the kernel is left out of the sums."""
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    sources = {str(path.relative_to(root)) for suffix in ("c", "S") for path in (root / "kernel").rglob(f"*.{suffix}")}
    without_code = {"kernel/smp/percpu.c"}
    expected = {name for name in sources if not name.startswith("kernel/arch/fake/")} - without_code
    assert expected - set(measured["files"]) == set()
