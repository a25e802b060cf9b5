# SPDX-License-Identifier: BSD-2-Clause
"""Which files count, in which group, and where their functions are."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

GENERIC = "generic"
MACHINE = "machine"
#: What must be reached, in percent of all lines and of all sides of branches, what is excluded included. Branches of the
#: machine are known of the files alone that the host compiles; they have no minimum.
LINES_MIN = {GENERIC: 98.0, MACHINE: 95.0}
BRANCHES_MIN = {GENERIC: 95.0}
EXCLUDED_MAX = 2.0

#: Generated code that decides: it counts as the kernel's own.
GENERATED = "gen/invocations.c"
#: A failing assertion is a bug of the kernel's: that side of the branch is no line of work for a test.
ASSERTION = "kassert"

_HEAD = re.compile(r"^[A-Za-z_][\w \t*]*?\b(\w+)\(")
_ATTRIBUTE = re.compile(r"__attribute__\(\((?:[^()]|\([^()]*\))*\)\) ?")
_LABEL = re.compile(r"^([A-Za-z_]\w*):")


@dataclass(frozen=True)
class Function:
    """A function's name and its first and last line."""

    name: str
    first: int
    last: int


def group_of(path: str) -> str | None:
    """The group of a file, None for one that does not count: the host's imitation of a machine, user code, tests."""
    if path == GENERATED:
        return GENERIC
    if not path.startswith("kernel/") or path.startswith("kernel/arch/fake/"):
        return None
    return MACHINE if path.startswith(("kernel/arch/", "kernel/drivers/")) else GENERIC


def name_of(path: str, root: Path, builds: tuple[Path, ...] = ()) -> str:
    """A path as the report names it: below the root of the tree, or below the build's folder (gen/...)."""
    path = os.path.normpath(path)
    for folder in (*builds, root):
        if path.startswith(f"{folder}/"):
            return path[len(str(folder)) + 1 :]
    return path


def functions(text: str, is_assembly: bool = False) -> list[Function]:
    """The functions of a file: C by the project's layout (head at the margin, closing brace at the margin), assembly by its labels."""
    lines = text.splitlines()
    if is_assembly:
        marks = [(number, match[1]) for number, line in enumerate(lines, 1) if (match := _LABEL.match(line))]
        ends = [number - 1 for number, _ in marks[1:]] + [len(lines)]
        return [Function(name, first, last) for (first, name), last in zip(marks, ends)]
    found = []
    head: tuple[int, str] | None = None
    for number, line in enumerate(lines, 1):
        if match := _HEAD.match(_ATTRIBUTE.sub("", line)):
            head = (number, match[1])
        if line.rstrip().endswith(";") and not line.startswith((" ", "\t")):
            head = None
        if line.startswith("}") and head is not None:
            found.append(Function(head[1], head[0], number))
            head = None
    return found
