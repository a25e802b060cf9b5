# SPDX-License-Identifier: BSD-2-Clause
"""From executed addresses of an ELF file to lines of its sources, by its DWARF line tables.

A line has code if a row of the table marks a statement of it (is_stmt) and holds at least one instruction; it is covered if any
instruction of such a row was executed. Rows between statements (an instruction that the optimiser moved away from its line) neither make
a line nor cover one.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

INSTRUCTION_BYTES = 4

_ENTRY = re.compile(r"^(?P<address>0x[0-9a-f]{16}) +(?P<line>\d+) +\d+ +(?P<file>\d+) +\d+ +\d+ +\d+ *(?P<flags>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Text:
    """The executable section: its first address and its bytes."""

    start: int
    data: bytes


@dataclass(frozen=True)
class Row:
    """The instructions [start, end) were made of this line."""

    start: int
    end: int
    path: str
    line: int


def read_text(path: Path) -> Text:
    """The code of an ELF file."""
    with path.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(".text")
        return Text(section["sh_addr"], section.data())


def read_rows(path: Path, naming: Callable[[str], str]) -> list[Row]:
    """The statements of an ELF file; LookupError if it has no line tables."""
    command = ["llvm-dwarfdump-19", "--debug-line", str(path)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows: list[Row] = []
    for unit in listing.split("\ndebug_line[")[1:]:
        rows += _unit_rows(unit, naming)
    if not rows:
        raise LookupError(f"{path} has no line tables: build it with -DSEL_DEBUG_INFO=on")
    return rows


def _unit_rows(unit: str, naming: Callable[[str], str]) -> list[Row]:
    names = [naming(name) for name in _file_names(unit)]
    rows = []
    before: re.Match[str] | None = None
    for entry in _ENTRY.finditer(unit):
        start, end = (0 if before is None else int(before["address"], 16)), int(entry["address"], 16)
        if before is not None and "is_stmt" in before["flags"] and before["line"] != "0" and end > start:
            rows.append(Row(start, end, names[int(before["file"])], int(before["line"])))
        before = None if "end_sequence" in entry["flags"] else entry
    return rows


def _file_names(unit: str) -> list[str]:
    """By index. The first folder is the one that the compiler worked in; the others are relative to it."""
    folders = re.findall(r'^include_directories\[ *\d+\] = "(.*)"$', unit, re.MULTILINE)
    files = re.findall(r'^ +name: "(.*)"\n +dir_index: (\d+)$', unit, re.MULTILINE)
    return [os.path.normpath(os.path.join(folders[0], folders[int(index)], name)) for name, index in files]


def line_counts(rows: list[Row], executed: dict[int, int]) -> dict[tuple[str, int], int]:
    """Executions of each line that has code: of its instruction that was executed most often."""
    counts: dict[tuple[str, int], int] = {}
    for row in rows:
        most = max(executed.get(address, 0) for address in range(row.start, row.end, INSTRUCTION_BYTES))
        key = (row.path, row.line)
        counts[key] = max(counts.get(key, 0), most)
    return counts
