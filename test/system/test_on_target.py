# SPDX-License-Identifier: BSD-2-Clause
"""Every case that a test component names in a CHECK_TEST is a case here.

The names come from the sources, the results from the run: a component that hangs, dies or
forgets a case fails all cases that it did not report.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT

HERE = Path(__file__).resolve().parent
CLOSING = r"TESTS [0-9]+ passed, [0-9]+ failed"


def _cases() -> list[tuple[str, str]]:
    """(theme, case) of all themes: folders with a system.yaml whose sources name cases."""
    found = []
    for spec in sorted(HERE.glob("*/system.yaml")):
        for source in sorted(spec.parent.rglob("*.c")):
            for name in re.findall(r"CHECK_TEST\((\w+)\)", source.read_text(encoding="utf-8")):
                found.append((spec.parent.name, name))
    return found


@pytest.mark.parametrize(("theme", "case"), _cases())
def test_case(theme: str, case: str, run_once) -> None:
    """The case reported `pass` on the target."""
    output = run_once(theme, HERE / theme / "system.yaml", CLOSING)
    results = dict(re.findall(r"TEST (\w+): (pass|fail.*)$", output, re.MULTILINE))
    tail = "\n".join(output.splitlines()[-25:])
    assert case in results, f"{theme} reported nothing of {case}:\n{tail}"
    assert results[case] == "pass", results[case]


@pytest.mark.parametrize("theme", sorted({theme for theme, _ in _cases()}))
def test_run_ends_as_asked(theme: str, run_once) -> None:
    """The run reached its closing line, and no process of it faulted without being told to."""
    output = run_once(theme, HERE / theme / "system.yaml", CLOSING)
    assert re.search(CLOSING, output), output[-2000:]
    assert "kernel panic" not in output
    assert "roottask: fault" not in output


@pytest.mark.parametrize("theme", ["faults", "vcpus"])
def test_a_debug_build_passes_too(theme: str, run_once) -> None:
    """What people run every day is compiled otherwise: its way into the kernel and its guests, case by case."""
    output = run_once(f"{theme}-debug", HERE / theme / "system.yaml", CLOSING, preset="debug")
    assert re.search(CLOSING, output), output[-2000:]
    failed = [line for line in output.splitlines() if re.match(r"TEST \w+: fail", line)]
    assert not failed, failed
    assert "kernel panic" not in output


def test_an_open_cycle_counter_is_not_open_to_guests(run_once) -> None:
    """The preset cycles: a guest's access is an exit as ever, and native processes read the counter after it."""
    output = run_once("vcpus-cycles", HERE / "vcpus" / "system.yaml", CLOSING, preset="cycles")
    assert "cycle counter readable" in output
    assert "TEST what_is_the_vmms_to_answer_exits: pass" in output, output[-2000:]
    assert not re.search(r"TEST \w+: fail", output), output[-2000:]


def test_a_thread_without_its_space_is_told(run_once) -> None:
    """It stops before it runs: the console says so, as of a fault without a handler."""
    output = run_once("vcpus", HERE / "vcpus" / "system.yaml", CLOSING)
    assert re.search(r"kernel: thread [0-9a-f]+ stopped: its address space or VCPU is gone", output), output[-2000:]


def test_cases_are_found() -> None:
    """The themes of this folder are not silently skipped."""
    assert len(_cases()) >= 25
    assert (ROOT / "sel").is_file()
