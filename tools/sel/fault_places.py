# SPDX-License-Identifier: BSD-2-Clause
"""Where in the source a process has stopped: the roottask's report of a fault has an address, the program's debug information has the line.

The report is on the kernel's console, which need not be the one in front: a process that stops is told whatever is looked at.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from sel import ROOT
from sel.files import shown_path

KEPT_BYTES = 1 << 16
SYMBOLIZER = "llvm-symbolizer-19"
#: One look into a program's debug information (host seconds).
LIMIT_S = 10

_REPORT = re.compile(r"^roottask: fault: process (?P<process>\w+): (?P<cause>.+?), pc (?P<pc>0x[0-9a-f]+)(?:.*?, address (?P<address>0x[0-9a-f]+))?", re.MULTILINE)
#: An access so near below the stack comes of a stack that is too small.
BELOW_STACK_BYTES = 64 << 10


class FaultPlaces:
    """Follows the kernel's console; `elves` leads from a process's name to its linked program."""

    def __init__(self, elves: dict[str, Path]) -> None:
        self._elves = elves
        self._text = b""

    def take(self, data: bytes) -> list[str]:
        """Take output of the kernel's console; return a sentence for each fault whose report is complete now."""
        self._text = (self._text + data.replace(b"\r", b""))[-KEPT_BYTES:]
        end = self._text.rfind(b"\n") + 1
        told, self._text = self._text[:end].decode("utf-8", "replace"), self._text[end:]
        return [self._sentence(found) for found in _REPORT.finditer(told)]

    def _sentence(self, found: re.Match[str]) -> str:
        place = self._place(found["process"], found["pc"])
        return f"process {found['process']} has stopped{f' at {place}' if place else ''}: {found['cause']}{self._below_stack(found)}"

    def _below_stack(self, found: re.Match[str]) -> str:
        """That an access went over the end of the process's stack, if it did; the plan of the build knows where that is."""
        elf = self._elves.get(found["process"])
        if elf is None or found["address"] is None:
            return ""
        try:
            plan = json.loads((elf.parent.parent / "gen" / "plan.json").read_text(encoding="utf-8"))
            size = next(each["stack"] for each in plan["processes"] if each["name"] == found["process"])
            base = next(each["address"] for each in plan["maps"] if each["object"] == f"{found['process']}.stack")
        except (OSError, ValueError, LookupError, StopIteration):
            return ""
        if not 0 < base - int(found["address"], 16) <= BELOW_STACK_BYTES:
            return ""
        return f" just below {found['process']}'s stack of {size >> 10}K; `stack` in the spec gives it more"

    def _place(self, process: str, address: str) -> str | None:
        """`FILE:LINE in FUNCTION`, or None if the program does not tell."""
        elf = self._elves.get(process)
        if elf is None:
            return None
        command = [SYMBOLIZER, f"--obj={elf}", "--output-style=JSON", address]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=True)
            symbol = json.loads(done.stdout)[0]["Symbol"][0]
            file, line, function = symbol["FileName"], symbol["Line"], symbol["FunctionName"]
        except (OSError, subprocess.SubprocessError, ValueError, LookupError):
            return None
        return f"{shown_path(file, ROOT)}:{line} in {function}" if file and line else None
