# SPDX-License-Identifier: BSD-2-Clause
"""The mutants of a small file are exactly those written down here by hand."""

from __future__ import annotations

from mutants.changes import apply
from mutants.draw import Mutant

#: Line of small.c -> what it may become, by kind.
EXPECTED: dict[int, set[tuple[str, str]]] = {
    11: {
        ("relation", "if (value >= limit) {"),
        ("relation", "if (value <= limit) {"),
        ("condition", "if (!(value > limit)) {"),
        ("condition", "if (0) {"),
        ("condition", "if (1) {"),
    },
    12: {("dropped statement", "(void)0;"), ("constant", "value = (0 + 1);")},
    14: {("returned value", "return 0;"), ("returned value", "return 1;")},
    19: {("constant", "int sum = (0 + 1);")},
    20: {
        ("constant", "for (int i = (0 + 1); i < count; i++) {"),
        ("relation", "for (int i = 0; i <= count; i++) {"),
        ("relation", "for (int i = 0; i >= count; i++) {"),
        ("arithmetic", "for (int i = 0; i < count; i--) {"),
        ("condition", "for (int i = 0; !(i < count); i++) {"),
        ("condition", "for (int i = 0; 0; i++) {"),
    },
    21: {
        ("arithmetic", "sum -= values[i];"),
        ("arithmetic", "sum = values[i];"),
        ("dropped statement", "(void)0;"),
    },
    23: {("returned value", "return 0;"), ("returned value", "return 1;")},
    28: {
        ("bits", "int low = a | LIMIT_MASK;"),
        ("constant", "int low = a & (LIMIT_MASK + 1);"),
        ("constant", "int low = a & (LIMIT_MASK - 1);"),
    },
    29: {
        ("dropped statement", "(void)0;"),
        ("swapped arguments", "a = small_within(low, b);"),
        ("swapped targets", "b = small_within(b, low); a = a;"),
    },
    30: {("dropped statement", "(void)0;")},
    31: {("returned value", "return 0;"), ("returned value", "return 1;")},
    36: {
        ("arithmetic", "return value / 1;"),
        ("constant", "return value * (1 + 1);"),
        ("constant", "return value * (1 - 1);"),
        ("returned value", "return 0;"),
        ("returned value", "return 1;"),
    },
}


def test_small_file_has_exactly_these_mutants(pool: list[list[Mutant]]) -> None:
    found: dict[int, set[tuple[str, str]]] = {}
    for mutants in pool:
        for mutant in mutants:
            found.setdefault(mutant.line, set()).add((mutant.change.kind, mutant.after()))
    assert found == EXPECTED


def test_each_statement_once(pool: list[list[Mutant]]) -> None:
    assert [mutants[0].line for mutants in pool] == sorted(EXPECTED)


def test_mutants_keep_lines_and_all_other_text(pool: list[list[Mutant]]) -> None:
    for mutant in (mutant for mutants in pool for mutant in mutants):
        before, after = mutant.source.data.split(b"\n"), apply(mutant.source.data, mutant.change).split(b"\n")
        assert len(before) == len(after)
        differing = {number for number, (a, b) in enumerate(zip(before, after), 1) if a != b}
        assert differing and differing <= set(mutant.lines)


def test_functions_are_named(pool: list[list[Mutant]]) -> None:
    assert {mutants[0].function for mutants in pool} == {"small_within", "small_sum", "small_mix", "small_unused"}
