# SPDX-License-Identifier: BSD-2-Clause
"""C text without its comments, and the functions in it.

A reader for our own formatted sources (a function's braces are in column 0), not a
parser of C.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.DOTALL
)


def without_comments(text: str) -> str:
    """Return text with comments blanked; the lines keep their numbers."""

    def blank(match: re.Match[str]) -> str:
        token = match.group(0)
        return re.sub(r"[^\n]", " ", token) if token.startswith("/") else token

    return _TOKEN.sub(blank, text)


def code_line_count(text: str) -> int:
    """Count the lines that are neither blank nor comment."""
    return sum(1 for line in without_comments(text).splitlines() if line.strip())


@dataclass(frozen=True)
class Function:
    """A function's body: name, the line of its opening brace and of its closing one."""

    name: str
    first: int
    last: int


def functions(text: str) -> list[Function]:
    """Return the function definitions of a formatted source."""
    found = []
    lines = without_comments(text).splitlines()
    opened: tuple[str, int] | None = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{" and opened is None:
            opened = (_name_before(lines, number - 1), number)
        elif line.startswith("}") and opened is not None:
            name, first = opened
            opened = None
            if name:
                found.append(Function(name, first, number))
    return found


def _name_before(lines: list[str], end: int) -> str:
    """Return the name of the function whose head ends before line index end."""
    start = end
    while start > 0 and lines[start - 1].strip() and not re.search(r"[;}]\s*$", lines[start - 1]):
        start -= 1
    head = " ".join(lines[start:end])
    match = re.search(r"([A-Za-z_]\w*)\s*\(", head)
    return match.group(1) if match else ""
