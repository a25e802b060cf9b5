# SPDX-License-Identifier: BSD-2-Clause
"""Where things are in a linked kernel: fields of its objects (DWARF), its doors, and the instructions that tell what an interrupt was.

Not here: what the plugin makes of them (tools/icount/exits.c).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bounds.errors import Unbounded
from bounds.program import Program
from icount.dwarf import read_types
from sel import ROOT
from sel.errors import Failed

#: Functions that one kind of interrupt alone leads to, and its name. The place in this list is the mark's bit.
INTERRUPTS = (
    ("interrupts_timer_fired", "the guest's timer"),
    ("sched_timer_tick", "the kernel's timer"),
    ("interrupts_maintenance", "list registers"),
    ("irq_deliver", "a device"),
)
_STRUCTS = {"tcb": ("registers", "vcpu", "state", "reply", "serving", "fault_word"), "percpu": ("current", "fpu_owner")}
_STATES = {"state_ready": "THREAD_READY", "state_inactive": "THREAD_INACTIVE", "state_reply": "THREAD_REPLY", "state_wfi": "THREAD_WFI"}
_CORE = "percpu_area"


@dataclass(frozen=True)
class Layout:
    """What the plugin is told of a kernel."""

    numbers: dict[str, int]
    text: tuple[int, int]
    leaves: tuple[int, ...]
    idles: tuple[int, ...]
    marks: tuple[tuple[int, int], ...]


def read_layout(kernel: Path) -> Layout:
    """Read a linked kernel; Failed when something is not in it."""
    try:
        program = Program(kernel, ROOT)
        fields, states = read_types(kernel, _STRUCTS, _STATES.values())
        numbers = _numbers(program, fields, states)
        code = program.code
    except Unbounded as error:
        raise Failed(f"the kernel cannot be profiled: {error}") from None
    return Layout(
        numbers, (min(code), max(code) + 4), *(tuple(a for a, each in code.items() if each.name == name) for name in ("eret", "wfi")),
        tuple(_marks(program)),
    )


def _numbers(program: Program, fields: Mapping[str, Mapping[str, int]], states: Mapping[str, int]) -> dict[str, int]:
    core = program.symbol(_CORE)
    numbers = {"vectors": program.symbol("exception_vectors"), "message_load": program.symbol("leave_with")} | {name: core + fields["percpu"][name] for name in _STRUCTS["percpu"]}
    return numbers | {f"tcb_{name}": fields["tcb"][name] for name in _STRUCTS["tcb"]} | {name: states[state] for name, state in _STATES.items()}


def _marks(program: Program) -> list[tuple[int, int]]:
    """First instruction of each function of INTERRUPTS and of each place it is inlined to, with its bit."""
    wanted = {name: bit for bit, (name, _) in enumerate(INTERRUPTS)}
    first: dict[tuple, int] = {}
    for address, frames in program.places.items():
        for depth, frame in enumerate(frames):
            if frame.function in wanted:
                caller = tuple((each.function, each.line, each.column) for each in frames[:depth])
                key = (program.function_of(address), caller, frame.function)
                first[key] = min(first.get(key, address), address)
    return sorted((address, wanted[key[-1]]) for key, address in first.items())
