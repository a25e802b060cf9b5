# SPDX-License-Identifier: BSD-2-Clause
"""One test a harness, which must be proved, and one a twin, which must fail with its property's own assertion. What is too small for
its loops must be told.

Harnesses and twins of `budget: full` are run with SEL_ASSURE=full only.
"""

from __future__ import annotations

import fnmatch
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import generate
import pytest
from heads import BadHead, Harness, Twin, read
from prover import BUILD, BadRun, Run, Verdict, place

FOLDER = Path(__file__).parent


def _read_all() -> tuple[list[Harness], list[str]]:
    """Return the harnesses, and a sentence for each whose head cannot be read."""
    found = generate.harnesses(BUILD)
    problems = []
    for path in sorted(FOLDER.glob("*.c")):
        try:
            found.append(read(path))
        except BadHead as error:
            problems.append(str(error))
    return found, problems


HARNESSES, PROBLEMS = _read_all()
IS_FULL = os.environ.get("SEL_ASSURE") == "full"
CHOSEN = [harness for harness in HARNESSES if IS_FULL or harness.budget == "ci"]
TWINS = [pytest.param(h, twin, id=f"{h.name}-{n}") for h in CHOSEN for n, twin in enumerate(h.twins, 1) if IS_FULL or twin.budget == "ci"]

#: A proof that is not done by then is too expensive for its budget.
LIMIT_S = 3600 if IS_FULL else 600

#: Holds, and ends, but not within its bound.
TOO_SMALL = """/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * property: what counts up to three ends
 * bounds: too small
 * unwind: 1
 * budget: ci
 * twin: kernel/lib/base.h: 'is not' -> 'tried': breaks 'the count is right'
 */
#include "test/proof/lib/proof.h"

static uint64_t count(uint64_t n)
{
    return n == 0 ? 0 : 1 + count(n - 1);
}

void proof(void)
{
    uint64_t rounds = 0;
    for (uint64_t i = any_below(4); i > 0; i--) {
        rounds++;
    }
    PROVE(count(any_below(4)) < 4 && rounds < 4, "the count is right");
    REACHED("the end");
}
"""


def _loop(result: dict[str, Any]) -> str:
    """Return a loop by the name that `unwind` takes, or the function that calls itself."""
    name: str = result["property"]
    return f"loop {name.replace('.unwind.', '.')}" if ".unwind." in name else f"recursion of {name.removesuffix('.recursion')}"


def _report(harness: Harness, run: Run, verdict: Verdict) -> str:
    lines = [f"{harness.name}: {harness.property}"]
    lines += [f"  no body for {name}: link its source or stub it in the harness" for name in verdict.bodiless]
    lines += [f"  a bound is too small: {place(r)}: {_loop(r)} runs on; raise it by {harness.unwind_at}" for r in verdict.too_small]
    lines += [f"  never {r['description']} ({place(r)}): the proof is empty" for r in verdict.unreached]
    if verdict.reached == 0:
        lines.append("  nothing says that the harness reaches its end (REACHED)")
    lines += [f"  broken: {r['description']} ({place(r)}, {r['property']})" for r in verdict.broken]
    if verdict.broken:
        lines += ["  by:", *[f"    {line}" for line in run.counterexample(verdict.broken[0]["property"])]]
    return "\n".join(lines)


def _budgets_of_readme() -> dict[str, str]:
    """Return the README's table: the harness's name, or a pattern for many, and the budget."""
    cells = [line.split("|")[1:-1] for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return {row[1].strip(" `"): row[-1].strip() for row in cells[1:]}


def _row_of(name: str, rows: dict[str, str]) -> str:
    """Return the row that is meant: a harness's own, else the first pattern that fits, else none."""
    return name if name in rows else next((row for row in rows if fnmatch.fnmatchcase(name, row)), "")


def test_heads() -> None:
    """Every harness says what it proves, and the README's table has it with the same budget, and has no other."""
    rows = _budgets_of_readme()
    used = {harness.name: _row_of(harness.name, rows) for harness in HARNESSES}
    for harness in HARNESSES:
        said = rows.get(used[harness.name], "no row")
        if said != harness.budget:
            PROBLEMS.append(f"{harness.name} is of budget {harness.budget}; the table of test/proof/README.md says: {said}")
    PROBLEMS.extend(f"the table of test/proof/README.md has a row {row}, but there is no such harness" for row in rows if row not in used.values())
    assert not PROBLEMS, "\n".join(PROBLEMS)
    print(f"{len(rows)} rows say what {len(HARNESSES)} harnesses do")


def test_a_bound_that_is_too_small_is_told(tmp_path: Path) -> None:
    """Of a loop and of a recursion: where it runs on, by the name that `unwind` takes, and where to raise it. Nothing else is said."""
    path = tmp_path / "too_small.c"
    path.write_text(TOO_SMALL, encoding="utf-8")
    harness = read(path)
    run = Run(harness)
    verdict = run.decide()
    assert not verdict.is_good
    assert _report(harness, run, verdict).splitlines() == [
        "too_small: what counts up to three ends",
        f"  a bound is too small: {path}:13: recursion of count runs on; raise it by 'unwind' in the head of too_small.c",
        f"  a bound is too small: {path}:19: loop proof.0 runs on; raise it by 'unwind' in the head of too_small.c",
    ]
    enough = replace(harness, unwind=4)
    assert Run(enough).decide().is_good


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.parametrize("harness", CHOSEN, ids=lambda harness: harness.name)
def test_proof(harness: Harness) -> None:
    try:
        run = Run(harness)
        verdict = run.decide()
        report = "" if verdict.is_good else _report(harness, run, verdict)
    except BadRun as error:
        report = str(error)
    if report:
        pytest.fail(report, pytrace=False)
    print(f"{harness.name}: {verdict.held} properties hold, {verdict.reached} places reached")


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.parametrize(("harness", "twin"), TWINS)
def test_twin(harness: Harness, twin: Twin) -> None:
    try:
        is_broken = Run(harness, twin).broken_by_twin(twin.breaks)
    except BadRun as error:
        pytest.fail(str(error), pytrace=False)
    if not is_broken:
        pytest.fail(
            f"{harness.name}: {twin.file} with '{twin.new}' for '{twin.old}' must break '{twin.breaks}', but it holds", pytrace=False
        )
    print(f"{harness.name}: the planted bug breaks '{twin.breaks}'")
