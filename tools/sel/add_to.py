# SPDX-License-Identifier: BSD-2-Clause
"""Puts a new part into a spec, as text (a component's process; add_device.py: a guest's device): what the file has besides, comments too, stays byte by byte.

The spec with the addition is checked by capdl before the file is touched, and the file is replaced in one step.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sel import PYTHON, ROOT
from sel.build import child_environment
from sel.errors import BadEnvironment, BadInput, SpecFaults
from sel.files import refuse_empty
from sel.systems import find_system

if TYPE_CHECKING:
    from capdl.yaml_source import Mapping, Node


class Addition:
    """Something to be added to a spec; refused when made if the spec has no room for it."""

    what = ""

    def __init__(self, system: str):
        refuse_empty(system, "--add-to")
        self.spec = find_system(system).spec.resolve()
        self.shown = shown = system
        _check(self.spec, self.shown, "--add-to")
        if not os.access(self.spec, os.W_OK) or not os.access(self.spec.parent, os.W_OK):
            raise BadInput(f"--add-to {shown} cannot be written; change its mode or owner")
        self.text = ""

    def write(self) -> None:
        """Check the new text and put it in the file's place."""
        temporary = self.spec.with_name(f".{self.spec.stem}.sel-new.yaml")
        try:
            temporary.write_text(self.text, encoding="utf-8", newline="")
            _check(temporary, self.shown, f"--add-to {self.shown}: with the new {self.what}")
            temporary.chmod(self.spec.stat().st_mode & 0o7777)
            os.replace(temporary, self.spec)
        finally:
            temporary.unlink(missing_ok=True)

    def load(self) -> tuple[list[str], Mapping]:
        """The lines of the spec with their ends, and its tree."""
        sys.path.insert(0, str(ROOT))
        from capdl import yaml_source  # needs the packages
        from capdl.diagnostics import Reporter
        from capdl.expanded_read import is_expanded

        top = yaml_source.load(self.spec, self.shown, Reporter())
        assert isinstance(top, yaml_source.Mapping)  # it was checked
        if is_expanded(top):
            raise BadInput(
                f"--add-to {self.shown}: this is a spec in expanded form, as ./sel expand writes it, in which every object and capability of a {self.what} is a line of its own; "
                "add to the spec that it was made from, which `from` names in its lines, and expand that anew"
            )
        return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", self.spec.read_bytes().decode("utf-8")), top

    def insert(self, lines: list[str], at: int, new: list[str]) -> None:
        """Make the new text: lines without ends, behind so many of the old ones."""
        end = "\r\n" if any(line.endswith("\r\n") for line in lines) else "\n"
        if at > 0 and not lines[at - 1].endswith(("\n", "\r")):
            lines[at - 1] += end
        self.text = "".join([*lines[:at], *(line + end for line in new), *lines[at:]])

    def block(self, lines: list[str], node: Node, what: str, each: str) -> Mapping:
        """A mapping that is written as a block, with entries; what else is there is refused."""
        if not getattr(node, "key_places", None) or lines[node.place.line - 1][node.place.column - 1] == "{":
            line = node.place.line
            raise BadInput(f"--add-to {self.shown}: {what} in line {line} is written in one piece, in braces; write it as a block, one {each} a line, and try again")
        return node  # type: ignore[return-value]


class ProcessAddition(Addition):
    """The process of a component."""

    what = "process"

    def __init__(self, system: str, name: str, folder: Path):
        super().__init__(system)
        source = name_from(folder, self.spec.parent, ("components", "systems"))
        lines, top = self.load()
        indent, at = 2, len(lines)
        head = ["processes:"]
        if "processes" in top.items:
            processes = self.block(lines, top.items["processes"], "`processes`", "process")
            if name in processes.key_places:
                raise BadInput(f"--add-to {self.shown}: there is a process '{name}' already, in line {processes.key_places[name].line}; choose another name")
            keys = list(processes.key_places.values())
            indent, head = keys[0].column - 1, []
            at = end_of_block(lines, keys[-1].line, indent)
        space = " " * indent
        self.insert(lines, at, [
            *head,
            f"{space}{name}:",
            f"{space}{space}source: {source}",
            f"{space}{space}serves: {{calls: {{protocol: {source}/{name}.yaml}}}}",
            f"{space}{space}time: {{priority: 100, passive: true}}",
        ])


def end_of_block(lines: list[str], last_key: int, indent: int) -> int:
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


def name_from(path: Path, beside: Path, homes: tuple[str, ...]) -> str:
    """How a spec names a folder or file: as in the project if it has its home there, or relative to itself."""
    for home in homes:
        if path.is_relative_to(ROOT / home) and not beside.is_relative_to(path.parent):
            return str(path.relative_to(ROOT))
    relative = os.path.relpath(path, beside)
    return relative if relative.startswith("..") else f"./{relative}"


def _check(spec: Path, shown: str, what: str) -> None:
    """Raise SpecFaults if capdl refuses the spec."""
    environment = {**child_environment(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([PYTHON, "-m", "capdl", "check", str(spec)], env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode == 2:
        raise SpecFaults([line.replace(str(spec), shown, 1) for line in done.stderr.splitlines() if ": error SEL-" in line], what=what)
    if done.returncode != 0:
        raise BadEnvironment(f"{what} cannot be checked: {done.stderr.strip()}")
