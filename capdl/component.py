# SPDX-License-Identifier: BSD-2-Clause
"""What a component's CMakeLists.txt says of the devices that it drives: `sel_component(... DRIVES LOCAL=COMPATIBLE ...)`.

Only plain words are understood. The build compares them with what CMake itself has seen (cmake/component.cmake), so that nothing else
can be meant.
"""

from __future__ import annotations

import re
from pathlib import Path

from capdl.inputs import FILE, kind_of, read_at_most

#: What stands behind so much of a CMakeLists.txt is not looked at; the build compares with what CMake has seen.
BYTES_MAX = 1 << 20
_TOKEN = re.compile(r'#[^\n]*|"((?:[^"\\]|\\.)*)"|([^\s()"#]+)|(\()|(\))')
_KEYWORDS = ("NAME", "SOURCES", "INCLUDES", "FPU", "DRIVES")
_WORD = re.compile(r"(\w+)=([\w,.+-]+)")


def drives(folder: Path) -> tuple[str, ...]:
    """The words behind DRIVES, in their order; none if there is no file or it says nothing of devices."""
    path = folder / "CMakeLists.txt"
    try:
        text = read_at_most(path, BYTES_MAX).decode(errors="replace") if kind_of(path) == FILE else ""
    except OSError:
        return ()
    words: list[str] = []
    is_inside = is_driving = False
    last = ""
    for quoted, word, opening, closing in _TOKEN.findall(text):
        if opening or closing:
            is_inside, is_driving = bool(opening) and last == "sel_component", False
        elif is_inside and word in _KEYWORDS:
            is_driving = word == "DRIVES"
        elif is_driving and _WORD.fullmatch(word or quoted):
            words.append(word or quoted)
        last = word
    return tuple(words)


def driven(folder: Path) -> dict[str, list[str]]:
    """Compatible strings of each device that the component names, by its own name for it."""
    found: dict[str, list[str]] = {}
    for word in drives(folder):
        local, _, compatible = word.partition("=")
        found.setdefault(local, []).append(compatible)
    return found
