# SPDX-License-Identifier: BSD-2-Clause
"""The budget: what is above it is red, what is far below asks to be recorded, what does not fit together is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from bounds import budget
from bounds.entries import Entry, Result
from bounds.errors import Unbounded
from bounds.path import Lengths, Path as Way
from bounds.stack import Depth
import conftest  # noqa: F401


def result(stack: int, instructions: int, size: int = 8192) -> Result:
    """An entry with these numbers."""
    way = Way(None, 0, instructions)
    return Result(Entry("call", "vectors"), Depth(stack, ("f",), 0), size, Lengths(out=way))


def compare(stack: int, instructions: int, limits: dict[str, dict[str, int]]) -> tuple[list[str], list[str]]:
    """One entry against a budget."""
    return budget.compare([result(stack, instructions)], limits)


LIMITS = {"call": {"stack": 1000, "instructions": 5000}}


def test_within() -> None:
    """Exactly at the budget, and 2 % below, nothing is said."""
    assert compare(1000, 5000, LIMITS) == ([], [])
    assert compare(980, 4900, LIMITS) == ([], [])


def test_above_is_red() -> None:
    """By one."""
    wrong, _ = compare(1001, 5001, LIMITS)
    assert [line.split(":")[1].split(" is ")[0].strip() for line in wrong] == ["stack 1001", "instructions 5001"]
    assert all("above its budget" in line for line in wrong)


def test_far_below_asks_to_be_recorded() -> None:
    """More than 2 %."""
    wrong, better = compare(979, 4899, LIMITS)
    assert wrong == []
    assert len(better) == 2 and all("record the new number" in line for line in better)


def test_an_entry_without_a_budget_is_red() -> None:
    """And a budget without an entry."""
    wrong, _ = compare(1, 1, {"gone": {"stack": 1}})
    assert wrong[0] == "gone: has a budget, but is no entry: remove it"
    assert [line.split(" has no budget")[0] for line in wrong[1:]] == ["call: stack 1", "call: instructions 1"]


def test_a_stack_that_does_not_fit_is_red_whatever_the_budget() -> None:
    """The budget allows more than there is."""
    wrong, _ = budget.compare([result(9000, 1)], {"call": {"stack": 9000, "instructions": 1}})
    assert wrong == ["call: its stack of 9000 bytes does not fit the kernel stack of 8192"]


@pytest.mark.parametrize(("text", "message"), [
    ("release: {call: {stack: many}}", "expected {stack: BYTES, instructions: COUNT}"),
    ("release: {call: {heap: 1}}", "expected {stack: BYTES, instructions: COUNT}"),
    ("test: {}", "has no budget for the preset release"),
    ("release: {", "cannot be read"),
])
def test_a_bad_file_is_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    """What is wrong with it."""
    path = tmp_path / "budget.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Unbounded, match=message):
        budget.load(path, "release")
