# SPDX-License-Identifier: BSD-2-Clause
"""Mutants drawn at random: a statement first, each as likely as any other, then a kind, then a change of that kind.

The same seed over the same text gives the same mutants in the same order. None is drawn twice.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Iterator

from clang.cindex import CursorKind

from mutants.changes import KINDS, Change, apply, changes_of
from mutants.syntax import Place, Source


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    source: Source
    function: str
    change: Change
    has_code: bool = True  # its lines are executed; a label's or a table's are not

    @property
    def path(self) -> str:
        """The file's path below the root."""
        return self.source.path

    @property
    def line(self) -> int:
        """The first line that is changed."""
        return self.source.line(self.change.edits[0].start)

    @property
    def lines(self) -> range:
        """All lines from the first change to the last."""
        return range(self.line, self.source.line(self.change.edits[-1].end - 1) + 1)

    def text(self) -> bytes:
        """Return the whole file as changed."""
        return apply(self.source.data, self.change)

    def before(self) -> str:
        """Return the changed lines as they were, with single spaces."""
        return _shown(self.source, self.lines)

    def after(self) -> str:
        """Return the changed lines as they are, with single spaces."""
        return _shown(Source(self.path, self.text()), self.lines)


def _shown(source: Source, lines: range) -> str:
    return " ".join(source.text(source.line_span(lines.start, lines.stop - 1)).split())


def mutants_of(place: Place) -> list[Mutant]:
    """Return all mutants of a statement; of changes that come to the same, the first."""
    by_edits: dict[object, Mutant] = {}
    has_code = place.node.kind not in (CursorKind.CASE_STMT, CursorKind.VAR_DECL)
    for change in changes_of(place):
        by_edits.setdefault(change.edits, Mutant(place.source, place.function, change, has_code))
    return list(by_edits.values())


def statements(places: list[Place]) -> list[list[Mutant]]:
    """Return the mutants of each statement that has any, in the order of files and lines."""
    ordered = sorted(places, key=lambda place: (place.source.path, place.node.extent.start.offset))
    return [mutants for mutants in map(mutants_of, ordered) if mutants]


def draw(pool: list[list[Mutant]], seed: int) -> Iterator[Mutant]:
    """Yield every mutant of the pool once, at random."""
    chance = random.Random(seed)
    left = [list(mutants) for mutants in pool]
    while left:
        index = chance.randrange(len(left))
        mutants = left[index]
        kind = chance.choice([kind for kind in KINDS if any(mutant.change.kind == kind for mutant in mutants)])
        mutant = chance.choice([mutant for mutant in mutants if mutant.change.kind == kind])
        mutants.remove(mutant)
        if not mutants:
            left[index] = left[-1]
            left.pop()
        yield mutant
