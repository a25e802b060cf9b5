# SPDX-License-Identifier: BSD-2-Clause
"""Minimum, median, maximum and facts from planted records, and traces from planted addresses."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest

import conftest  # noqa: F401 - the path to tools/
from bench.paths import CODE, STORE, Touch
from bench.places import Places
from bench.statistics import COUNTERS, read_records, summarize
from bench.trace import read_trace, render


def record(user: int, kernel: int, loads: int = 0, tally: int = 0) -> tuple[int, ...]:
    """One repetition."""
    return tuple({"user": user, "kernel": kernel, "loads": loads, "tally": tally}.get(name, 0) for name in COUNTERS)


def test_median_is_a_repetition_that_happened() -> None:
    """Of an even number the lower one, with that repetition's own loads, not another's."""
    summary = summarize([record(1, 9, loads=1), record(2, 18, loads=2), record(3, 27, loads=3), record(4, 996, loads=4)])
    assert (summary.repetitions, summary.minimum, summary.median, summary.maximum) == (4, 10, 20, 1000)
    assert (summary.facts["user"], summary.facts["kernel"], summary.facts["loads"]) == (2, 18, 2)


def test_one_outlier_shows_in_the_maximum_only() -> None:
    """The order of the records does not matter."""
    summary = summarize([record(0, 5000)] + [record(0, 7)] * 99)
    assert (summary.minimum, summary.median, summary.maximum) == (7, 7, 5000)


def test_another_counter_can_be_what_counts() -> None:
    """Exits instead of instructions."""
    assert summarize([record(9, 9, tally=3), record(1, 1, tally=5), record(2, 2, tally=4)], "tally").median == 4


def test_who_is_followed_has_the_median_s_numbers() -> None:
    """The second such repetition, or the only one."""
    assert summarize([record(0, 8), record(0, 7), record(0, 7, loads=1), record(0, 7), record(0, 6)]).followed == 4
    assert summarize([record(0, 7), record(0, 8), record(0, 6)]).followed == 1


def test_no_repetition_has_no_median() -> None:
    """Nothing is never a number."""
    with pytest.raises(ValueError, match="without repetitions"):
        summarize([])


def test_records_are_told_apart_and_a_half_one_is_none() -> None:
    """Two rows interleaved; QEMU may be killed within the third record."""
    words = [(7, *record(1, 2)), (8, *record(3, 4)), (7, *record(5, 6))]
    data = b"".join(struct.pack(f"<{len(each)}I", *each) for each in words)
    assert read_records(data) == {7: [record(1, 2), record(5, 6)], 8: [record(3, 4)]}
    assert read_records(data[:-4]) == {7: [record(1, 2)], 8: [record(3, 4)]}


def program(code: dict[int, tuple[str, str]], label: str) -> SimpleNamespace:
    """What trace.py needs of an ELF file."""
    instructions = {address: SimpleNamespace(name=name, operands=operands) for address, (name, operands) in code.items()}
    return SimpleNamespace(code=instructions, places={}, functions={}, labels={min(code): label})


def test_a_planted_trace_is_summed_by_function() -> None:
    """Kernel and process at the same address are two places; what is in no program is said to be so."""
    kernel = program({0x40: ("stp", "x0, x1, [sp]"), 0x44: ("eret", "")}, "entry")
    process = program({0x40: ("svc", "#0")}, "row_x")
    places = Places(kernel, {"bench": process})
    steps = read_trace(struct.pack("<4Q", 0x40, 1 << 63 | 0x40, 1 << 63 | 0x44, 0x9999), places)
    assert [(step.program, step.text, step.function) for step in steps] == [
        ("bench", "svc #0", "row_x"), ("kernel", "stp x0, x1, [sp]", "entry"), ("kernel", "eret", "entry"), ("?", "(not in a program of the system)", "?"),
    ]
    touches = [Touch(0x40, False, 0x1040, CODE, 1), Touch(0x40, True, 0x40, CODE, 1), Touch(0x44, True, 0x40, CODE, 1), Touch(0x9999, False, 0x9980, CODE, 1),
               Touch(0x40, True, 0x7fc0, STORE, 1), Touch(0x40, True, 0x8000, STORE, 1)]
    sums = render(steps, touches, places).splitlines()
    assert sums[-1].split()[:8] == ["2", "0", "1", "0", "0", "1", "2", "0"]
    assert sums[-2].split()[:8] == ["4", "0", "1", "0", "0", "3", "2", "0"]
    assert any(line.split() == ["2", "0", "1", "0", "0", "1", "2", "0", "kernel:entry"] for line in sums)
