# SPDX-License-Identifier: BSD-2-Clause
"""Which source loop a machine loop is, and so how often it goes round.

A machine loop belongs to the source loop, in one inlined instance of its function, in which most of its instructions lie, among them those
that go back; of several the innermost. Not all can be asked for: the compiler moves a few in and out and forgets the lines of others. One source loop may have become several machine loops
(an unrolled one and what is left over, or versions): each gets the bound. Nested ones that are
one source loop (a loop with `continue`) go round as often together; paths.py counts each once that often.
"""

from __future__ import annotations

from collections import Counter

from bounds.counted import counted_turns
from bounds.errors import Unbounded
from bounds.flow import Function
from bounds.loops import Loop
from bounds.program import Frame, Program
from bounds.sources import Bound, SourceLoop, Sources

#: So much of a machine loop must lie in its source loop.
_SHARE_MIN = 0.5

#: An inlined instance of a function: the call sites that lead to it, and itself.
Instance = tuple[tuple[str, str, int, int], ...]


class Annotations:
    """Bounds of machine loops."""

    def __init__(self, program: Program, sources: Sources) -> None:
        self._program = program
        self._sources = sources
        self._known: dict[tuple[int, int], SourceLoop | None] = {}
        #: Bounds that were asked for: the largest value each had, and the instructions of all its turns.
        self.used: dict[Bound, int] = {}
        self.costs: dict[Bound, int] = {}
        #: Turns of loops that only the compiler knows, by header.
        self.counted: dict[int, int] = {}

    def check_names(self) -> None:
        """Refuse annotations that speak of functions which are none: they would have no effect, and nobody would know."""
        known = set(self._program.symbols)
        for frames in self._program.places.values():
            for frame in frames:
                known.add(frame.function)
                self._sources.loops_around(frame.file, frame.line)
        for name, (file, line) in self._sources.names_without().items():
            if name not in known:
                raise Unbounded(f"{file}:{line}: `without` names {name}, which is no function of the program; correct the annotation")

    def tables(self, address: int) -> str | None:
        """The annotation of an indirect call."""
        frames = [frame for frame in self._program.places.get(address, ()) if frame.line]
        return self._sources.calls_at(frames[-1].file, frames[-1].line) if frames else None

    def without(self, frame: Frame) -> frozenset[str]:
        """Functions that a line of the source does not lead to."""
        return self._sources.without_at(frame.file, frame.line)

    def source_loop(self, loop: Loop, function: Function) -> SourceLoop | None:
        """The source loop behind a machine loop, if there is one."""
        key = (function.start, loop.header)
        if key not in self._known:
            self._known[key] = self._find(loop)
        return self._known[key]

    def _find(self, loop: Loop) -> SourceLoop | None:
        found: Counter[tuple[Instance, SourceLoop]] = Counter()
        known: Counter[Instance] = Counter()
        latches: dict[int, set[tuple[Instance, SourceLoop]]] = {}
        for node in loop.nodes:
            pairs = self._around(node, known)
            found.update(pairs)
            if node in loop.latches and self._program.line(node):
                latches[node] = pairs
        fitting = [
            pair
            for pair, count in found.items()
            if count >= _SHARE_MIN * known[pair[0]] and all(pair in pairs for pairs in latches.values())
        ]
        best = max(fitting, key=lambda pair: (found[pair], len(pair[0]), pair[1].first, -pair[1].last), default=None)
        return None if best is None else best[1]

    def _around(self, node: int, known: Counter[Instance]) -> set[tuple[Instance, SourceLoop]]:
        """The source loops around an instruction, at all levels of inlining; counts in `known` the instances whose line is known."""
        pairs: set[tuple[Instance, SourceLoop]] = set()
        way: Instance = ()
        for frame in self._program.places.get(node, ()):
            instance = (*way, (frame.function, "", 0, 0))
            known[instance] += bool(frame.line)
            pairs |= {(instance, around) for around in self._sources.loops_around(frame.file, frame.line)}
            way = (*way, (frame.function, frame.file, frame.line, frame.column))
        return pairs

    def same_source(self, loop: Loop, function: Function, loops: list[Loop]) -> set[int]:
        """Headers of the loops inside `loop` that are the same loop of the source."""
        source = self.source_loop(loop, function)
        inner = [each for each in loops if each.header in loop.nodes and each is not loop]
        return {each.header for each in inner if source is not None and self.source_loop(each, function) == source}

    def arguments_wanted(self, function: Function, loops: list[Loop]) -> set[int]:
        """Numbers of the arguments that bounds in the function depend on."""
        bounds = [source.bound for source in (self.source_loop(loop, function) for loop in loops) if source]
        return {int(bound.argument[1]) for bound in bounds if bound and bound.argument}

    def callers_wanted(self, function: Function, loops: list[Loop]) -> frozenset[str]:
        """Functions for which a bound in this one is a special one."""
        bounds = [source.bound for source in (self.source_loop(loop, function) for loop in loops) if source]
        return frozenset(name for bound in bounds if bound for name, _ in bound.inside)

    def note_cost(self, loop: Loop, function: Function, cost: int) -> None:
        """All turns of a loop have so many instructions."""
        source = self.source_loop(loop, function)
        if source and source.bound:
            self.costs[source.bound] = max(self.costs.get(source.bound, 0), cost)

    def turns(self, loop: Loop, function: Function, loops: list[Loop], arguments: dict[int, int], callers: frozenset[str]) -> int:
        """How often a machine loop goes back at most: as often as its body is executed, since it may be left in front of it.

        `loops` are all of the function, `callers` functions it is called under.
        """
        source = self.source_loop(loop, function)
        if source is None:
            counted = counted_turns(self._program, function, loop)
            if counted is None:
                place = self._program.place(loop.header)
                raise Unbounded(f"the loop at {place} in {function.name} is no loop of the sources; annotate its line: /* bound: N */")
            self.counted[loop.header] = counted
            return counted - 1
        if source.bound is None:
            raise Unbounded(
                f"{source.file}:{source.first}: this loop has no bound, and interrupts wait while it runs (in {function.name}, {loop.header:#x}); "
                "write /* bound: N */ on its line, or let it ask preemption_point()"
            )
        bound = source.bound.within(callers | self._functions_around(loop))
        value = self._value(bound, function, arguments)
        if value < 0:
            raise Unbounded(f"{bound}: the bound {bound.expression} is {value}")
        self.used[source.bound] = max(self.used.get(source.bound, 0), value)
        if bound.unrolled > 1:
            value = self._steps(loop, function, loops, bound, value)
        return value

    def _functions_around(self, loop: Loop) -> frozenset[str]:
        """The functions that all of a loop is inlined into, or is written in."""
        return frozenset.intersection(*[frozenset(frame.function for frame in self._program.places.get(node, ())) for node in loop.nodes])

    def _value(self, bound: Bound, function: Function, arguments: dict[int, int]) -> int:
        match = bound.argument
        if match is None:
            return self._sources.value(bound)
        if int(match[1]) not in arguments:
            raise Unbounded(f"{bound}: {function.name} is called with an x{match[1]} that is no constant, so {bound.expression} is not known")
        return bound.of_argument(arguments[int(match[1])])

    def _steps(self, loop: Loop, function: Function, loops: list[Loop], bound: Bound, value: int) -> int:
        """An unrolled loop does many steps in one turn; the loop for the rest does fewer than that."""
        if self._copies(loop) >= bound.unrolled:
            return -(-value // bound.unrolled)
        sources = [(each, self.source_loop(each, function)) for each in loops]
        others = [each for each, source in sources if source and source.bound and source.bound.line == bound.line]
        if all(self._copies(each) < bound.unrolled for each in others):
            raise Unbounded(f"{bound}: the compiler has not unrolled this loop {bound.unrolled} times in {function.name}; correct the annotation")
        return bound.unrolled - 1

    def _copies(self, loop: Loop) -> int:
        """How often the most frequent instruction of one source place stands in the loop, a pair counted twice."""
        copies: Counter[tuple[object, ...]] = Counter()
        for node in loop.nodes:
            instruction, frames = self._program.code[node], self._program.places.get(node, ())
            if frames and frames[-1].line:
                name = instruction.name
                kind = name[:2] if name.startswith(("ld", "st")) else name
                operation = instruction.operands.split(",")[0] if name in ("dc", "ic") else ""
                copies[(kind, operation, *frames)] += 2 if name in ("ldp", "stp") else 1
        return max(copies.values(), default=0)
