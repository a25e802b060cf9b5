# SPDX-License-Identifier: BSD-2-Clause
"""What the roottask says of processes that fault, abort and return."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
END = r"survivor: still here[\s\S]*process survivor: status 0"


@pytest.fixture
def output(run_once) -> str:
    """The run of the system `crash`."""
    text = run_once("crash", HERE / "crash" / "system.yaml", END)
    assert re.search(END, text), text[-3000:]
    return text


def test_a_fault_is_reported_with_cause_place_and_address(output: str) -> None:
    """Process by name, cause, function with offset, address, syndrome."""
    match = re.search(r"^roottask: fault: process reader: (.*)$", output, re.MULTILINE)
    assert match is not None, output[-3000:]
    assert re.fullmatch(r"read of unmapped memory, pc 0x[0-9a-f]+ read_nowhere\+0x[0-9a-f]+, address 0xdead000, esr 0x9[23][0-9a-f]+", match.group(1)), match.group(1)


def test_a_fault_is_reported_with_all_registers(output: str) -> None:
    """x0 to x30, sp, pc and pstate; one of them is known."""
    report = output[output.index("roottask: fault: process reader") :]
    names = re.findall(r"(?<= )(x\d+|sp|pc|pstate|tpidr) 0x", "\n".join(report.splitlines()[1:9]))
    assert names == [f"x{i}" for i in range(31)] + ["sp", "pc", "pstate", "tpidr"]
    assert "x19 0xc0ffee" in report


def test_the_faulting_process_goes_on_no_further(output: str) -> None:
    """It neither returns nor faults again."""
    assert "exit: process reader" not in output
    assert output.count("fault: process reader") == 1


def test_an_abort_is_reported(output: str) -> None:
    """The reason by the process itself, the end by the roottask."""
    assert "aborter: this process gives up" in output
    assert "roottask: exit: process aborter: aborted" in output


def test_a_status_is_reported(output: str) -> None:
    """main's result."""
    assert "roottask: exit: process returner: status 42" in output
