# SPDX-License-Identifier: BSD-2-Clause
"""What is known of a system before it runs: the spec's names, the ABI, where the kernel has its data. Plain data that goes through JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from introspect.layout import Layout

#: What is used of each file, so that what is written for gdb is small.
_SYSTEM = ("name", "board", "slot", "made", "fixed", "irqs", "caps", "threads", "maps", "roottask", "copies")
_ABI = ("rights", "common_fields", "cap_types", "faults", "initial_slots", "limits", "syscalls", "thread_registers", "vcpu_registers", "exits")

#: Rights that share a bit, and the types they mean something on (libsel/abi/caps.yaml, "meaning").
_MEANT_ON = {"EXECUTE": ("FRAME",), "INSPECT": ("CNODE", "VSPACE")}


@dataclass(frozen=True)
class Built:
    """A built system: `system` of system.json, `abi` of abi.json, ticks a second, the kernel's layout, and bytes of the window of addresses that each process has."""

    system: Mapping[str, Any]
    abi: Mapping[str, Any]
    hz: int
    layout: Layout
    window_bytes: int = 1

    def as_json(self) -> str:
        """For a program that has no reader of debug information."""
        parts = {"system": {key: self.system[key] for key in _SYSTEM}, "abi": {key: self.abi[key] for key in _ABI}}
        return json.dumps({**parts, "hz": self.hz, "layout": self.layout.as_json(), "window_bytes": self.window_bytes})

    @cached_property
    def type_names(self) -> dict[int, str]:
        """Number of a capability's type -> its name, as ENDPOINT."""
        return {each["number"]: name for name, each in self.abi["cap_types"].items()}

    @cached_property
    def _fields(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        fields = {("", each["name"]): (each["word"], each["low"], each["width"]) for each in self.abi["common_fields"]}
        for kind, row in self.abi["cap_types"].items():
            fields |= {(kind, each["name"]): (each["word"], each["low"], each["width"]) for each in row["fields"]}
        return fields

    def cap_field(self, cap: tuple[int, int], field: str, kind: str = "") -> int:
        """A field of a capability's two words; `kind` for one that only this type has; 0 if it has none of that name."""
        if (kind, field) not in self._fields:
            return 0
        word, low, width = self._fields[kind, field]
        return cap[word] >> low & ((1 << width) - 1)

    def rights(self, value: int, kind: str) -> tuple[str, ...]:
        """The names of a capability's rights, in the ABI's order; a bit that several share by what it means on that type, if anything."""
        bits = self.abi["rights"]
        shared = {bit for bit in bits.values() if list(bits.values()).count(bit) > 1}
        return tuple(name for name, bit in bits.items() if value & bit and (bit not in shared or kind in _MEANT_ON.get(name, ())))

    @cached_property
    def fault_names(self) -> dict[int, str]:
        """Label of a fault -> its name."""
        return {each["number"]: name for name, each in self.abi["faults"].items()}

    @cached_property
    def syscall_names(self) -> dict[int, str]:
        """Number of a system call -> its name."""
        return {each["number"]: name for name, each in self.abi["syscalls"].items()}


def from_json(text: str) -> Built:
    """The opposite of as_json."""
    data = json.loads(text)
    return Built(data["system"], data["abi"], data["hz"], Layout(**data["layout"]), data["window_bytes"])


class Files:
    """The files of a build, taken before the system runs: a later build may replace them. Reading debug information is left until it is needed."""

    def __init__(self, build: Path, root: Path) -> None:
        self._kernel = (build / "kernel.elf").read_bytes()
        self._system = (build / "system.json").read_bytes()
        self._abi = (build / "gen" / "abi.json").read_bytes()
        self._root = root

    @cached_property
    def built(self) -> Built:
        """All of it; Failed when the kernel has no debug information."""
        from introspect.dwarf import read_layout  # needs a package

        if str(self._root) not in sys.path:
            sys.path.insert(0, str(self._root))
        from capdl.layout import WINDOW_BYTES

        system = json.loads(self._system)
        hz = _hz(self._root / "platform" / system["board"] / "platform.yaml")
        return Built(system, json.loads(self._abi), hz, read_layout(self._kernel), WINDOW_BYTES)


def _hz(platform: Path) -> int:
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(platform)["timer_frequency_hz"]
