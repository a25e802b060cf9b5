# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's trace ring (kernel/debug/trace.c): entries from memory or from a record of it."""

from __future__ import annotations

import struct

from introspect.layout import Layout
from introspect.memory import Memory, variable
from introspect.model import Event

RING, NEXT, KIND = "trace_ring", "trace_next", "trace_kind"


def has_trace(layout: Layout) -> bool:
    """Whether the kernel was built with the trace."""
    return layout.has(RING)


def ring_of(layout: Layout) -> tuple[int, int, int]:
    """Where the ring is, how many entries it has, and bytes of one."""
    address, (_, count, kind) = layout.variables[RING]
    return address, count, layout.size(kind)


def count(memory: Memory, layout: Layout) -> int:
    """Events so far."""
    return variable(memory, layout, NEXT) if has_trace(layout) else 0


def tail(memory: Memory, layout: Layout, wanted: int) -> list[Event] | None:
    """The last events, the oldest first; None without a trace. The oldest of a full ring is left out: the kernel may be writing over it."""
    if not has_trace(layout):
        return None
    address, entries, size = ring_of(layout)
    end = count(memory, layout)
    start = max(end - min(wanted, entries - 1), 0)
    data = b"".join(memory.read(address + number % entries * size, size) for number in range(start, end))
    return decode(data, layout)


def decode(data: bytes, layout: Layout) -> list[Event]:
    """Whole entries as events."""
    kind = layout.variables[RING][1][2]
    size, fields = layout.size(kind), layout.structures[kind[1]]["fields"]
    reader = struct.Struct("<Q")
    time, number, a, b = (fields[name][0] for name in ("time", "kind", "a", "b"))
    words = {value: layout.word(KIND, value) for value in layout.enumerations[KIND].values()}
    take = reader.unpack_from
    return [
        Event(take(data, at + time)[0], words.get(take(data, at + number)[0], "unknown"), take(data, at + a)[0], take(data, at + b)[0])
        for at in range(0, len(data) - size + 1, size)
    ]
