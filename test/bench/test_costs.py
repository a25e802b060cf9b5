# SPDX-License-Identifier: BSD-2-Clause
"""docs/design/costs.md: phases that do not fit, sentences that do not fit, and what is written and read back, from planted rows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from test_paths import PATH, planted
from bench import costs, phases
from bench.facts import Fact
from bench.measure import Followed
from bench.places import Step
from bench.rows import load_rows
from sel.errors import Failed

PHASES = """phases:
  entry: {what: in, functions: [first]}
  exit: {what: out, functions: [second, OUTLINED_FUNCTION]}
with_their_caller: [small]
"""
ROW = {"name": "call", "what": "a call", "min": 8, "median": 9, "max": 9, "unit": "instructions", "target": 6, "sel4": None}


def loaded(folder: Path, text: str = PHASES) -> phases.Phases:
    """Phases from a planted file."""
    path = folder / "phases.yaml"
    path.write_text(text, encoding="utf-8")
    return phases.load(path)


def step(*functions: str) -> Step:
    """An instruction of the kernel in these functions, the innermost first."""
    return Step("kernel", 0x40, "nop", functions, "kernel/a.c:7", Fact())


def test_the_innermost_function_with_a_phase_decides(tmp_path: Path) -> None:
    """A small one belongs to its caller, and pieces that the compiler has put out of line are told apart by no number."""
    known = loaded(tmp_path)
    assert [known.phase_of(step(*names)) for names in (("first", "second"), ("small", "second"), ("OUTLINED_FUNCTION_17",))] == ["entry", "exit", "exit"]


def test_functions_without_a_phase_are_all_named(tmp_path: Path) -> None:
    """With a place of each; a small one that has no caller here is among them."""
    with pytest.raises(Failed, match=r"phases.yaml: in no phase: new_one \(kernel/a.c:7\), other \(kernel/a.c:7\), small \(executed on its own\): add each"):
        loaded(tmp_path).check_known([step("first"), step("other"), step("small"), step("new_one", "first"), step("other")])


@pytest.mark.parametrize(("text", "said"), [
    (PHASES.replace("[small]", "[small, first]"), "named more than once: first: a function is in one phase"), ("phases: [a]\n", "expected `phases`"), ("a: [\n", "cannot be read"),
    (PHASES.replace("what: in, ", ""), "expected `phases`"),
])
def test_phases_that_do_not_fit(tmp_path: Path, text: str, said: str) -> None:
    """With the file and what to do."""
    with pytest.raises(Failed, match=said):
        loaded(tmp_path, text)


def test_functions_that_are_gone_are_named(tmp_path: Path) -> None:
    """Symbols, labels, inlined functions and outlined pieces are all there."""
    frames = {0x40: (SimpleNamespace(function="small"),)}
    kernel = SimpleNamespace(functions={0: "first", 4: "OUTLINED_FUNCTION_3"}, labels={8: "second"}, places=frames)
    phases.check_alive(loaded(tmp_path), kernel)
    kernel.labels = {}
    with pytest.raises(Failed, match="the kernel has no function second: remove"):
        phases.check_alive(loaded(tmp_path), kernel)


@pytest.mark.parametrize(("text", "said"), [
    ("call: because\ngone: x\n", "row gone is unknown: remove it"), ("{}\n", "row call has no sentence"), ("call: \n", "expected NAME: SENTENCES"), ("- call\n", "expected NAME"),
])
def test_sentences_that_do_not_fit(tmp_path: Path, text: str, said: str) -> None:
    """Both ways: a row without a sentence, a sentence without a row."""
    path = tmp_path / "why.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Failed, match=said):
        costs.load_whys(["call"], path)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """A row with its path, and one without; the sums are those of PATH."""
    rows = [ROW, {**ROW, "name": "stretch", "median": 4, "target": None}]
    followed = {"call": Followed(SimpleNamespace(places=planted()), PATH)}
    text = costs.render(rows, followed, loaded(tmp_path), {"call": "Because.", "stretch": "So."}, "clang 1")
    (tmp_path / "costs.md").write_text(text, encoding="utf-8")
    assert text.splitlines()[0].startswith("<!-- Written by ./sel bench --record-costs;")
    for line in ("| entry | 3 | 1 | 1 | 1 | 0 | 2 | 2 | first 3 |", "| exit | 5 | 0 | 3 | 0 | 1 | 1 | 0 | second 5 |", "| programs and guests | 1 | 0 | 0 | 0 | 0 | 1 | 0 | bench:row_x 1 |",
                 "| **kernel** | 8 | 1 | 4 | 1 | 1 | 2 | 2 |  |", "**9** instructions (from 8 to 9); target 6 (1.50 times).", "Because.", "3 more lines are cleared by DC ZVA.",
                 "Above their target, 1 rows: [call](#call) (1.50 times)."):
        assert line in text.splitlines(), line
    totals = costs.load_totals(tmp_path / "costs.md")
    assert totals == {"call": 9, "stretch": 4} and costs.difference(rows, totals) == ""


def test_what_differs_is_one_sentence_with_the_command(tmp_path: Path) -> None:
    """Rows that changed, came and went, at most five of them by name; a file that is not there."""
    said = costs.difference([ROW, {**ROW, "name": "new"}], {"call": 7, "gone": 3})
    assert "(call 7 instead of 9, new missing instead of 9, gone 3 instead of no row): record it by ./sel bench --record-costs" in said and "\n" not in said
    many = costs.difference([{**ROW, "name": f"row_{i}"} for i in range(9)], {})
    assert many.count("missing") == 5 and " and 4 more)" in many
    with pytest.raises(Failed, match="costs.md cannot be read .*--record-costs writes it"):
        costs.load_totals(tmp_path / "costs.md")


def test_the_committed_sentences_are_those_of_the_page() -> None:
    """Each row's is in costs.md as costs_why.yaml has it."""
    page = costs.COSTS.read_text(encoding="utf-8")
    stale = [name for name, why in costs.load_whys(row.name for row in load_rows()).items() if f"\n\n{why}\n\n" not in page]
    assert not stale, f"{costs.WHYS} says something else of {', '.join(stale)} than {costs.COSTS}: record it by {costs.AGAIN}"
