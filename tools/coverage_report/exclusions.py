# SPDX-License-Identifier: BSD-2-Clause
"""What no test covers and why: the committed list, checked against sources and figures.

An entry names file, function and text, never a line number, and one of
    lines: |             consecutive lines of the function, exactly as they are but for indentation; those that nothing covers are meant,
                         the others show the place
    branch: condition    a condition of the function, with `side: true` or `side: false`; `in: line` where the function has it more than once
and a reason. It is stale, and red, when its text is not there any more, is there more than once, or has been covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from coverage_report.model import File
from coverage_report.sources import functions

_KEYS = {"lines": {"file", "function", "lines", "reason"}, "branch": {"file", "function", "branch", "side", "reason"}}
REASON_MIN = 20


class Stale(Exception):
    """An entry that excludes nothing, in a sentence."""


@dataclass(frozen=True)
class Exclusion:
    """One entry; `text` is that of the lines, or of the branch's condition when `side` is a bool."""

    file: str
    function: str
    text: str
    side: bool | None
    reason: str
    line: str = ""

    def __str__(self) -> str:
        first = self.text.splitlines()[0]
        return f"{self.file}, {self.function}: '{first}'" + ("" if self.side is None else f" {str(self.side).lower()}")


def load(path: Path) -> list[Exclusion]:
    """Read the list; ValueError says which entry is not one."""
    try:
        rows = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or []
    except YAMLError as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(rows, list):
        raise ValueError(f"{path}: must be a list of entries")
    return [_entry(path, number, row) for number, row in enumerate(rows, 1)]


def _entry(path: Path, number: int, row: object) -> Exclusion:
    kind = "branch" if isinstance(row, dict) and "branch" in row else "lines"
    if not isinstance(row, dict) or set(row) - ({"in"} if kind == "branch" else set()) != _KEYS[kind]:
        raise ValueError(f"{path}: entry {number} must have exactly: {', '.join(sorted(_KEYS[kind]))}")
    if kind == "branch" and not isinstance(row["side"], bool):
        raise ValueError(f"{path}: entry {number}: side must be true or false")
    if len(str(row["reason"])) < REASON_MIN:
        raise ValueError(f"{path}: entry {number}: '{row['reason']}' is no reason; say why no test can come there")
    return Exclusion(str(row["file"]), str(row["function"]), str(row[kind]).strip(), row.get("side"), str(row["reason"]).strip(), str(row.get("in", "")).strip())


def apply(entries: list[Exclusion], files: dict[str, File], sources: dict[str, str]) -> list[str]:
    """Mark what the entries exclude; `sources` are the files' texts. The sentences are of those that are stale."""
    complaints = []
    for entry in entries:
        try:
            file = files.get(entry.file)
            if file is None:
                raise Stale(f"{entry}: there is no such file in the report")
            if entry.side is None:
                _exclude_lines(entry, file, sources[file.path])
            else:
                _exclude_side(entry, entry.side, file, sources[file.path])
        except Stale as stale:
            complaints.append(str(stale))
    return complaints


def _exclude_lines(entry: Exclusion, file: File, source: str) -> None:
    function = next((each for each in functions(source, file.path.endswith(".S")) if each.name == entry.function), None)
    if function is None:
        raise Stale(f"{entry}: the file has no such function")
    wanted = [line.strip() for line in entry.text.splitlines()]
    lines = [line.strip() for line in source.splitlines()]
    places = [at for at in range(function.first, function.last - len(wanted) + 2) if lines[at - 1 : at - 1 + len(wanted)] == wanted]
    if len(places) != 1:
        raise Stale(f"{entry}: the function has these lines {len(places)} times, not once")
    numbers = [at for at in range(places[0], places[0] + len(wanted)) if at in file.lines]
    if not numbers:
        raise Stale(f"{entry}: these lines hold no code")
    missed = [at for at in numbers if not file.lines[at].is_covered]
    if not missed:
        raise Stale(f"{entry}: line {numbers[-1]} is covered by now; take it out of the list")
    file.excluded_lines.update(dict.fromkeys(missed, entry.reason))


def _exclude_side(entry: Exclusion, side: bool, file: File, source: str) -> None:
    lines = source.splitlines()
    found = [branch for branch in file.branches if branch.function == entry.function and branch.text == entry.text
             and entry.line in ("", lines[branch.line - 1].strip())]
    if len(found) != 1:
        raise Stale(f"{entry}: the function has this condition {len(found)} times, not once")
    if found[0].count(side) != 0:
        raise Stale(f"{entry}: line {found[0].line} is covered by now; take it out of the list")
    file.excluded_sides[found[0].line, found[0].column, side] = entry.reason
