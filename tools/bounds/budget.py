# SPDX-License-Identifier: BSD-2-Clause
"""The budget: for each preset and entry what stack and longest stretch may be. A number may only fall without being said.

    release:
      system call: {stack: 1024, instructions: 9000}
"""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bounds.entries import Result
from bounds.errors import Unbounded

#: So much below the budget asks for a lower budget.
_SLACK = 0.02


def load(path: Path, preset: str) -> dict[str, dict[str, int]]:
    """The budget of a preset."""
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        raise Unbounded(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    entries = content.get(preset) if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise Unbounded(f"{path} has no budget for the preset {preset}")
    for name, budget in entries.items():
        if not isinstance(budget, dict) or not set(budget) <= {"stack", "instructions"} or not all(type(n) is int for n in budget.values()):
            raise Unbounded(f"{path}: {preset}, {name}: expected {{stack: BYTES, instructions: COUNT}}")
    return entries


def measured(result: Result) -> dict[str, int]:
    """The numbers of an entry that a budget limits."""
    numbers = {"stack": result.stack.bytes}
    if result.longest is not None:
        numbers["instructions"] = result.longest.length
    return numbers


def compare(results: list[Result], budget: dict[str, dict[str, int]]) -> tuple[list[str], list[str]]:
    """What is wrong, and what could be recorded."""
    wrong, better = [], []
    names = {result.entry.name for result in results}
    wrong += [f"{name}: has a budget, but is no entry: remove it" for name in budget if name not in names]
    for result in results:
        for what, number in measured(result).items():
            limit = budget.get(result.entry.name, {}).get(what)
            if limit is None:
                wrong.append(f"{result.entry.name}: {what} {number} has no budget: write it down")
            elif number > limit:
                wrong.append(f"{result.entry.name}: {what} {number} is above its budget of {limit}: make it smaller, or say in the commit why it grows")
            elif number < limit * (1 - _SLACK):
                better.append(f"{result.entry.name}: {what} {number} is below its budget of {limit}: record the new number")
        if result.stack.bytes > result.stack_size:
            wrong.append(f"{result.entry.name}: its stack of {result.stack.bytes} bytes does not fit the {result.entry.stack} stack of {result.stack_size}")
    return wrong, better
