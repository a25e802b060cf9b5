# SPDX-License-Identifier: BSD-2-Clause
"""Where in the spec a capability, mapping or thread of the plan comes from.

The plan names things as the spec does, so a place is found by its names again and the plan needs no places of its own.
"""

from __future__ import annotations

import re
from typing import Any

from capdl.diagnostics import Place
from capdl.value_types import Struct, Value

Path = tuple[Any, ...]


def index(top: Struct) -> dict[Path, Place]:
    """Return the place of every given key and list item of a checked spec, by its path: ("processes", "client", "uses", "echo")."""
    places: dict[Path, Place] = {(): top.place}
    _walk(top, (), places)
    return places


def _walk(data: Any, path: Path, places: dict[Path, Place]) -> None:
    children = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ()
    for key, value in children:
        if isinstance(value, Value) and value.given:
            places[(*path, key)] = value.place
            if isinstance(data, list) and isinstance(value.data, str):
                places[(*path, value.data)] = value.place
            _walk(value.data, (*path, key), places)


class Places:
    """Looks up places by what the plan calls things."""

    def __init__(self, index: dict[Path, Place], spec: str):
        self.index = index
        self.whole = index.get((), Place(spec))
        self.local: dict[tuple[str, str], Place] = {}
        for path, place in index.items():
            if len(path) == 4 and path[0] == "processes" and path[2] != "time" and isinstance(path[3], str):
                self.local.setdefault((path[1], path[3]), place)

    def of(self, *path: Any) -> Place:
        """Return the place of a path, or of its longest beginning that has one."""
        while path and path not in self.index:
            path = path[:-1]
        return self.index.get(path, self.whole)

    def of_subject(self, name: str) -> Place:
        """The place of a process, guest or VMM."""
        if ("processes", name) in self.index:
            return self.index["processes", name]
        return self.of("guests", name.removeprefix("vmm_"))

    def of_service(self, server: str, service: str) -> Place:
        """The place of a service in its server."""
        return self.of("processes", server, "serves", service)

    def of_cap(self, process: str, name: str) -> Place:
        """The place that gave a process the capability it knows by that name."""
        if ("processes", process) not in self.index:
            return self._of_vmm_cap(process, name)
        found = self.local.get((process, name)) or self.local.get((process, re.sub(r"_irq\d*$", "", name)))
        if found:
            return found
        for word in ("smc", "untyped"):
            number = re.fullmatch(rf"{word}(\d*)", name)
            if number:
                return self.of("processes", process, word, int(number[1] or 0))
        if name == "timer":
            return self.of("processes", process, "timer")
        return self._of_link(name) or self.of("processes", process)

    def _of_vmm_cap(self, vmm: str, name: str) -> Place:
        return (self._of_link(name) if name in ("guest_console", "console_peer") else None) or self.of_subject(vmm)

    def _of_link(self, name: str) -> Place | None:
        """Doorbells of shared regions, and both ends of a console's connection."""
        doorbell = re.fullmatch(r"(.+)_doorbell(_.+)?", name)
        if doorbell:
            return self.index.get(("shared", doorbell[1], "doorbell"))
        if name in ("guest_console", "console_peer") or name.startswith("console_"):
            return self.index.get(("console", "server"))
        return None

    def of_map(self, subject: str, object: str) -> Place:
        """The place that gave a process or guest the mapping of an object."""
        owner, _, what = object.partition(".")
        if owner == "shared" and what.startswith("console_"):
            return self.of("console", "server")
        if owner == "shared":
            members = (("shared", what, key, subject) for key in ("writes", "reads"))
            return next((self.index[path] for path in members if path in self.index), self.of("shared", what))
        if ("guests", owner) in self.index:
            return self.of("guests", owner, "memory") if what.startswith("ram") else self.of("guests", owner)
        if what.startswith("registers"):
            return self.of_device(subject, owner)
        return self.index.get(("processes", owner, what)) or self.of_subject(owner)

    def of_device(self, subject: str, device: str) -> Place:
        """The place in a process's `devices` that names the device."""
        return self.local.get((subject, f"device {device}"), self.of_subject(subject))

    def add_devices(self, subject: str, devices: tuple[tuple[str, Any], ...]) -> None:
        """Make a process's devices known by the board's names."""
        for local, device in devices:
            self.local[subject, f"device {device.name}"] = self.of("processes", subject, "devices", local)

    def of_time(self, subject: str) -> Place:
        """The place of a subject's `time`."""
        if ("processes", subject) in self.index:
            return self.of("processes", subject, "time")
        if subject.startswith("vmm_") and ("guests", subject) not in self.index:
            guest = subject.removeprefix("vmm_")
            return self.index.get(("guests", guest, "vmm", "time"), self.of("guests", guest))
        return self.of("guests", subject, "time")
