# SPDX-License-Identifier: BSD-2-Clause
"""The whole measurement: host, target, exclusions, report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coverage_report import exclusions, host, report, target
from coverage_report.sources import GENERATED
from sel import ROOT

OUT = ROOT / "build" / "coverage"
EXCLUSIONS = ROOT / "test" / "coverage" / "exclusions.yaml"
#: Every boot of these is recorded. Not among them: Linux (its boots take long and reach nothing that these do not).
TESTS = ("test/system", "test/guest", "test/beside")
#: Left out: runs of bare QEMU alone, and what takes long and reaches what others do (the model in lockstep: the host has it).
QUICK_TESTS = (*TESTS, "-k", "not test_bare and not scrambler and not heartbeat and not model and not sweep and not that_hangs and not expanded_form and not budget and not no_window")


@dataclass(frozen=True)
class Plan:
    """Where everything goes, whether the target runs all its tests, and what is taken from last time."""

    out: Path
    is_quick: bool = False
    keep_host: bool = False
    keep_target: bool = False


def measure(plan: Plan) -> report.Report:
    """Measure and write the report."""
    entries = exclusions.load(EXCLUSIONS)
    files = host.read(plan.out) if plan.keep_host else host.measure(plan.out)
    if not plan.keep_target:
        target.record(plan.out, QUICK_TESTS if plan.is_quick else TESTS)
    kernels = target.collect(plan.out)
    target.add_lines(kernels, files)
    sources = {path: _place(plan.out, path).read_text(encoding="utf-8") for path in files}
    stale = exclusions.apply(entries, files, sources)
    runs = f"{sum(kernel.runs for kernel in kernels)} boots of {len(kernels)} kernels recorded"
    result = report.Report(files, stale, runs)
    report.write(result, plan.out, sources)
    return result


def _place(out: Path, path: str) -> Path:
    return out / "host" / path if path == GENERATED else ROOT / path
