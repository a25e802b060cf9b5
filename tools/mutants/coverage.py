# SPDX-License-Identifier: BSD-2-Clause
"""Which test executes which line of the library: decides which tests see a mutant, and in which order they are tried.

Counted by clang's own instrumentation of the library; the tests' programs stay as they are.
"""

from __future__ import annotations

import subprocess
from collections import defaultdict
from pathlib import Path

from mutants.draw import Mutant
from mutants.programs import Program, run
from mutants.workshop import Workshop
from sel.build import child_environment
from sel.errors import Failed

_PROFDATA = "llvm-profdata-19"
_COV = "llvm-cov-19"


class Coverage:
    """For each line, the programs that executed it."""

    def __init__(self) -> None:
        self._programs: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._known: set[tuple[str, int]] = set()

    def add(self, program: str, path: str, line: int, count: int) -> None:
        """Note how often a program executed a line."""
        self._known.add((path, line))
        if count:
            self._programs[path, line].add(program)

    def order(self, mutant: Mutant, programs: list[Program]) -> list[Program]:
        """Return the programs that can notice a mutant: those that execute its lines, quick ones first.

        What has no code of its own (a label, a table) may matter to all; they are all returned.
        """
        quick = sorted(programs, key=lambda program: program.processor_s)
        places = [(mutant.path, line) for line in mutant.lines]
        if not mutant.has_code or not any(place in self._known for place in places):
            return quick
        names = set().union(*(self._programs.get(place, set()) for place in places))
        return [program for program in quick if program.name in names]


def count(workshop: Workshop, programs: list[Program], folder: Path, root: Path) -> Coverage:
    """Run every program once on counting libraries."""
    coverage = Coverage()
    for library in workshop.libraries:
        workshop.link_counting(library, folder)
    for program in programs:
        raw, merged = folder / "profile.raw", folder / "profile.data"
        raw.unlink(missing_ok=True)
        verdict = run(program, [folder, *workshop.built], folder, LLVM_PROFILE_FILE=str(raw))
        if verdict.noticed is not None or not raw.exists():
            raise Failed(f"{program.name} cannot be counted ({verdict.noticed or 'it left no profile'}):\n{verdict.output[-2000:]}")
        _tool([_PROFDATA, "merge", "-sparse", str(raw), "-o", str(merged)])
        text = _tool([_COV, "export", "-format=lcov", f"-instr-profile={merged}", str(folder / program.library)])
        _note(coverage, program.name, text, root)
    return coverage


def _note(coverage: Coverage, program: str, text: str, root: Path) -> None:
    """Read lcov's lines `SF:file` and `DA:line,count`."""
    path = ""
    for line in text.splitlines():
        if line.startswith("SF:"):
            file = Path(line[3:])
            path = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
        elif line.startswith("DA:"):
            number, executed = line[3:].split(",")[:2]
            coverage.add(program, path, int(number), int(executed))


def _tool(command: list[str]) -> str:
    done = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout
