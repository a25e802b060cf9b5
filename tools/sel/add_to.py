# SPDX-License-Identifier: BSD-2-Clause
"""Puts a new component's process into a spec, as text: what the file has besides, comments too, stays byte by byte.

The spec with the addition is checked by capdl before the file is touched, and the file is replaced in one step.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from sel import PYTHON, ROOT
from sel.build import child_environment
from sel.errors import BadEnvironment, BadInput, SpecFaults
from sel.files import refuse_empty
from sel.systems import find_system


class Addition:
    """A process to be added to a spec; refused when made if the spec has no room for it."""

    def __init__(self, system: str, name: str, folder: Path):
        refuse_empty(system, "--add-to")
        self.spec = find_system(system).spec.resolve()
        self.shown = shown = system
        _check(self.spec, self.shown, "--add-to")
        if not os.access(self.spec, os.W_OK) or not os.access(self.spec.parent, os.W_OK):
            raise BadInput(f"--add-to {shown} cannot be written; change its mode or owner")
        self.text = self._with_process(name, _source(folder, self.spec.parent))

    def write(self) -> None:
        """Check the new text and put it in the file's place."""
        temporary = self.spec.with_name(f".{self.spec.stem}.sel-new.yaml")
        try:
            temporary.write_text(self.text, encoding="utf-8", newline="")
            _check(temporary, self.shown, f"--add-to {self.shown}: with the new process")
            temporary.chmod(self.spec.stat().st_mode & 0o7777)
            os.replace(temporary, self.spec)
        finally:
            temporary.unlink(missing_ok=True)

    def _with_process(self, name: str, source: str) -> str:
        """The spec's text with the process behind the last one."""
        sys.path.insert(0, str(ROOT))
        from capdl import yaml_source  # needs the packages
        from capdl.diagnostics import Reporter

        old = self.spec.read_bytes().decode("utf-8")
        end = "\r\n" if "\r\n" in old else "\n"
        lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", old)
        top = yaml_source.load(self.spec, self.shown, Reporter())
        processes = top.items.get("processes") if isinstance(top, yaml_source.Mapping) else None
        indent, at = 2, len(lines)
        new_head = ["processes:"]
        if processes is not None:
            keys = list(processes.key_places.values()) if isinstance(processes, yaml_source.Mapping) else []
            if not keys or lines[processes.place.line - 1][processes.place.column - 1] == "{":
                line = processes.place.line
                raise BadInput(f"--add-to {self.shown}: `processes` in line {line} is written in one piece, in braces; write it as a block, one process a line, and try again")
            if name in processes.key_places:
                raise BadInput(f"--add-to {self.shown}: there is a process '{name}' already, in line {processes.key_places[name].line}; choose another name")
            indent, new_head = keys[0].column - 1, []
            at = _end_of_block(lines, keys[-1].line, indent)
        space = " " * indent
        new = [
            *new_head,
            f"{space}{name}:",
            f"{space}{space}source: {source}",
            f"{space}{space}serves: {{calls: {{protocol: {source}/{name}.yaml}}}}",
            f"{space}{space}time: {{priority: 100, passive: true}}",
        ]
        if at > 0 and not lines[at - 1].endswith(("\n", "\r")):
            lines[at - 1] += end
        return "".join([*lines[:at], *(line + end for line in new), *lines[at:]])


def _end_of_block(lines: list[str], last_key: int, indent: int) -> int:
    """Where the block ends whose last key is in a line (from 1): blank lines, and comments no deeper than the keys, belong to what follows."""
    at = last_key
    for number in range(last_key, len(lines)):
        text = lines[number].strip()
        is_inside = len(lines[number]) - len(lines[number].lstrip(" ")) > indent
        if text and is_inside:
            at = number + 1
        elif text and not text.startswith("#"):
            break
    return at


def _source(folder: Path, beside: Path) -> str:
    """How a spec names a folder: as in the project, or relative to itself."""
    for part in ("components", "systems"):
        if folder.is_relative_to(ROOT / part) and not beside.is_relative_to(folder.parent):
            return str(folder.relative_to(ROOT))
    relative = os.path.relpath(folder, beside)
    return relative if relative.startswith("..") else f"./{relative}"


def _check(spec: Path, shown: str, what: str) -> None:
    """Raise SpecFaults if capdl refuses the spec."""
    environment = {**child_environment(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([PYTHON, "-m", "capdl", "check", str(spec)], env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode == 2:
        raise SpecFaults([line.replace(str(spec), shown, 1) for line in done.stderr.splitlines() if ": error SEL-" in line], what=what)
    if done.returncode != 0:
        raise BadEnvironment(f"{what} cannot be checked: {done.stderr.strip()}")
