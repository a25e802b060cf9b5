# SPDX-License-Identifier: BSD-2-Clause
"""How deep the stack gets: the stack pointer followed through each function, the deepest chain of calls.

Every write of sp has to be understood: additions of constants, pushes and pops; a move from another register is a new stack (the way
into the kernel and out of it). The size found for each function is compared with what the compiler declares (call frame information).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bounds.errors import Unbounded
from bounds.flow import Function, Graph
from bounds.program import Instruction

_ADJUST = re.compile(r"sp, sp, #(\d+)(?:, lsl #(\d+))?")
_PUSH_POP = re.compile(r"\[sp, #(-?\d+)\]!|\[sp\], #(-?\d+)")
_READS_ONLY = ("cmp", "cmn", "str", "stp", "stur", "strb", "strh")


#: Whether an instruction cannot be reached in the case that is looked at.
Excluded = Callable[[int], bool]


@dataclass(frozen=True)
class Depth:
    """Bytes below the stack pointer's value at entry; the chain of calls that gets there; the pointer's change at the end."""

    bytes: int
    chain: tuple[str, ...]
    change: int


class Stacks:
    """Stack use of the functions of a graph, in one case: `excluded` leaves instructions out."""

    def __init__(self, graph: Graph, excluded: Excluded = lambda _: False) -> None:
        self._graph = graph
        self._excluded = excluded
        self._known: dict[int, Depth] = {}
        #: Bytes of each function's own frame.
        self.own: dict[int, int] = {}

    def depth(self, start: int) -> Depth:
        """The deepest stack of the function at `start`."""
        if start not in self._known:
            self._known[start] = self._follow(self._graph.function(start))
        return self._known[start]

    def _follow(self, function: Function) -> Depth:
        """Each instruction must find the pointer at one place, whatever the way to it."""
        at = {function.start: 0}
        work, deepest, changes, own = [function.start], Depth(0, (), 0), set(), 0
        while work:
            node = work.pop()
            after = self._after(self._graph.program.code[node], at[node])
            own = max(own, after)
            inner = [self.depth(callee) for callee in function.calls.get(node, ())]
            for each in inner:
                if after + each.bytes > deepest.bytes:
                    deepest = Depth(after + each.bytes, (f"{function.name} {after}", *each.chain), 0)
            if len({each.change for each in inner}) > 1:
                raise Unbounded(f"{function.name}: the callees at {self._graph.program.place(node)} leave the stack pointer at different places")
            after += inner[0].change if inner else 0
            if node in function.ends:
                changes.add(after)
            for following in function.next[node]:
                if following not in at and not self._excluded(following):
                    at[following] = after
                    work.append(following)
                elif at.get(following, after) != after:
                    place = self._graph.program.place(following)
                    raise Unbounded(f"{function.name}: the stack pointer at {place} depends on the way there ({at[following]} or {after} bytes)")
        if len(changes) > 1:
            raise Unbounded(f"{function.name} returns with the stack pointer at different places: {sorted(changes)}")
        self.own[function.start] = own
        if own > deepest.bytes or not deepest.chain:
            deepest = Depth(own, (f"{function.name} {own}",), 0)
        return Depth(deepest.bytes, deepest.chain, changes.pop() if changes else 0)

    def _after(self, instruction: Instruction, depth: int) -> int:
        """Depth behind an instruction that has found it at `depth`."""
        name, operands = instruction.name, instruction.operands
        moved = _PUSH_POP.search(operands)
        if moved:
            return depth - int(moved[1] or moved[2])
        if not re.match(r"sp\b", operands) or name in _READS_ONLY:
            return depth
        adjusted = _ADJUST.fullmatch(operands)
        if adjusted and name in ("add", "sub"):
            size = int(adjusted[1]) << int(adjusted[2] or 0)
            return depth + size if name == "sub" else depth - size
        if name == "mov":
            return 0
        raise Unbounded(f"{self._graph.program.place(instruction.address)}: `{name} {operands}` moves the stack pointer in a way that is not understood")

    def check_declared(self) -> int:
        """Compare with the compiler's call frame information; returns how many functions could be compared."""
        count = 0
        for start, declared in self._graph.program.frames_declared.items():
            if start not in self.own or self._graph.program.name_of(start).startswith("OUTLINED_FUNCTION_"):
                continue
            count += 1
            if declared != self.own[start]:
                name = self._graph.program.name_of(start)
                raise Unbounded(f"{name}: its instructions use {self.own[start]} bytes of stack, its call frame information says {declared}")
        return count
