# SPDX-License-Identifier: BSD-2-Clause
"""Drawing: the same for a seed, each mutant once, each statement as likely as any other."""

from __future__ import annotations

from collections import Counter

from mutants.draw import Mutant, draw


def shown(drawn: object) -> list[tuple[int, str]]:
    return [(mutant.line, mutant.after()) for mutant in drawn]  # type: ignore[attr-defined]


def test_same_seed_same_mutants(pool: list[list[Mutant]]) -> None:
    assert shown(draw(pool, 7)) == shown(draw(pool, 7))
    assert shown(draw(pool, 7)) != shown(draw(pool, 8))


def test_every_mutant_once(pool: list[list[Mutant]]) -> None:
    every = [mutant for mutants in pool for mutant in mutants]
    drawn = list(draw(pool, 1))
    assert len(drawn) == len(every)
    assert set(shown(drawn)) == set(shown(every))


def test_statements_are_equally_likely(pool: list[list[Mutant]]) -> None:
    """Line 20 has six mutants and line 12 has one, yet both come first as often: 1000 of 12000 each, give or take 5 sigma."""
    first = Counter(next(draw(pool, seed)).line for seed in range(12000))
    assert len(first) == 12
    assert all(850 < count < 1150 for count in first.values()), first
