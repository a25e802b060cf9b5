# SPDX-License-Identifier: BSD-2-Clause
"""What instrumented programs of the host executed, from llvm-cov's exports.

Lines come from the lcov export, branches and decisions from the JSON export of functions. A header's function is there once for every
file that includes it: the counts of one place are added up. Branches whose condition is a constant (`RULE(n)`, `SEL_TRACE`) are not
emitted by clang. Branches inside the macro `kassert` are counted apart.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from coverage_report.model import Branch, Decision, File, Line
from coverage_report.sources import ASSERTION, group_of

#: clang's options for an instrumented build; every condition of a decision counts.
FLAGS = ("-fprofile-instr-generate", "-fcoverage-mapping", "-fcoverage-mcdc")

Naming = Callable[[str], str]
Place = tuple[int, int, int, int]


def merge(profiles: Iterable[Path], out: Path) -> None:
    """Merge raw profiles into one."""
    names = [str(path) for path in profiles]
    if not names:
        raise LookupError("no program left a profile: were they built with coverage and run?")
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", *names, "-o", str(out)], check=True, capture_output=True, text=True)


def export(programs: Iterable[Path], profile: Path, form: str) -> str:
    """llvm-cov's export as text; `form` is `text` (JSON) or `lcov`."""
    first, *others = (str(path) for path in programs)
    more = [word for path in others for word in ("-object", path)]
    command = ["llvm-cov-19", "export", f"-format={form}", f"-instr-profile={profile}", first, *more]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(programs: list[Path], profile: Path, naming: Naming) -> dict[str, File]:
    """All counted files that the programs contain."""
    files: dict[str, File] = {}
    _read_lines(export(programs, profile, "lcov"), naming, files)
    data = json.loads(export(programs, profile, "text"))["data"][0]
    branches: dict[tuple[str, Place], Branch] = {}
    assertions: dict[str, set[tuple[str, int]]] = {}
    decisions: dict[tuple[str, Place], Decision] = {}
    for function in data["functions"]:
        own = naming(function["filenames"][0])
        if group_of(own) is not None:
            _take_branches(function, naming, branches, assertions)
            _take_decisions(function, own, decisions)
    for (name, _), branch in sorted(branches.items(), key=lambda item: item[0]):
        files[name].branches.append(branch)
    for (name, _), decision in sorted(decisions.items(), key=lambda item: item[0]):
        files[name].decisions.append(decision)
    for name, places in assertions.items():
        files[name].assertions = len(places)
    return files


def _read_lines(lcov: str, naming: Naming, files: dict[str, File]) -> None:
    file: File | None = None
    for row in lcov.splitlines():
        kind, _, value = row.partition(":")
        if kind == "SF":
            name = naming(value)
            group = group_of(name)
            file = files.setdefault(name, File(name, group)) if group is not None else None
        elif kind == "DA" and file is not None:
            number, count = value.split(",")[:2]
            line = file.lines.setdefault(int(number), Line(host=0))
            line.host = (line.host or 0) + int(count)


@cache
def _source(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()


def text_at(path: str, place: Place) -> str:
    """The source between two places, in one line."""
    first, column, last, end = place
    lines = _source(path)[first - 1 : last]
    lines[-1] = lines[-1][: end - 1]
    lines[0] = lines[0][column - 1 :]
    return " ".join(line.strip() for line in lines)


def _short(function: dict) -> str:
    """A static function's name has its file in front."""
    return function["name"].rpartition(":")[2]


def _take_branches(function: dict, naming: Naming, branches: dict, assertions: dict) -> None:
    for row in function["branches"]:
        place: Place = tuple(row[:4])
        path = function["filenames"][row[6]]
        name = naming(path)
        if _source(path)[place[0] - 1].startswith(f"#define {ASSERTION}("):
            assertions.setdefault(naming(function["filenames"][0]), set()).add((_short(function), row[6]))
            continue
        if group_of(name) is None:
            continue
        found = branches.setdefault((name, place), Branch(place[0], place[1], text_at(path, place), _short(function)))
        found.true += row[4]
        found.false += row[5]


def _take_decisions(function: dict, own: str, decisions: dict) -> None:
    for row in function["mcdc_records"]:
        place: Place = tuple(row[:4])
        covered = row[-1]
        found = decisions.setdefault((own, place), Decision(place[0], text_at(function["filenames"][0], place), _short(function), [False] * len(covered)))
        found.conditions = [old or new for old, new in zip(found.conditions, covered)]
