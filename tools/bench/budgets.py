# SPDX-License-Identifier: BSD-2-Clause
"""The expected count of every row (test/bench/budgets.yaml), for one version of the compiler. More than expected is an error, less asks to be
recorded, so that every change of a count shows in review; rows that are missing or unknown are errors."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.rows import load_yaml
from sel import ROOT
from sel.errors import BadEnvironment, Failed

BUDGETS = ROOT / "test" / "bench" / "budgets.yaml"
_NUMBERS = ("median", "max")
_HEAD = """# SPDX-License-Identifier: BSD-2-Clause
# The expected count of every row of ./sel bench with this compiler; with another one they are advice. Written by ./sel bench --record-budgets.
"""


@dataclass(frozen=True)
class Budgets:
    """Name of a row -> its expected numbers."""

    compiler: str
    rows: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Verdict:
    """What is wrong, and what has become cheaper, a sentence each. With another compiler than the budgets' nothing is wrong."""

    wrong: list[str]
    better: list[str]
    is_advice: bool


def compiler_version() -> str:
    """The version of the compiler that builds the kernel."""
    try:
        said = subprocess.run(["clang-19", "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise BadEnvironment(f"clang-19 --version does not answer ({error}); run ./sel doctor") from None
    match = re.search(r"clang version (\d+\.\d+\.\d+)", said)
    if match is None:
        raise BadEnvironment(f"clang-19 --version tells no version: {said.strip()[:100]}")
    return f"clang {match[1]}"


def load(names: Iterable[str], path: Path = BUDGETS) -> Budgets:
    """Read the file; it must have exactly the rows `names`."""
    content = load_yaml(path)
    if not isinstance(content, dict) or set(content) != {"compiler", "rows"} or not isinstance(content["rows"], dict):
        raise Failed(f"{path}: expected `compiler` and `rows`")
    if not re.fullmatch(r"clang \d+\.\d+\.\d+", str(content["compiler"])):
        raise Failed(f"{path}: compiler: {content['compiler']!r}: expected one like 'clang 19.1.7'; with another one than the kernel's nothing here is held")
    rows, names = content["rows"], list(names)
    for name, numbers in rows.items():
        if not isinstance(numbers, dict) or set(numbers) != set(_NUMBERS) or not all(type(n) is int for n in numbers.values()):
            raise Failed(f"{path}: row {name}: expected {{median: COUNT, max: COUNT}}")
        if not 0 <= numbers["median"] <= numbers["max"]:
            raise Failed(f"{path}: row {name}: median {numbers['median']}, max {numbers['max']}: a median is not negative and not above the maximum")
    faults = [f"row {name} is unknown: remove it" for name in rows if name not in names]
    faults += [f"row {name} has no budget: ./sel bench --record-budgets writes it" for name in names if name not in rows]
    if faults:
        raise Failed("\n".join(f"{path}: {fault}" for fault in faults))
    return Budgets(str(content["compiler"]), rows)


def compare(results: Sequence[Mapping], budgets: Budgets, compiler: str) -> Verdict:
    """Results beside their budgets."""
    wrong, better = [], []
    for row in results:
        for what in _NUMBERS:
            now, expected = row[what], budgets.rows[row["name"]][what]
            if now > expected:
                wrong.append(f"{row['name']}: {what} {now} is above its budget of {expected}: make it cheaper, or record it and say in the commit why it grows")
            elif now < expected:
                better.append(f"{row['name']}: {what} {now} is below its budget of {expected}: record it by ./sel bench --record-budgets")
    if compiler != budgets.compiler:
        return Verdict([], [*wrong, *better], True)
    return Verdict(wrong, better, False)


def record(results: Sequence[Mapping], compiler: str, path: Path = BUDGETS) -> None:
    """Write the file anew."""
    rows = "".join(f"  {row['name']}: {{median: {row['median']}, max: {row['max']}}}\n" for row in results)
    path.write_text(f"{_HEAD}compiler: {compiler}\nrows:\n{rows}", encoding="utf-8")
