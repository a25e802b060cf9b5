# SPDX-License-Identifier: BSD-2-Clause
"""The rules of budgets.yaml on planted files: nothing that does not fit is a pass."""

from __future__ import annotations

from pathlib import Path

import pytest

import conftest  # noqa: F401 - the path to tools/
from bench import budgets
from sel.errors import Failed

ROWS = [{"name": "call", "median": 100, "max": 120}, {"name": "signal", "median": 50, "max": 50}]
NAMES = [row["name"] for row in ROWS]


def planted(folder: Path, text: str) -> Path:
    """A budget file."""
    path = folder / "budgets.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def recorded(tmp_path: Path) -> budgets.Budgets:
    """What --record-budgets wrote of ROWS, read back."""
    budgets.record(ROWS, "clang 19.1.7", tmp_path / "b.yaml")
    return budgets.load(NAMES, tmp_path / "b.yaml")


def test_what_was_recorded_is_within_its_budget(recorded: budgets.Budgets) -> None:
    """Neither worse nor better."""
    verdict = budgets.compare(ROWS, recorded, "clang 19.1.7")
    assert (verdict.wrong, verdict.better, verdict.is_advice) == ([], [], False)


@pytest.mark.parametrize("what", ["median", "max"])
def test_one_more_is_wrong_and_one_less_asks_to_be_recorded(recorded: budgets.Budgets, what: str) -> None:
    """Median and maximum alike."""
    verdict = budgets.compare([{**ROWS[0], what: ROWS[0][what] + 1}], recorded, "clang 19.1.7")
    assert len(verdict.wrong) == 1 and verdict.wrong[0].startswith(f"call: {what} ") and "above its budget" in verdict.wrong[0]
    verdict = budgets.compare([{**ROWS[0], what: ROWS[0][what] - 1}], recorded, "clang 19.1.7")
    assert not verdict.wrong and len(verdict.better) == 1 and "--record-budgets" in verdict.better[0]


def test_another_compiler_makes_it_advice(recorded: budgets.Budgets) -> None:
    """An increase is told, but nothing is wrong, and the verdict says so."""
    verdict = budgets.compare([{**ROWS[0], "median": 101}], recorded, "clang 19.1.8")
    assert verdict.wrong == [] and len(verdict.better) == 1 and verdict.is_advice


@pytest.mark.parametrize(("text", "said"), [
    ("compiler: clang 1.2.3\nrows:\n  call: {median: 1, max: 1}\n", "row signal has no budget"),
    ("compiler: clang 1.2.3\nrows:\n  call: {median: 1, max: 1}\n  signal: {median: 1, max: 1}\n  gone: {median: 1, max: 1}\n", "row gone is unknown"),
    ("compiler: clang 1.2.3\nrows:\n  call: {median: 1}\n  signal: {median: 1, max: 1}\n", "row call: expected"),
    ("compiler: clang 1.2.3\nrows:\n  call: {median: yes, max: 1}\n  signal: {median: 1, max: 1}\n", "row call: expected"),
    *((f"compiler: {said}\nrows:\n  call: {{median: 1, max: 1}}\n  signal: {{median: 1, max: 1}}\n", "compiler: .*expected one like") for said in ("", "clnag 19.1.7", "clang 19", "[1]")),
    *((f"compiler: clang 1.2.3\nrows:\n  call: {{median: {median}, max: {most}}}\n  signal: {{median: 1, max: 1}}\n", "row call: median") for median, most in ((-1, 1), (3, 2))),
    ("rows: {}\n", "expected `compiler` and `rows`"), ("compiler: clang 1.2.3\nrows: [1]\n", "expected `compiler` and `rows`"), ("a: [\n", "cannot be read"),
])
def test_a_file_that_does_not_fit_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    """With the place and what to do."""
    with pytest.raises(Failed, match=said):
        budgets.load(NAMES, planted(tmp_path, text))


def test_no_file_is_an_error(tmp_path: Path) -> None:
    """Not a budget of everything."""
    with pytest.raises(Failed, match="cannot be read"):
        budgets.load(NAMES, tmp_path / "none.yaml")
