# SPDX-License-Identifier: BSD-2-Clause
"""What was measured of each file, and the sums over it.

Invariant: what is excluded stays in the count of all; it is covered by nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Line:
    """How often a line was executed; None where that side has no code of it."""

    host: int | None = None
    target: int | None = None

    @property
    def is_covered(self) -> bool:
        """Whether anything executed it."""
        return bool(self.host) or bool(self.target)


@dataclass
class Branch:
    """A condition that the code branches on; how often it was true and false."""

    line: int
    column: int
    text: str
    function: str
    true: int = 0
    false: int = 0

    def count(self, side: bool) -> int:
        """How often that side was taken."""
        return self.true if side else self.false


@dataclass
class Decision:
    """A decision of several conditions: for each one, whether the tests show that it alone decides (MC/DC)."""

    line: int
    text: str
    function: str
    conditions: list[bool]


@dataclass
class File:
    """All of one file. `excluded_lines` and `excluded_sides` say why."""

    path: str
    group: str
    lines: dict[int, Line] = field(default_factory=dict)
    branches: list[Branch] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    assertions: int = 0
    excluded_lines: dict[int, str] = field(default_factory=dict)
    excluded_sides: dict[tuple[int, int, bool], str] = field(default_factory=dict)

    def uncovered(self) -> list[int]:
        """Lines that nothing executed."""
        return sorted(number for number, line in self.lines.items() if not line.is_covered)

    def missing_sides(self) -> list[tuple[Branch, bool]]:
        """Sides of branches that were never taken."""
        return [(branch, side) for branch in self.branches for side in (True, False) if branch.count(side) == 0]

    def open_sides(self) -> list[tuple[Branch, bool]]:
        """Those of them that no exclusion explains."""
        return [(branch, side) for branch, side in self.missing_sides() if (branch.line, branch.column, side) not in self.excluded_sides]


@dataclass(frozen=True)
class Sum:
    """So many of all were covered, so many excluded; what is neither is open."""

    all: int
    covered: int
    excluded: int

    @property
    def percent(self) -> float:
        """Covered of all; nothing of nothing is everything."""
        return 100.0 * self.covered / self.all if self.all else 100.0

    @property
    def excluded_percent(self) -> float:
        """Excluded of all."""
        return 100.0 * self.excluded / self.all if self.all else 0.0

    @property
    def open(self) -> int:
        """Neither covered nor excluded."""
        return self.all - self.covered - self.excluded


def lines_of(files: Iterable[File]) -> Sum:
    """The sum of lines."""
    chosen = list(files)
    total = sum(len(file.lines) for file in chosen)
    missing = sum(len(file.uncovered()) for file in chosen)
    return Sum(total, total - missing, sum(len(file.excluded_lines) for file in chosen))


def branches_of(files: Iterable[File]) -> Sum:
    """The sum of sides of branches."""
    chosen = list(files)
    total = sum(2 * len(file.branches) for file in chosen)
    missing = sum(len(file.missing_sides()) for file in chosen)
    return Sum(total, total - missing, sum(len(file.excluded_sides) for file in chosen))


def decisions_of(decisions: Iterable[Decision]) -> Sum:
    """The sum of conditions in decisions of several conditions (MC/DC)."""
    conditions = [covered for decision in decisions for covered in decision.conditions]
    return Sum(len(conditions), sum(conditions), 0)
