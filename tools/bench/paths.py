# SPDX-License-Identifier: BSD-2-Clause
"""What one followed repetition of a row executes and touches, as sums of any part of it: instructions, what they do, and 64-byte lines.

A line is counted once in each sum that touches it, however often. Lines are those of memory (physical addresses, by which caches tell them apart): code
is where instructions lie, data is what loads and stores access. Not in any: registers of devices, accesses that fault, walks of the page tables, cache maintenance.
DC ZVA clears one line; QEMU does not tell which, so that those are a sum of their own: each is another line, since the kernel clears forwards and once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.places import Places, Step
from bench.rows import Row
from sel.errors import Failed

#: In the order of `enum touch_kind` of tools/icount/touched.h.
CODE, LOAD, STORE = range(3)
LINE_BYTES = 64
_KERNEL = 1 << 63
_TOUCH = struct.Struct("<3Q")
#: Of a Part -> of statistics.COUNTERS, where the plugin counts the same in another way.
_COUNTED = {"instructions": "kernel", "loads": "loads", "stores": "stores", "system_writes": "system_writes", "barriers": "barriers"}


@dataclass(frozen=True)
class Touch:
    """An instruction at `address` has touched `line` (its first physical address) `count` times: executed there (CODE), loaded or stored."""

    address: int
    is_kernel: bool
    line: int
    kind: int
    count: int


@dataclass(frozen=True)
class Part:
    """Sums. `loads` and `stores` are instructions, the `..._lines` distinct lines."""

    instructions: int
    loads: int
    stores: int
    system_writes: int
    barriers: int
    code_lines: int
    data_lines: int
    cleared_lines: int


def read_touches(data: bytes) -> dict[int, list[Touch]]:
    """The plugin's file: number of a row -> what its repetition has touched. ValueError if it ends too early."""
    found: dict[int, list[Touch]] = {}
    at = 0
    while at < len(data):
        if len(data) - at < _TOUCH.size:
            raise ValueError(f"half a head at byte {at}")
        row, _, count = _TOUCH.unpack_from(data, at)
        at += _TOUCH.size
        end = at + count * _TOUCH.size
        if end > len(data):
            raise ValueError(f"row {row} has fewer than its {count} touches")
        found[row] = [_touch(*each) for each in _TOUCH.iter_unpack(data[at:end])]
        at = end
    return found


def _touch(where: int, line: int, count: int) -> Touch:
    return Touch(where & ~_KERNEL, where & _KERNEL != 0, line & ~(LINE_BYTES - 1), line % LINE_BYTES, count)


def part_of(touches: Iterable[Touch], places: Places) -> Part:
    """The sums of some touches."""
    lines: dict[int, set[int]] = {CODE: set(), LOAD: set(), STORE: set()}
    counts = dict.fromkeys(("instructions", "loads", "stores", "system_writes", "barriers", "cleared_lines"), 0)
    for touch in touches:
        lines[touch.kind].add(touch.line)
        if touch.kind == CODE:
            for name, is_counted in _properties(places.at(touch.address, touch.is_kernel)).items():
                counts[name] += touch.count * is_counted
    return Part(**counts, code_lines=len(lines[CODE]), data_lines=len(lines[LOAD] | lines[STORE]))


def _properties(step: Step) -> dict[str, bool]:
    fact = step.fact
    return {
        "instructions": True, "loads": fact.loaded > 0, "stores": fact.stored > 0, "system_writes": fact.is_system_write, "barriers": fact.is_barrier,
        "cleared_lines": step.is_clear,
    }


def parts_of(touches: Iterable[Touch], places: Places, name_of: Callable[[Step], str]) -> dict[str, Part]:
    """The sums by whatever name `name_of` gives the instructions."""
    groups: dict[str, list[Touch]] = {}
    for touch in touches:
        groups.setdefault(name_of(places.at(touch.address, touch.is_kernel)), []).append(touch)
    return {name: part_of(group, places) for name, group in groups.items()}


def lines_of(touches: Iterable[Touch], places: Places) -> dict[str, int]:
    """The fields of a row of the JSON file."""
    touches = list(touches)
    whole, kernel = part_of(touches, places), part_of([touch for touch in touches if touch.is_kernel], places)
    return {
        "code_lines": whole.code_lines, "data_lines": whole.data_lines, "kernel_code_lines": kernel.code_lines, "kernel_data_lines": kernel.data_lines,
        "cleared_lines": kernel.cleared_lines,
    }


def check_followed(row: Row, touches: Iterable[Touch], places: Places, facts: Mapping[str, int]) -> None:
    """The repetition that was followed must be the one that was counted: the kernel's part has the same sums."""
    part = part_of([touch for touch in touches if touch.is_kernel], places)
    differing = [f"{name} {getattr(part, name)} instead of {facts[counter]}" for name, counter in _COUNTED.items() if getattr(part, name) != facts[counter]]
    if differing:
        raise Failed(f"row {row.name}: the repetition that was followed for its lines is not the one that was counted ({', '.join(differing)}): run it again, and report it if it stays")
