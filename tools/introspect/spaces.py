# SPDX-License-Identifier: BSD-2-Clause
"""What a native process has mapped, by its page tables: stage 2, 4 KiB granule, first table at level 1 (DDI 0487, D8.2 and D8.3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from introspect.built import Built
from introspect.memory import Memory, View

PAGE_BYTES = 4096
_ENTRIES = 512
_ADDRESS = 0x0000_FFFF_FFFF_F000
_LAST_LEVEL = 3
#: MemAttr[3:2] = 0: device memory. Reading it may do something.
_MEMORY_ATTRIBUTE = 0b1100 << 2


def pages(memory: Memory, built: Built, vspace: int, first: int, end: int) -> Iterator[tuple[int, int]]:
    """(virtual, physical) of each page of 4 KiB of ordinary memory in [first, end), in order. Blocks, a guest's RAM or its images, are left out."""
    root = View(memory, built.layout, "vspace", vspace)["arch"]["root"]
    yield from _table(memory, root, 1, 0, first, end)


def _table(memory: Memory, table: int, level: int, base: int, first: int, end: int) -> Iterator[tuple[int, int]]:
    span = PAGE_BYTES << 9 * (_LAST_LEVEL - level)
    for index, entry in enumerate(struct.unpack(f"<{_ENTRIES}Q", memory.read(table, PAGE_BYTES))):
        address = base + index * span
        if entry & 3 != 3 or address + span <= first or address >= end:
            continue
        if level < _LAST_LEVEL:
            yield from _table(memory, entry & _ADDRESS, level + 1, address, first, end)
        elif entry & _MEMORY_ATTRIBUTE:
            yield address, entry & _ADDRESS
