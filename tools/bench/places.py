# SPDX-License-Identifier: BSD-2-Clause
"""From an executed address to the instruction there: its program, function, source line and what it does, by the linked ELF files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.facts import Fact, fact_of
from bounds.program import Program

KERNEL = "kernel"


@dataclass(frozen=True)
class Step:
    """One instruction. `functions`: the innermost function first, then who has it inlined; `place` is FILE:LINE in the innermost, empty if the compiler names none."""

    program: str
    address: int
    text: str
    functions: tuple[str, ...]
    place: str
    fact: Fact

    @property
    def function(self) -> str:
        """The innermost function, or the label in front of an instruction of assembly."""
        return self.functions[0]

    @property
    def is_clear(self) -> bool:
        """DC ZVA: clears a whole line, which the plugin is not told of."""
        return self.text.lower().startswith("dc zva")


class Places:
    """All programs of a system."""

    def __init__(self, kernel: Program, processes: Mapping[str, Program]) -> None:
        self._kernel = kernel
        self._processes = processes
        self._known: dict[tuple[int, bool], Step] = {}

    def at(self, address: int, is_kernel: bool) -> Step:
        """What is executed there; an instruction of no program is said to be so."""
        step = self._known.get((address, is_kernel))
        if step is None:
            step = self._known[address, is_kernel] = self._read(address, is_kernel)
        return step

    def _read(self, address: int, is_kernel: bool) -> Step:
        name, program = (KERNEL, self._kernel) if is_kernel else self._program_at(address)
        instruction = program.code.get(address) if program else None
        if program is None or instruction is None:
            return Step(name, address, "(not in a program of the system)", ("?",), "", Fact())
        frames = [frame for frame in reversed(program.places.get(address, ())) if frame.line]
        functions = tuple(frame.function for frame in frames if frame.function) or (_label_of(program, address),)
        place = f"{frames[0].file}:{frames[0].line}" if frames else ""
        return Step(name, address, f"{instruction.name} {instruction.operands}".strip(), functions, place, fact_of(instruction.name, instruction.operands))

    def _program_at(self, address: int) -> tuple[str, Program | None]:
        return next(((name, program) for name, program in self._processes.items() if address in program.code), ("?", None))


def _label_of(program: Program, address: int) -> str:
    before = [(at, name) for at, name in (*program.functions.items(), *program.labels.items()) if at <= address]
    return max(before)[1] if before else "?"
