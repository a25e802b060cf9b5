# SPDX-License-Identifier: BSD-2-Clause
"""Loops and annotations as they stand in C sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from bounds.errors import Unbounded
from bounds.sources import SourceLoop, Sources
import conftest  # noqa: F401

TEXT = """\
#define each(x) for (int x = 0; x < 3; x++)
void f(int n)
{
    for (int i = 0; i < n; i++) { /* bound: 3 */
        g(i);
        /* bound: 4 */
        while (n > 0 &&
               i > 2) {
            n--;
        }
    }
    do {
        h("for (;;) { /* no loop */"); // while (1) {}
    } while (n != 0);
    while (n--)
        h("");
    macro_loop(n); /* bound: 9 */
    run[n](); /* calls: run_table */
}
"""


def sources(folder: Path, text: str) -> Sources:
    """Of one file; expressions are plain numbers."""
    (folder / "x.c").write_text(text, encoding="utf-8")
    return Sources(folder, lambda _, expressions: [int(each) for each in expressions])


def spans(loops: list[SourceLoop]) -> list[tuple[int, int, str | None]]:
    """First and last line, and the bound."""
    return [(loop.first, loop.last, loop.bound.expression if loop.bound else None) for loop in loops]


@pytest.mark.parametrize(("line", "expected"), [
    (1, []),
    (5, [(4, 11, "3")]),
    (9, [(4, 11, "3"), (7, 10, "4")]),
    (13, [(12, 14, None)]),
    (14, [(12, 14, None)]),
    (16, [(15, 16, None)]),
    (17, [(17, 17, "9")]),
    (18, []),
])
def test_loops_around_a_line(tmp_path: Path, line: int, expected: list[tuple[int, int, str | None]]) -> None:
    """Outermost first, with the bound on the loop's line or above it; macros, strings and comments hold no loops."""
    assert spans(sources(tmp_path, TEXT).loops_around("x.c", line)) == expected


def test_tables_of_calls(tmp_path: Path) -> None:
    """By line."""
    found = sources(tmp_path, TEXT)
    assert (found.calls_at("x.c", 18), found.calls_at("x.c", 17)) == ("run_table", None)


def test_two_annotations_of_a_line_are_refused(tmp_path: Path) -> None:
    """One above it and one on it."""
    with pytest.raises(Unbounded, match=r"x\.c:3: this line has two annotations"):
        sources(tmp_path, "int a;\n/* bound: 1 */\nwhile (1) { /* bound: 2 */\n}\n").loops_around("x.c", 3)


def test_a_bound_over_two_lines(tmp_path: Path) -> None:
    """With what else it says."""
    text = "int a;\n/* bound: 16; in f: 3; unrolled 4;\n   assumed: the machine is quick */\nwhile (1) {\n}\n"
    bound = sources(tmp_path, text).loops_around("x.c", 4)[0].bound
    assert bound is not None
    assert (bound.expression, bound.unrolled, bound.assumed) == ("16", 4, "the machine is quick")
    assert (bound.within(frozenset({"f", "g"})).expression, bound.within(frozenset({"g"})).expression) == ("3", "16")
