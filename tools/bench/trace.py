# SPDX-License-Identifier: BSD-2-Clause
"""One repetition of a row, instruction by instruction with source lines, and its sums per function.

The plugin writes the addresses in the order of execution; names, instructions and source lines are those of the linked ELF files.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.facts import Fact, fact_of
from bounds.program import Program

_KERNEL = 1 << 63


@dataclass(frozen=True)
class Step:
    """One executed instruction. `place` is FILE:LINE of the innermost function, empty if the compiler names none."""

    program: str
    address: int
    text: str
    function: str
    place: str
    fact: Fact


def read_trace(data: bytes, kernel: Program, processes: Mapping[str, Program]) -> list[Step]:
    """The steps of a trace file."""
    return [_step(entry, kernel, processes) for (entry,) in struct.iter_unpack("<Q", data)]


def _step(entry: int, kernel: Program, processes: Mapping[str, Program]) -> Step:
    address = entry & ~_KERNEL
    name, program = ("kernel", kernel) if entry & _KERNEL else _program_at(address, processes)
    instruction = program.code.get(address) if program else None
    if program is None or instruction is None:
        return Step(name, address, "(not in a program of the system)", "?", "", Fact())
    frame = next((frame for frame in reversed(program.places.get(address, ())) if frame.line), None)
    function = (frame.function if frame else "") or _label_of(program, address)
    place = f"{frame.file}:{frame.line}" if frame else ""
    return Step(name, address, f"{instruction.name} {instruction.operands}".strip(), function, place, fact_of(instruction.name, instruction.operands))


def _program_at(address: int, processes: Mapping[str, Program]) -> tuple[str, Program | None]:
    return next(((name, program) for name, program in processes.items() if address in program.code), ("?", None))


def _label_of(program: Program, address: int) -> str:
    """The label in front of an instruction of assembly, which has no functions."""
    before = [(at, name) for at, name in (*program.functions.items(), *program.labels.items()) if at <= address]
    return max(before)[1] if before else "?"


def render(steps: Iterable[Step]) -> str:
    """The path, then the sums."""
    steps = list(steps)
    lines = [f"{index:>6} {step.program:8} {step.address:>#12x}  {step.text:44} {step.function:28} {step.place}" for index, step in enumerate(steps, 1)]
    return "\n".join([*lines, "", *_sums(steps)])


def _sums(steps: list[Step]) -> list[str]:
    counts = Counter((step.program, step.function) for step in steps)
    lines = [f"{'instructions':>12} {'loads':>6} {'stores':>6} {'sysreg':>6} {'barr':>5}  function"]
    for (program, function), count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        lines.append(_sum([step.fact for step in steps if (step.program, step.function) == (program, function)], f"{program}:{function}"))
    return [*lines, _sum([step.fact for step in steps], "all"), _sum([step.fact for step in steps if step.program == "kernel"], "all of the kernel")]


def _sum(facts: list[Fact], name: str) -> str:
    loads, stores = sum(fact.loaded > 0 for fact in facts), sum(fact.stored > 0 for fact in facts)
    return f"{len(facts):>12} {loads:>6} {stores:>6} {sum(fact.is_system_write for fact in facts):>6} {sum(fact.is_barrier for fact in facts):>5}  {name}"
