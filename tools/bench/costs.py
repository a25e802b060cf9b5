# SPDX-License-Identifier: BSD-2-Clause
"""docs/design/costs.md: what each row costs, by phases and functions, with a sentence why. `./sel bench --record-costs` writes it.

The numbers are those of the followed repetitions, the phases phases.yaml's, the sentences docs/design/costs_why.yaml's. Rows that are missing or unknown are errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench import phases as phases_of
from bench.measure import Followed
from bench.paths import Part, part_of, parts_of
from bench.phases import Phases, plain_name
from bench.places import KERNEL, Step
from bench.rows import load_yaml
from sel import ROOT
from sel.errors import Failed

COSTS = ROOT / "docs" / "design" / "costs.md"
WHYS = ROOT / "docs" / "design" / "costs_why.yaml"
AGAIN = "./sel bench --record-costs"
_FIRST_LINE = f"<!-- Written by {AGAIN}; do not edit. Sentences: costs_why.yaml beside this. Phases: tools/bench/phases.yaml. -->"
_PROGRAMS = "programs and guests"
_COLUMNS = ("instructions", "loads", "stores", "system_writes", "barriers", "code_lines", "data_lines")
_TITLES = "| phase | instructions | loads | stores | sysregs | barriers | code lines | data lines | where |\n|---|---|---|---|---|---|---|---|---|"
_TOTAL = re.compile(r"^## (\w+)\n\n.*\n\n\*\*(\d+)\*\* ", re.MULTILINE)
_SHOWN_IN_A_SENTENCE = 5


def load_whys(names: Iterable[str], path: Path = WHYS) -> dict[str, str]:
    """Name of each row -> why it costs what it costs; the file must have exactly the rows `names`."""
    content = load_yaml(path)
    if not isinstance(content, dict) or not all(isinstance(why, str) and why.strip() for why in content.values()):
        raise Failed(f"{path}: expected NAME: SENTENCES for each row")
    names = list(names)
    faults = [f"row {name} is unknown: remove it" for name in content if name not in names]
    faults += [f"row {name} has no sentence: say why it costs what it costs" for name in names if name not in content]
    if faults:
        raise Failed("\n".join(f"{path}: {fault}" for fault in faults))
    return {name: " ".join(why.split()) for name, why in content.items()}


def load_totals(path: Path = COSTS) -> dict[str, int]:
    """Name of each row -> its median as the file has it."""
    try:
        return {name: int(total) for name, total in _TOTAL.findall(path.read_text(encoding="utf-8"))}
    except OSError as error:
        raise Failed(f"{path} cannot be read ({error.strerror}): {AGAIN} writes it") from None


def difference(results: Sequence[Mapping], totals: Mapping[str, int], path: Path = COSTS) -> str:
    """One sentence if the file tells something else than these results, of all rows; else nothing."""
    now = {row["name"]: row["median"] for row in results}
    differing = [f"{name} {totals.get(name, 'missing')} instead of {now.get(name, 'no row')}" for name in {**now, **totals} if now.get(name) != totals.get(name)]
    if not differing:
        return ""
    more = f" and {len(differing) - _SHOWN_IN_A_SENTENCE} more" if len(differing) > _SHOWN_IN_A_SENTENCE else ""
    return f"{path} is not of the present counts ({', '.join(differing[:_SHOWN_IN_A_SENTENCE])}{more}): record it by {AGAIN}"


def check_files(names: Iterable[str]) -> None:
    """Whatever can be wrong with the phases and the sentences without a run."""
    phases_of.load()
    load_whys(names)


def record(results: Sequence[Mapping], followed: Mapping[str, Followed], compiler: str, path: Path = COSTS) -> None:
    """Write the file anew."""
    phases, whys = phases_of.load(), load_whys(row["name"] for row in results)
    for image in {id(each.image): each.image for each in followed.values()}.values():
        phases_of.check_alive(phases, image.kernel)
    phases.check_known(each.image.places.at(touch.address, True) for each in followed.values() for touch in each.touches if touch.is_kernel)
    path.write_text(render(results, followed, phases, whys, compiler), encoding="utf-8")


def render(results: Sequence[Mapping], followed: Mapping[str, Followed], phases: Phases, whys: Mapping[str, str], compiler: str) -> str:
    """The file."""
    sections = [_section(row, followed.get(row["name"]), phases, whys[row["name"]]) for row in results]
    return "\n\n".join([_FIRST_LINE, _head(results, phases, compiler), *sections]) + "\n"


def _head(results: Sequence[Mapping], phases: Phases, compiler: str) -> str:
    above = [f"[{row['name']}](#{row['name']}) ({_times(row, 'target')})" for row in results if row["target"] and row["median"] > row["target"]]
    whats = "\n".join(f"| {name} | {what} |" for name, what in phases.whats.items())
    return "\n\n".join([
        "# What each row costs",
        f"Each section is the path of one repetition of a row of `./sel bench` ({compiler}), one whose counts are the median's. How it is counted: bench.md, which also says what a line is. "
        "Lines are distinct in each phase; phases share some, so that a total is less than their sum. `where` has the functions as the source names them, inlined ones too, with their instructions.",
        f"Above their target, {len(above)} rows: {', '.join(above) or 'none'}.",
        f"| phase | what |\n|---|---|\n{whats}\n| {_PROGRAMS} | not the kernel |",
    ])


def _section(row: Mapping, followed: Followed | None, phases: Phases, why: str) -> str:
    parts = [f"## {row['name']}", f"{row['what'][0].upper()}{row['what'][1:]}.", _numbers(row), why]
    return "\n\n".join([*parts, _table(followed, phases) if followed else "It has no repetition of its own whose path could be followed."])


def _numbers(row: Mapping) -> str:
    spread = f" (from {row['min']} to {row['max']})" if row["min"] != row["max"] else ""
    against = [f"{title} {row[name]}{_with_times(row, name)}" for name, title in (("target", "target"), ("sel4", "seL4")) if row[name] is not None]
    return f"**{row['median']}** {row['unit']}{spread}{'; ' if against else ''}{', '.join(against)}."


def _with_times(row: Mapping, other: str) -> str:
    return f" ({_times(row, other)})" if row[other] else ""


def _times(row: Mapping, other: str) -> str:
    return f"{row['median'] / row[other]:.2f} times"


def _table(followed: Followed, phases: Phases) -> str:
    places, touches = followed.image.places, followed.touches

    def named(step: Step) -> str:
        return phases.phase_of(step) if step.program == KERNEL else _PROGRAMS

    groups = parts_of(touches, places, named)
    functions = parts_of(touches, places, lambda step: f"{named(step)}\n{_function(step)}")
    lines = [_line(name, groups[name], _where(name, functions)) for name in (*phases.whats, _PROGRAMS) if name in groups]
    kernel = part_of([touch for touch in touches if touch.is_kernel], places)
    lines += [_line("**kernel**", kernel, ""), _line("**all**", part_of(touches, places), "")]
    cleared = f"\n\n{kernel.cleared_lines} more lines are cleared by DC ZVA." if kernel.cleared_lines else ""
    return "\n".join([_TITLES, *lines]) + cleared


def _function(step: Step) -> str:
    return plain_name(step.function) if step.program == KERNEL else f"{step.program}:{step.function}"


def _line(name: str, part: Part, where: str) -> str:
    return f"| {name} | {' | '.join(str(getattr(part, column)) for column in _COLUMNS)} | {where} |"


def _where(phase: str, functions: Mapping[str, Part]) -> str:
    found = [(key.partition("\n")[2], part.instructions) for key, part in functions.items() if key.partition("\n")[0] == phase]
    return ", ".join(f"{function} {count}" for function, count in sorted(found, key=lambda each: (-each[1], each[0])))
