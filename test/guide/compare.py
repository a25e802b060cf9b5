# SPDX-License-Identifier: BSD-2-Clause
"""Compares what a command printed with what a page shows of it.

In what is shown a line `...` stands for any number of lines, none too, and `...` inside a line for any text of that line.
Ends of lines, blanks before them and what a terminal does not show do not count.
"""

from __future__ import annotations

import re

ELISION = "..."
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain_lines(output: str) -> list[str]:
    """Return output as lines of text, as a terminal shows it in the end, without empty ones at both ends."""
    lines = [line.rstrip().rpartition("\r")[2] for line in _TERMINAL.sub("", output).split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return lines


def first_difference(shown: list[str], came: list[str]) -> int | None:
    """Return which of the shown lines, from 0, cannot be had in what came; len(shown) if more came than is shown; None if all is as shown."""
    text = "".join(f"{line}\n" for line in came)
    pattern = "".join(map(_pattern, shown))
    if re.fullmatch(pattern, text):
        return None
    fitting = (count for count in range(len(shown), 0, -1) if re.match("".join(map(_pattern, shown[:count])), text))
    return next(fitting, 0)


def _pattern(line: str) -> str:
    if line.strip() == ELISION:
        return r"(?:[^\n]*\n)*?"
    return r"[^\n]*".join(map(re.escape, line.rstrip().split(ELISION))) + r"\n"
