# SPDX-License-Identifier: BSD-2-Clause
"""Whether the kernel is between two passages, so that all its data is in order."""

from __future__ import annotations

from dataclasses import replace

from introspect.memory import Memory
from introspect.model import Processor

#: The kernel runs at EL2; the processor stands behind a WFI (DDI 0487, C6.2) where it rests.
KERNEL_LEVEL = 2
_WFI = 0xD503207F


def processor_at(pc: int, level: int) -> Processor:
    """By registers alone: outside of the kernel it is at rest; inside look() decides."""
    return Processor(pc, level, level < KERNEL_LEVEL)


def look(processor: Processor, memory: Memory) -> Processor:
    """The same, with what the code says where the kernel stands."""
    is_waiting = processor.pc >= 4 and int.from_bytes(memory.read(processor.pc - 4, 4), "little") == _WFI
    return replace(processor, is_at_rest=processor.is_at_rest or is_waiting)
