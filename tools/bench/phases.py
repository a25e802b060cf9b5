# SPDX-License-Identifier: BSD-2-Clause
"""Which phase of a path through the kernel an instruction belongs to, by its function (phases.yaml)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.places import Step
from bench.rows import load_yaml
from bounds.program import Program
from sel.errors import Failed

PHASES = Path(__file__).parent / "phases.yaml"
#: What clang calls pieces that it has put out of line: their numbers change with any change of the kernel.
_OUTLINED = re.compile(r"^OUTLINED_FUNCTION_\d+$")


@dataclass(frozen=True)
class Phases:
    """`whats`: phase -> what it is, in the order of a path. `of`: function -> phase. `inlined`: functions that are in their caller's."""

    whats: dict[str, str]
    of: dict[str, str]
    inlined: frozenset[str]
    path: Path

    def phase_of(self, step: Step) -> str:
        """The phase of an instruction of the kernel: that of its innermost function that has one of its own. LookupError with the function that lacks one."""
        for function in map(plain_name, step.functions):
            if function in self.of:
                return self.of[function]
            if function not in self.inlined:
                raise LookupError(function)
        raise LookupError(plain_name(step.functions[-1]))

    def check_known(self, steps: Iterable[Step]) -> None:
        """Failed, with all functions that are in no phase, if these instructions have any."""
        lacking: dict[str, str] = {}
        for step in steps:
            try:
                self.phase_of(step)
            except LookupError as error:
                lacking.setdefault(error.args[0], step.place or f"{step.address:#x}")
        if lacking:
            named = ", ".join(f"{name} ({'executed on its own' if name in self.inlined else place})" for name, place in sorted(lacking.items()))
            raise Failed(f"{self.path}: in no phase: {named}: add each function to the phase that it belongs to (or to with_their_caller, if it is always inlined)")


def plain_name(function: str) -> str:
    """A function's name as phases.yaml has it."""
    return _OUTLINED.sub("OUTLINED_FUNCTION", function)


def load(path: Path = PHASES) -> Phases:
    """Read the file; a function that is named twice is an error."""
    content = load_yaml(path)
    try:
        phases, inlined = content["phases"], content["with_their_caller"]
        whats = {name: phase["what"] for name, phase in phases.items()}
        named = [(function, name) for name, phase in phases.items() for function in phase["functions"]] + [(function, "") for function in inlined]
    except (TypeError, KeyError, AttributeError):
        raise Failed(f"{path}: expected `phases`: {{NAME: {{what: SENTENCE, functions: [NAME...]}}}} and `with_their_caller`: [NAME...]") from None
    names = [function for function, _ in named]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Failed(f"{path}: named more than once: {', '.join(twice)}: a function is in one phase")
    return Phases(whats, {function: phase for function, phase in named if phase}, frozenset(inlined), path)


def check_alive(phases: Phases, kernel: Program) -> None:
    """Every function that has a phase must be in the kernel, under its own name or inlined."""
    alive = {plain_name(name) for name in (*kernel.functions.values(), *kernel.labels.values())}
    alive |= {frame.function for frames in kernel.places.values() for frame in frames}
    gone = sorted(name for name in _all_of(phases) if name not in alive)
    if gone:
        raise Failed(f"{phases.path}: the kernel has no function {', '.join(gone)}: remove what is gone, rename what has another name now")


def _all_of(phases: Phases) -> Iterable[str]:
    return (*phases.of, *phases.inlined)
