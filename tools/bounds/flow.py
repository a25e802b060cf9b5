# SPDX-License-Identifier: BSD-2-Clause
"""Control flow: the graph of each function, who calls whom, and what an indirect branch may reach.

A node is one instruction. A direct branch to another function's start is a tail call. Refused, with the place: recursion, indirect
branches whose targets cannot be read from a constant table, code that runs off a function's end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bounds.errors import Unbounded
from bounds.program import INSTRUCTION_BYTES, Instruction, Program
from bounds.tables import jump_targets, table_behind

_CONDITIONAL = ("cbz", "cbnz", "tbz", "tbnz")
_DEAD = ("brk", "hlt", "udf")
#: An instruction that looks whether an interrupt waits, or takes one, or waits for one.
_LOOK = re.compile(r"^mrs .*\b(ISR_EL1|ICC_IAR1_EL1|ICC_HPPIR1_EL1)$|^wfi\b", re.IGNORECASE)


@dataclass
class Function:
    """A function's graph: successors of each instruction, calls it makes, where it ends."""

    start: int
    name: str
    next: dict[int, list[int]] = field(default_factory=dict)
    calls: dict[int, list[int]] = field(default_factory=dict)
    #: Instructions that go back to the caller: returns, and tail calls of what returns (which are in `calls` too).
    ends: set[int] = field(default_factory=set)
    #: Exception returns: the way out of the kernel.
    exits: set[int] = field(default_factory=set)
    #: Whether it can come back to its caller; whether it, or what it calls, can leave the kernel instead.
    returns: bool = False
    leaves: bool = False
    looks: set[int] = field(default_factory=set)
    #: Calls that neither come back nor leave the kernel: the machine's end.
    fatal: set[int] = field(default_factory=set)
    _before: dict[int, list[int]] = field(default_factory=dict)

    def before(self, node: int) -> list[int]:
        """The instructions from which `node` is reached."""
        if not self._before:
            for each, following in self.next.items():
                for one in following:
                    self._before.setdefault(one, []).append(each)
        return self._before.get(node, [])


def is_conditional(instruction: Instruction) -> bool:
    """Whether it is a branch that may not be taken."""
    return instruction.name.startswith("b.") or instruction.name in _CONDITIONAL


#: Says which constant tables an indirect call at an address reads (an annotation in the source), or None.
TableNames = Callable[[int], str | None]


class Graph:
    """Functions reached from the entries asked for, each analysed once."""

    def __init__(self, program: Program, tables: TableNames) -> None:
        self.program = program
        self._tables = tables
        self._functions: dict[int, Function] = {}
        self._open: list[int] = []

    def functions(self) -> list[Function]:
        """All that were analysed."""
        return list(self._functions.values())

    def function(self, start: int) -> Function:
        """The graph of the function at `start`; all functions it calls are analysed too."""
        if start in self._functions:
            return self._functions[start]
        if start in self._open:
            chain = [*self._open[self._open.index(start) :], start]
            names = " -> ".join(self.program.name_of(each) for each in chain)
            raise Unbounded(f"recursion: {names}; a stack cannot be bounded then, make it a loop")
        self._open.append(start)
        built = self._build(start)
        self._open.pop()
        self._functions[start] = built
        return built

    def _build(self, start: int) -> Function:
        function = Function(start, self.program.name_of(start))
        work = [start]
        while work:
            address = work.pop()
            if address in function.next:
                continue
            if address not in self.program.code:
                raise Unbounded(f"{function.name} runs on to {address:#x}, where no code is")
            if address != start and address in self.program.functions and address - INSTRUCTION_BYTES in function.next:
                raise Unbounded(f"{function.name} runs off its end into {self.program.name_of(address)}; is a call's callee not declared _Noreturn?")
            function.next[address] = self._step(function, self.program.code[address])
            work.extend(function.next[address])
        return function

    def _step(self, function: Function, instruction: Instruction) -> list[int]:
        """Successors of one instruction inside its function; notes calls, ends and looks."""
        address, name, target = instruction.address, instruction.name, instruction.target
        behind = address + INSTRUCTION_BYTES
        if _LOOK.match(f"{name} {instruction.operands}"):
            function.looks.add(address)
        if name == "ret":
            function.ends.add(address)
            function.returns = True
            return []
        if name == "eret":
            function.exits.add(address)
            function.leaves = True
            return []
        if name in _DEAD:
            function.fatal.add(address)
            return []
        if name == "b":
            return self._jump(function, address, target)
        if is_conditional(instruction):
            return [*self._jump(function, address, target), behind]
        if name == "bl":
            return self._call(function, address, [target or 0])
        if name == "blr":
            return self._call(function, address, self._indirect_callees(function, instruction))
        if name == "br":
            return self._branch(function, instruction)
        return [behind]

    def _jump(self, function: Function, address: int, target: int | None) -> list[int]:
        if target is None:
            raise Unbounded(f"branch without a target at {self.program.place(address)}")
        if target in self.program.functions and target != function.start:
            return self._tail_call(function, address, [target])
        return [target]

    def _tail_call(self, function: Function, address: int, callees: list[int]) -> list[int]:
        if self._comes_back(function, address, callees):
            function.ends.add(address)
            function.returns = True
        return []

    def _call(self, function: Function, address: int, callees: list[int]) -> list[int]:
        return [address + INSTRUCTION_BYTES] if self._comes_back(function, address, callees) else []

    def _comes_back(self, function: Function, address: int, callees: list[int]) -> bool:
        """Note a call; whether one of the callees comes back from it."""
        called = [self.function(callee) for callee in callees]
        function.calls[address] = callees
        leaves, returns = any(each.leaves for each in called), any(each.returns for each in called)
        function.leaves |= leaves
        if not returns and not leaves:
            function.fatal.add(address)
        return returns

    def _indirect_callees(self, function: Function, instruction: Instruction) -> list[int]:
        """From the annotation, else from the table that the pointer was loaded from."""
        pattern = self._tables(instruction.address) or table_behind(self.program, instruction)
        callees = self.program.pointers(pattern) if pattern else []
        if not callees:
            what = f"the pattern {pattern} names no constant table of functions" if pattern else "its pointer comes from no constant table"
            place = self.program.place(instruction.address)
            raise Unbounded(f"indirect call in {function.name} at {place}: {what}; write /* calls: TABLE */ on its line")
        return callees

    def _branch(self, function: Function, instruction: Instruction) -> list[int]:
        targets = jump_targets(self.program, instruction)
        if targets:
            return targets
        return self._tail_call(function, instruction.address, self._indirect_callees(function, instruction))
