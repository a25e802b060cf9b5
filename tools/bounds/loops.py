# SPDX-License-Identifier: BSD-2-Clause
"""Loops of a function's graph: dominators, natural loops and their nesting. An irreducible loop (one with two ways in) is refused.

Back edges that share a header are one loop. Not here: how often a loop goes round (annotations.py) and what it costs (paths.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bounds.errors import Unbounded
from bounds.flow import Function


@dataclass
class Loop:
    """A natural loop: its header, the sources of its back edges, its nodes (those of loops inside included)."""

    header: int
    latches: set[int] = field(default_factory=set)
    nodes: set[int] = field(default_factory=set)


@dataclass
class Shape:
    """A function's nodes in an order in which every edge but back edges leads forward, and its loops, inner ones first."""

    order: list[int]
    loops: list[Loop]
    back: set[tuple[int, int]]


def shape_of(function: Function) -> Shape:
    """Find the loops of a function; raises Unbounded for an irreducible one."""
    order = _reverse_postorder(function)
    position = {node: index for index, node in enumerate(order)}
    before: dict[int, list[int]] = {node: [] for node in order}
    for node in order:
        for following in function.next[node]:
            before[following].append(node)
    dominator = _dominators(order, position, before)
    loops: dict[int, Loop] = {}
    back = set()
    for node in order:
        for following in function.next[node]:
            if position[following] > position[node]:
                continue
            if not _dominates(following, node, dominator, position):
                raise Unbounded(
                    f"irreducible loop in {function.name}: from {node:#x} back to {following:#x}, which is not its only way in; write it without goto"
                )
            back.add((node, following))
            loop = loops.setdefault(following, Loop(following))
            loop.latches.add(node)
            loop.nodes |= _body(node, following, before)
    return Shape(order, sorted(loops.values(), key=lambda loop: len(loop.nodes)), back)


def _reverse_postorder(function: Function) -> list[int]:
    done: list[int] = []
    seen = {function.start}
    stack = [(function.start, iter(function.next[function.start]))]
    while stack:
        node, rest = stack[-1]
        following = next((each for each in rest if each not in seen), None)
        if following is None:
            done.append(node)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(function.next[following])))
    return done[::-1]


def _dominators(order: list[int], position: dict[int, int], before: dict[int, list[int]]) -> dict[int, int]:
    """Immediate dominators (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm)."""
    dominator = {order[0]: order[0]}
    is_changed = True
    while is_changed:
        is_changed = False
        for node in order[1:]:
            known = [each for each in before[node] if each in dominator]
            new = known[0]
            for other in known[1:]:
                new = _meet(new, other, dominator, position)
            if dominator.get(node) != new:
                dominator[node] = new
                is_changed = True
    return dominator


def _meet(a: int, b: int, dominator: dict[int, int], position: dict[int, int]) -> int:
    while a != b:
        while position[a] > position[b]:
            a = dominator[a]
        while position[b] > position[a]:
            b = dominator[b]
    return a


def _dominates(a: int, b: int, dominator: dict[int, int], position: dict[int, int]) -> bool:
    while position[b] > position[a]:
        b = dominator[b]
    return a == b


def _body(latch: int, header: int, before: dict[int, list[int]]) -> set[int]:
    nodes = {header, latch}
    work = [latch] if latch != header else []
    while work:
        for each in before[work.pop()]:
            if each not in nodes:
                nodes.add(each)
                work.append(each)
    return nodes
