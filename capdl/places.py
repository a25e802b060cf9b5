# SPDX-License-Identifier: BSD-2-Clause
"""Where in the spec things come from: the places of its keys, and by them those of a plan's rows.

Who makes a row of the plan gives it the place that asks for it (planner.py); what was read from an expanded spec keeps the
place that was written there. So every question about a row has one answer, in a part or included file too.
"""

from __future__ import annotations

import os
from typing import Any

from capdl import PROJECT
from capdl.diagnostics import Place
from capdl.plan_data import Plan
from capdl.value_types import Struct, Value

Path = tuple[Any, ...]


class Index:
    """The place of every given key and list item, by its path: ("processes", "client", "uses", "echo")."""

    def __init__(self, by_path: dict[Path, Place], shown: str, is_expanded: bool = False):
        self.by_path = by_path
        self.whole = by_path.get((), Place(shown))
        self.is_expanded = is_expanded

    def __contains__(self, path: Path) -> bool:
        return path in self.by_path

    def of(self, *path: Any) -> Place:
        """Return the place of a path, or of its longest beginning that has one."""
        while path and path not in self.by_path:
            path = path[:-1]
        return self.by_path.get(path, self.whole)


def index(top: Struct, shown: str) -> Index:
    """Return the places of a checked spec; list items that are texts have theirs by number and by text."""
    places: dict[Path, Place] = {(): top.place}
    _walk(top, (), places)
    return Index(places, shown, "form" in top)


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

    def __init__(self, index: Index, plan: Plan):
        self.index = index
        self.caps = {(cap.cnode.rpartition(".")[0], cap.name): self._place(cap.place) for cap in plan.caps if cap.place}
        self.given = {(cap.cnode.rpartition(".")[0], cap.object): self._place(cap.place) for cap in plan.caps if cap.place}
        owners = {thread.vspace: thread.name for thread in plan.threads}
        self.maps = {(owners[row.vspace], row.object): self._place(row.place) for row in plan.maps if row.place}

    def _place(self, text: str) -> Place:
        """A row's FILE:LINE:COLUMN. What an expanded spec says of where a row came from counts from the project; it is shown as the spec itself is."""
        path, line, column = text.rsplit(":", 2)
        if self.index.is_expanded and path != self.whole.path:
            path = os.path.join(PROJECT, path)
            path = path if os.path.isabs(self.whole.path) else os.path.relpath(path)
        return Place(path, int(line), int(column))

    @property
    def whole(self) -> Place:
        """The place of the whole spec."""
        return self.index.whole

    def of(self, *path: Any) -> Place:
        """Return the place of a path, or of its longest beginning that has one."""
        return self.index.of(*path)

    def of_subject(self, name: str) -> Place:
        """The place of a process, guest or VMM."""
        if ("processes", name) in self.index:
            return self.of("processes", name)
        return self.of("guests", name.removeprefix("vmm_"))

    def of_key(self, name: str, key: str) -> Place:
        """The place of a key of a process or guest, or of it if the key is not given: a VMM's is that of its guest."""
        path = next((path for kind in ("processes", "guests") if (path := (kind, name, key)) in self.index), None)
        return self.of(*path) if path else self.of_subject(name)

    def of_cap(self, process: str, name: str) -> Place:
        """The place that gave a process the capability it knows by that name."""
        return self.caps.get((process, name)) or self.of_subject(process)

    def of_map(self, subject: str, object: str) -> Place:
        """The place that gave a process or guest the mapping of an object."""
        return self.maps.get((subject, object)) or self.of_subject(subject)

    def of_device(self, subject: str, device: str) -> Place:
        """The place that gave a process the device: by its registers, or by an interrupt."""
        return self.maps.get((subject, f"{device}.registers")) or self.given.get((subject, f"{device}.irq")) or self.of_subject(subject)

    def of_emulated(self, guest: str, device: str) -> Place:
        """The place of a guest's emulated device."""
        return self.of("guests", guest, "devices", device)

    def of_time(self, subject: str) -> Place:
        """The place of a subject's `time`."""
        if ("processes", subject) in self.index:
            return self.of("processes", subject, "time")
        if subject.startswith("vmm_") and ("guests", subject) not in self.index:
            guest = subject.removeprefix("vmm_")
            inner = ("guests", guest, "vmm", "time")
            return self.of(*inner) if inner in self.index else self.of("guests", guest)
        return self.of("guests", subject, "time")
