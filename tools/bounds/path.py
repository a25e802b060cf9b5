# SPDX-License-Identifier: BSD-2-Clause
"""A path through the program and its length in instructions; the longest ones of a function, by what it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar


class Path:
    """A path as a linked list, so that prefixes are shared: `item` (an instruction, or a whole path) `times` over, behind `before`."""

    __slots__ = ("length", "before", "item", "times")

    def __init__(self, before: "Path | None", item: "int | Path", times: int = 1) -> None:
        self.before = before
        self.item = item
        self.times = times
        own = 1 if isinstance(item, int) else item.length
        self.length: int = (before.length if before else 0) + own * times

    def counts(self) -> Counter[int]:
        """How often each instruction is executed on it."""
        counts: Counter[int] = Counter()
        work: list[tuple[Path, int]] = [(self, 1)]
        while work:
            path, factor = work.pop()
            at: Path | None = path
            while at is not None:
                if isinstance(at.item, int):
                    counts[at.item] += factor * at.times
                else:
                    work.append((at.item, factor * at.times))
                at = at.before
        return counts

    def first(self) -> int:
        """The first instruction."""
        path: Path = self
        while True:
            while path.before is not None:
                path = path.before
            if isinstance(path.item, int):
                return path.item
            path = path.item

    def last(self) -> int:
        """The last instruction."""
        path: Path = self
        while not isinstance(path.item, int):
            path = path.item
        return path.item


def longer(a: Path | None, b: Path | None) -> Path | None:
    """The longer one of two that may not exist."""
    if a is None or b is None:
        return a or b
    return a if a.length >= b.length else b


#: What a function is known to have answered (w0) at the end of a path: 0, 1, or not known.
Answer = int | None
ByAnswer = dict[Answer, Path]
Key = TypeVar("Key")


def keep_longer(paths: dict[Key, Path], key: Key, path: Path | None) -> None:
    """Put a path in if it is the longest one with its key."""
    best = longer(paths.get(key), path)
    if best is not None:
        paths[key] = best


def longest_of(paths: Mapping[Key, Path]) -> Path | None:
    """The longest one, whatever its key."""
    return max(paths.values(), key=lambda path: path.length, default=None)


@dataclass
class Lengths:
    """The longest paths of a function: start to end, start to first look, last look to end, look to look; and out of the kernel, from start and last look."""

    through: ByAnswer = field(default_factory=dict)
    head: Path | None = None
    tail: ByAnswer = field(default_factory=dict)
    between: Path | None = None
    out: Path | None = None
    out_tail: Path | None = None

    def add(self, other: "Lengths") -> None:
        """Of two that may happen, the longer of each."""
        for mine, others in ((self.through, other.through), (self.tail, other.tail)):
            for answer, path in others.items():
                keep_longer(mine, answer, path)
        self.head = longer(self.head, other.head)
        self.between = longer(self.between, other.between)
        self.out = longer(self.out, other.out)
        self.out_tail = longer(self.out_tail, other.out_tail)
