# SPDX-License-Identifier: BSD-2-Clause
"""Longest paths in instructions, between looks at interrupts.

For each function these lengths: from its start to its end without a look (`through`), from its start to the first look (`head`), from the
last look to its end (`tail`), and between two looks (`between`); and where it leaves the kernel instead of coming back, from its start (`out`) and
from the last look (`out_tail`) to the exception return, which ends all its callers' paths as well. Loops are collapsed from the inside: entering a loop's header
costs turns times its longest way round. What ends the machine (a call that neither returns nor leaves) is no path, nor is one on which an answer is
taken for another (DONE for PREEMPTED: answers.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from bounds.annotations import Annotations
from bounds.answers import NOTHING, State, after, answer_of, behind_call, follow, followed
from bounds.flow import Function, Graph, is_conditional
from bounds.loops import Loop, Shape, shape_of
from bounds.path import Lengths, Path, keep_longer, longer, longest_of
from bounds.program import Instruction
from bounds.tables import moved_constant, writes

#: Constant arguments of a call, by number.
Arguments = dict[int, int]
Names = frozenset[str]
ByState = dict[State, Path]


def constant_in(code: dict[int, Instruction], function: Function, address: int, register: str) -> int | None:
    """The constant number that a register holds at `address`, if all ways there have moved the same one into it."""
    values: set[int | None] = set()
    seen: set[int] = set()
    work = [address]
    while work:
        node = work.pop()
        if node == function.start:
            return None
        for before in function.before(node):
            if writes(code[before], register):
                values.add(moved_constant(code[before]))
            elif before not in seen:
                seen.add(before)
                work.append(before)
    return values.pop() if len(values) == 1 else None


class Paths:
    """Longest paths of all functions. Each may be asked for without some functions: a path through one of them, inlined or not, is none.

    Without `outer/inner`: without `inner` as far as it is reached through `outer`. `@caller` among these names: under a call of that function,
    which bounds may ask for.
    """

    def __init__(self, graph: Graph, annotations: Annotations) -> None:
        self.graph = graph
        self.annotations = annotations
        self._known: dict[tuple[object, ...], Lengths] = {}
        self._shapes: dict[int, Shape] = {}
        self._reached: dict[int, Names] = {}

    def lengths(self, start: int, without: Names = frozenset(), arguments: Arguments | None = None) -> Lengths:
        """Lengths of the function at `start`."""
        relevant = frozenset(name for name in without if self.reached(start).issuperset(name.split("/")))
        key = (start, relevant, *sorted((arguments or {}).items()))
        if key not in self._known:
            self._known[key] = _Search(self, self.graph.function(start), relevant, arguments or {}).result()
        return self._known[key]

    def reached(self, start: int) -> Names:
        """Names of all functions of the source in which a call of this one may come."""
        if start not in self._reached:
            function = self.graph.function(start)
            names = {frame.function for node in function.next for frame in self.graph.program.places.get(node, ())}
            for callees in function.calls.values():
                names.update(*(self.reached(callee) for callee in callees))
            names.update(f"@{name}" for name in self.annotations.callers_wanted(function, self.shape(function).loops))
            self._reached[start] = frozenset(names)
        return self._reached[start]

    def inside(self, node: int, without: Names) -> Names | None:
        """What is left out further inside, where the instruction is; None if it belongs to something that is left out itself."""
        for frame in self.graph.program.places.get(node, ()):
            if frame.function in without:
                return None
            opened = {f"@{frame.function}", *(name.partition("/")[2] for name in without if name.startswith(frame.function + "/"))}
            without = without | opened | self.annotations.without(frame)
        return without

    def shape(self, function: Function) -> Shape:
        """A function's loops."""
        if function.start not in self._shapes:
            self._shapes[function.start] = shape_of(function)
        return self._shapes[function.start]

    def call(self, function: Function, address: int, without: Names) -> Lengths:
        """What a call adds: the longest of its callees, the branch itself not included."""
        found = Lengths()
        inner = self.inside(address, without) or frozenset()
        for start in function.calls[address]:
            callee = self.graph.function(start)
            if callee.returns or callee.leaves:
                wanted = self.annotations.arguments_wanted(callee, self.shape(callee).loops)
                values = {index: constant_in(self.graph.program.code, function, address, f"x{index}") for index in wanted}
                known = {index: value for index, value in values.items() if value is not None}
                found.add(self.lengths(start, inner, known))
        return found


@dataclass
class _Walk:
    """Longest paths up to and including each node, by what is known on them, and the longest ones to a look and out of the kernel."""

    to: dict[int, ByState] = field(default_factory=dict)
    to_look: Path | None = None
    to_exit: Path | None = None


@dataclass
class _Region:
    """A function, or one turn of a loop (whose header is named): its nodes, and the headers of loops that are entered in it."""

    order: list[int]
    nodes: set[int]
    rounds: set[int]
    header: int | None = None


class _Search:
    """The longest paths of one function."""

    def __init__(self, paths: Paths, function: Function, without: Names, arguments: Arguments) -> None:
        self._paths = paths
        self._code = paths.graph.program.code
        self._function = function
        self._arguments = arguments
        self._callers = frozenset(name[1:] for name in without if name.startswith("@"))
        self._registers = followed(self._code, function)
        self._shape = paths.shape(function)
        self._order = [node for node in self._shape.order if paths.inside(node, without) is not None]
        self._before: dict[int, list[int]] = {node: [] for node in self._shape.order}
        for node in self._order:
            for following in function.next[node]:
                if (node, following) not in self._shape.back:
                    self._before[following].append(node)
        calls = [node for node in self._order if node in function.calls and node not in function.fatal]
        self._calls = {node: paths.call(function, node, without) for node in calls}
        #: By header: all turns the long way round; the longest way from a look inside to the way back.
        self._round: dict[int, Path] = {}
        self._return: dict[int, Path] = {}

    def result(self) -> Lengths:
        """All lengths."""
        for loop in self._shape.loops:
            self._collapse(loop)
        everything = _Region(self._order, set(self._order), set(self._round))
        from_start = self._walk(everything, self._function.start, False)
        from_looks = self._walk(everything, None, True)
        found = Lengths(head=from_start.to_look, between=from_looks.to_look, out=from_start.to_exit, out_tail=from_looks.to_exit)
        for node in self._function.ends:
            for walk, paths in ((from_start, found.through), (from_looks, found.tail)):
                for state, path in walk.to.get(node, {}).items():
                    keep_longer(paths, answer_of(state), path)
        for call in self._calls.values():
            found.add(Lengths(between=call.between))
        return found

    def _collapse(self, loop: Loop) -> None:
        """Inner loops are collapsed already; a loop in which every way round has a look needs no bound."""
        part = self._region(loop)
        inside = self._walk(part, loop.header, False)
        looks = self._walk(part, None, True)
        around = back = None
        for latch in loop.latches:
            around = longer(around, longest_of(self._along(latch, loop.header, inside)))
            back = longer(back, longest_of(self._along(latch, loop.header, looks)))
        if around is not None:
            turns = self._paths.annotations.turns(loop, self._function, self._shape.loops, self._arguments, self._callers)
            self._round[loop.header] = Path(None, around, turns)
            self._paths.annotations.note_cost(loop, self._function, around.length * turns)
        if back is not None:
            self._return[loop.header] = back

    def _region(self, loop: Loop) -> _Region:
        """One turn of a loop. Loops inside it that are the same loop of the source go round instead of it, not in addition."""
        same = self._paths.annotations.same_source(loop, self._function, self._shape.loops)
        nodes = [node for node in self._order if node in loop.nodes]
        return _Region(nodes, loop.nodes, set(self._round) - {loop.header} - same, loop.header)

    def _along(self, node: int, following: int, walk: _Walk) -> ByState:
        """The paths to `node` that can go on to `following`."""
        found: ByState = {}
        for state, path in walk.to.get(node, {}).items():
            known = follow(self._code, node, following, state, self._registers)
            if known is not None:
                keep_longer(found, known, path)
        return found

    def _walk(self, region: _Region, start: int | None, from_looks: bool) -> _Walk:
        """From `start`, or from every look in the region."""
        walk = _Walk()
        for node in region.order:
            before: ByState = {}
            for each in self._before[node]:
                if each in region.nodes:
                    for state, path in self._along(each, node, walk).items():
                        keep_longer(before, state, path)
            if node in self._headers:
                before = self._enter(node, longest_of(before), region, node == start, from_looks)
            self._execute(walk, node, before, node == start, from_looks)
        return walk

    @cached_property
    def _headers(self) -> set[int]:
        return {loop.header for loop in self._shape.loops}

    def _enter(self, node: int, before: Path | None, region: _Region, is_start: bool, from_looks: bool) -> ByState:
        """All turns of a loop are done where it is entered. What is known of an answer may be different in another turn."""
        if node != region.header and from_looks:
            before = longer(before, self._return.get(node))
        if (is_start or before is not None) and node in region.rounds:
            before = Path(before, self._round[node])
        return {} if before is None else {NOTHING: before}

    def _execute(self, walk: _Walk, node: int, before: ByState, is_start: bool, from_looks: bool) -> None:
        here: ByState = {NOTHING: Path(None, node)} if is_start and not before else {}
        for state, path in before.items():
            keep_longer(here, after(self._code[node], state, self._registers), Path(path, node))
        call = self._calls.get(node)
        if node in self._function.looks:
            walk.to_look = longer(walk.to_look, longest_of(here))
            here = {NOTHING: Path(None, node)} if from_looks else {}
        elif call is not None:
            not_taken = here if is_conditional(self._code[node]) else {}
            here = self._call(walk, call, here, from_looks)
            for state, path in not_taken.items():
                keep_longer(here, state, path)
        elif node in self._function.exits:
            walk.to_exit = longer(walk.to_exit, longest_of(here))
        if here:
            walk.to[node] = here

    @staticmethod
    def _call(walk: _Walk, call: Lengths, here: ByState, from_looks: bool) -> ByState:
        """Paths behind a call, by its answer."""
        found: ByState = {}
        for state, path in here.items():
            if call.head is not None:
                walk.to_look = longer(walk.to_look, Path(path, call.head))
            if call.out is not None:
                walk.to_exit = longer(walk.to_exit, Path(path, call.out))
            for answer, inner in call.through.items():
                keep_longer(found, behind_call(state, answer), Path(path, inner))
        if from_looks:
            walk.to_exit = longer(walk.to_exit, call.out_tail)
            for answer, inner in call.tail.items():
                keep_longer(found, behind_call(NOTHING, answer), Path(None, inner))
        return found
