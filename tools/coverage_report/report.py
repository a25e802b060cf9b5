# SPDX-License-Identifier: BSD-2-Clause
"""Sums, verdicts, and the report's three forms: a table, JSON, and one HTML page that needs no network."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from coverage_report.model import Decision, File, Sum, branches_of, decisions_of, lines_of
from coverage_report.sources import BRANCHES_MIN, EXCLUDED_MAX, GENERIC, LINES_MIN, MACHINE
from pages.render import render

_TEMPLATE = Path(__file__).parent / "page.html.j2"

TITLES = {GENERIC: "generic kernel", MACHINE: "kernel/arch/aarch64 and kernel/drivers"}
_SCHEDULING = ("kernel/sched/", "kernel/object/sched_context.c", "kernel/object/sched_control.c", "kernel/object/timer.c")
_DECODING = ("kernel/api/check.h", "kernel/api/invoke.c", "gen/invocations.c")


@dataclass(frozen=True)
class Report:
    """What was measured, and what is wrong with the list of exclusions."""

    files: dict[str, File]
    stale: list[str]
    runs: str

    def group(self, name: str) -> list[File]:
        """The files of a group, by path."""
        return [file for _, file in sorted(self.files.items()) if file.group == name]

    def mcdc(self) -> dict[str, Sum]:
        """MC/DC of decoding and of scheduling."""
        pairs = [(file, decision) for file in self.files.values() for decision in file.decisions]
        decoding = [d for file, d in pairs if file.path in _DECODING or d.function.startswith("decode_")]
        scheduling = [d for file, d in pairs if file.path.startswith(_SCHEDULING) and not d.function.startswith("decode_")]
        return {"decode": decisions_of(decoding), "scheduling": decisions_of(scheduling), "all": decisions_of(d for _, d in pairs)}

    def failures(self) -> list[str]:
        """What falls short, a sentence each; none is a pass."""
        found = [f"stale exclusion: {sentence}" for sentence in self.stale]
        for name in TITLES:
            found += _short_of(TITLES[name], "lines", lines_of(self.group(name)), LINES_MIN.get(name))
            found += _short_of(TITLES[name], "sides of branches", branches_of(self.group(name)), BRANCHES_MIN.get(name))
        return found


def _short_of(title: str, what: str, total: Sum, minimum: float | None) -> list[str]:
    if minimum is None:
        return []
    found = []
    if total.all == 0:
        found.append(f"{title}: there are no {what} at all")
    if total.percent < minimum:
        found.append(f"{title}: {total.covered} of {total.all} {what} are covered, {total.percent:.2f} %; the minimum is {minimum:.0f} %")
    if total.excluded_percent > EXCLUDED_MAX:
        found.append(f"{title}: {total.excluded} of {total.all} {what} are excluded, {total.excluded_percent:.2f} %; the maximum is {EXCLUDED_MAX:.0f} %")
    return found


def _cell(total: Sum) -> str:
    return f"{total.covered:>5}/{total.all:<5} {total.percent:6.2f}" if total.all else f"{'-':>18}"


def table(report: Report) -> str:
    """The figures by file."""
    rows = []
    for name, title in TITLES.items():
        files = report.group(name)
        rows.append(f"{title:<40} {'lines':>18}   {'sides of branches':>18}   {'MC/DC':>18}")
        for label, chosen in [(file.path, [file]) for file in files] + [("all", files)]:
            decisions: Iterable[Decision] = (decision for file in chosen for decision in file.decisions)
            rows.append(f"  {label:<38} {_cell(lines_of(chosen))}   {_cell(branches_of(chosen))}   {_cell(decisions_of(decisions))}")
        lines, sides = lines_of(files), branches_of(files)
        rows.append(f"  excluded (counted above as not covered): {lines.excluded} lines ({lines.excluded_percent:.2f} %), {sides.excluded} sides ({sides.excluded_percent:.2f} %); "
                    f"neither covered nor excluded: {lines.open} lines, {sides.open} sides\n")
    rows.append("MC/DC: " + "; ".join(f"{name} {total.covered} of {total.all} conditions ({total.percent:.1f} %)" for name, total in report.mcdc().items()))
    rows.append(f"assertions that hold (their failing side is not counted): {sum(file.assertions for file in report.files.values())}; {report.runs}")
    return "\n".join(rows)


def missing(report: Report) -> str:
    """What is neither covered nor excluded, place by place."""
    rows = []
    for path, file in sorted(report.files.items()):
        rows += [f"{path}:{number}: line" for number in file.uncovered() if number not in file.excluded_lines]
        rows += [f"{path}:{branch.line}: {branch.function}: never {str(side).lower()}: {branch.text}" for branch, side in file.open_sides()]
    return "\n".join(rows)


def _sum_data(total: Sum) -> dict:
    return {"all": total.all, "covered": total.covered, "excluded": total.excluded, "percent": round(total.percent, 2)}


def data(report: Report) -> dict:
    """The report for programs."""
    return {
        "groups": {name: {"lines": _sum_data(lines_of(report.group(name))), "branches": _sum_data(branches_of(report.group(name)))} for name in TITLES},
        "mcdc": {name: _sum_data(total) for name, total in report.mcdc().items()},
        "failures": report.failures(), "stale": report.stale, "runs": report.runs,
        "files": {path: {
            "group": file.group, "lines": _sum_data(lines_of([file])), "branches": _sum_data(branches_of([file])), "mcdc": _sum_data(decisions_of(file.decisions)),
            "uncovered": file.uncovered(), "missing_sides": [[b.line, b.function, b.text, side] for b, side in file.missing_sides()],
        } for path, file in sorted(report.files.items())},
    }


def write(report: Report, folder: Path, source_of: dict[str, str]) -> Path:
    """Write coverage.json and index.html; return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "coverage.json").write_text(json.dumps(data(report), indent=1) + "\n", encoding="utf-8")
    page = render(_TEMPLATE, {
        "report": report, "titles": TITLES, "lines_of": lines_of, "branches_of": branches_of, "decisions_of": decisions_of,
        "rows_of": lambda file: rows_of(file, source_of[file.path])})
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


@dataclass(frozen=True)
class SourceRow:
    """A line of the source view: `mark` is its colour, `notes` what is missing on it."""

    number: int
    text: str
    mark: str
    host: str
    target: str
    notes: list[str]


def rows_of(file: File, source: str) -> list[SourceRow]:
    """The source with its marks."""
    notes: dict[int, list[str]] = {}
    for branch, side in file.missing_sides():
        reason = file.excluded_sides.get((branch.line, branch.column, side))
        notes.setdefault(branch.line, []).append(f"never {str(side).lower()}: {branch.text}" + (f" (excluded: {reason})" if reason else ""))
    for decision in file.decisions:
        if not all(decision.conditions):
            lone = ", ".join(f"{at}." for at, is_shown in enumerate(decision.conditions, 1) if not is_shown)
            notes.setdefault(decision.line, []).append(f"MC/DC: not shown to decide alone: condition {lone} of {decision.text}")
    for number, reason in file.excluded_lines.items():
        notes.setdefault(number, []).append(f"excluded: {reason}")
    return [_row(file, number, text, notes.get(number, [])) for number, text in enumerate(source.splitlines(), 1)]


def _row(file: File, number: int, text: str, notes: list[str]) -> SourceRow:
    line = file.lines.get(number)
    if line is None:
        return SourceRow(number, text, "none", "", "", notes)
    mark = "excluded" if number in file.excluded_lines else "miss" if not line.is_covered else "part" if any(n.startswith("never") for n in notes) else "hit"
    return SourceRow(number, text, mark, _count(line.host), _count(line.target), notes)


def _count(count: int | None) -> str:
    if count is None:
        return ""
    return str(count) if count < 10_000 else f"{count:.0e}".replace("e+0", "e").replace("e+", "e")
