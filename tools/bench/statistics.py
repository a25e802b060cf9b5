# SPDX-License-Identifier: BSD-2-Clause
"""From the plugin's records to the numbers of a row: minimum, median and maximum of its repetitions, and what the median one did.

The median is a repetition that happened (the lower of the two in the middle), so that its loads and stores are facts as well.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

#: In the order of `enum counter` of tools/icount/rows.c.
COUNTERS = ("user", "kernel", "loads", "loaded_words", "stores", "stored_words", "system_writes", "barriers", "exceptions", "tally")
_RECORD = struct.Struct(f"<{1 + len(COUNTERS)}I")


@dataclass(frozen=True)
class Summary:
    """A row's repetitions. `facts` is one of COUNTERS -> its number in the median repetition; the repetition `followed` (from 1) has the same numbers."""

    repetitions: int
    minimum: int
    median: int
    maximum: int
    facts: dict[str, int]
    followed: int


def read_records(data: bytes) -> dict[int, list[tuple[int, ...]]]:
    """The plugin's file: number of a row -> its repetitions in order, each a tuple of counters. A half record at the end is none."""
    found: dict[int, list[tuple[int, ...]]] = {}
    whole = len(data) - len(data) % _RECORD.size
    for row, *counters in _RECORD.iter_unpack(data[:whole]):
        found.setdefault(row, []).append(tuple(counters))
    return found


def summarize(repetitions: Iterable[tuple[int, ...]], measure: str = "instructions") -> Summary:
    """Minimum, median and maximum of `measure`: instructions of processes, guests and kernel, or one of COUNTERS."""
    ordered = sorted((_value(each, measure), index, each) for index, each in enumerate(repetitions))
    if not ordered:
        raise ValueError("a row without repetitions has no median")
    median = ordered[(len(ordered) - 1) // 2][0]
    # The first of those that took so many: the same one from run to run.
    facts = next(each for value, _, each in ordered if value == median)
    same = sorted(index for _, index, each in ordered if each == facts)
    # The second one: a row that begins with any interrupt would be followed from the first interrupt of the run on.
    return Summary(len(ordered), ordered[0][0], median, ordered[-1][0], dict(zip(COUNTERS, facts)), same[:2][-1] + 1)


def _value(repetition: tuple[int, ...], measure: str) -> int:
    return repetition[0] + repetition[1] if measure == "instructions" else repetition[COUNTERS.index(measure)]
