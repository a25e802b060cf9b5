# SPDX-License-Identifier: BSD-2-Clause
"""One repetition of a row, instruction by instruction with source lines, and its sums per function.

The plugin writes the addresses in the order of execution; names, instructions and source lines are those of the linked ELF files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from bench.paths import Part, Touch, part_of, parts_of
from bench.places import Places, Step

_KERNEL = 1 << 63
_COLUMNS = ((12, "instructions", "instructions"), (6, "loads", "loads"), (6, "stores", "stores"), (6, "system_writes", "sysreg"), (5, "barriers", "barr"),
            (5, "code_lines", "code"), (5, "data_lines", "data"), (5, "cleared_lines", "clear"))


def read_trace(data: bytes, places: Places) -> list[Step]:
    """The steps of a trace file: 64 bits each, the address with bit 63 set for the kernel's."""
    return [places.at(entry & ~_KERNEL, entry & _KERNEL != 0) for (entry,) in struct.iter_unpack("<Q", data)]


def render(steps: Iterable[Step], touches: Sequence[Touch], places: Places) -> str:
    """The path, then the sums; code, data and clear are 64-byte lines (paths.py)."""
    lines = [f"{index:>6} {step.program:8} {step.address:>#12x}  {step.text:44} {step.function:28} {step.place}" for index, step in enumerate(steps, 1)]
    return "\n".join([*lines, "", *_sums(touches, places)])


def _sums(touches: Sequence[Touch], places: Places) -> list[str]:
    parts = parts_of(touches, places, lambda step: f"{step.program}:{step.function}")
    ordered = sorted(parts.items(), key=lambda each: (-each[1].instructions, each[0]))
    parts_of_all = [("all", part_of(touches, places)), ("all of the kernel", part_of([touch for touch in touches if touch.is_kernel], places))]
    head = " ".join(f"{title:>{size}}" for size, _, title in _COLUMNS)
    return [f"{head}  function", *(_sum(part, name) for name, part in [*ordered, *parts_of_all])]


def _sum(part: Part, name: str) -> str:
    return " ".join(f"{getattr(part, field):>{size}}" for size, field, _ in _COLUMNS) + f"  {name}"
