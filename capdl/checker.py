# SPDX-License-Identifier: BSD-2-Clause
"""What the readers of a spec share: where it is, what is reported, and what is checked alike in either form."""

from __future__ import annotations

import os
from pathlib import Path

from capdl import PROJECT, inputs, language, platform
from capdl.diagnostics import Place, Reporter, listing, nearest
from capdl.model import System, Time
from capdl.names import SYSTEM_NAMES
from capdl.quantity import size_text, time_text
from capdl.value_types import Struct, Value

PROCESS_COUNT_MAX = 1024


class Checker:
    """Checks one spec; every method reports and goes on."""

    def __init__(self, spec: Path, shown: str, board: str | None, reads_images: bool):
        self.spec = spec
        self.shown = shown
        self.reporter = Reporter()
        self.forced_board = board
        self.reads_images = reads_images
        self.folders: dict[str, Path] = {}
        self.seen: dict[str, tuple[str, Place]] = {}

    def add(self, id: str, place: Place, subject: str = "", **values: object) -> None:
        """Report."""
        self.reporter.add(id, place, subject, **values)

    def folder(self, place: Place) -> Path:
        """The folder that a relative path counts from: that of the file that names it."""
        return self.folders.get(place.base, self.spec.parent)

    def check_version(self, top: Struct) -> None:
        version = top["version"]
        if version.data != language.SCHEMA_VERSION:
            self.add("SEL-S017", version.place, value=version.data, known=language.SCHEMA_VERSION)
            self.reporter.stop_if_any()

    def board(self, top: Struct) -> platform.Platform:
        boards = sorted(path.parent.name for path in (PROJECT / "platform").glob("*/platform.yaml"))
        value = top["board"]
        name = self.forced_board or value.data
        if name not in boards:
            self.add("SEL-S020", value.place, board=name[:60], nearest=nearest(name, boards), permitted=listing(boards))
            self.reporter.stop_if_any()
        return platform.load(PROJECT / "platform" / name)

    def names(self, top: Struct) -> None:
        """Processes, guests and shared regions share one space of names; an expanded spec has the VMMs among the processes."""
        is_expanded_spec = "form" in top
        for kind, key in (("process", "processes"), ("guest", "guests"), ("shared region", "shared")):
            for name, value in entries(top[key]) if key in top else []:
                if name in SYSTEM_NAMES:
                    self.add("SEL-S018", value.place, f"{kind} '{name}'", name=name, reserved=listing(SYSTEM_NAMES))
                if name in self.seen:
                    first_kind, first = self.seen[name]
                    self.add("SEL-S025", value.place, f"{kind} '{name}'", name=name, kind=f"a {first_kind}", first=first.seen_from(value.place))
                else:
                    self.seen[name] = (kind, value.place)
        for name, value in entries(top["guests"]):
            taken = self.seen.get(f"vmm_{name}")
            if taken and not is_expanded_spec:
                self.add("SEL-S025", value.place, f"guest '{name}'", name=f"vmm_{name}", kind=f"a {taken[0]}", first=taken[1].seen_from(value.place))
        if not top["processes"].data and not top["guests"].data:
            self.add("SEL-S029", top.place)

    def time(self, value: Value, subject: str, may_be_passive: bool) -> Time:
        """Check `time`."""
        keys: Struct = value.data
        budget, period = keys["budget"], keys["period"]
        is_passive = keys.get_data("passive") and may_be_passive
        for key in ("budget", "period"):
            other = period if key == "budget" else budget
            if not keys[key].given and (not is_passive or other.given):
                self.add("SEL-S032", value.place, subject, key=key)
        if budget.given and period.given and budget.data > period.data:
            self.add("SEL-S014", budget.place, subject, budget=time_text(budget.data), period=time_text(period.data))
        return Time(keys.get_data("priority"), budget.data, period.data, is_passive, keys.get_data("refills") or 0)

    def whole_pages(self, keys: Struct, key: str, subject: str) -> int:
        """A size that must be a multiple of a page."""
        size = keys.get_data(key)
        if size % 4096:
            self.add("SEL-S037", keys[key].place, subject, key=key, size=size_text(size), unit="4K", rounded=size_text(-(-size // 4096) * 4096))
        return size

    def source(self, value: Value, subject: str) -> Path:
        """Find a component's folder: beside the spec or in the project."""
        candidates = [self.folder(value.place) / value.data, PROJECT / value.data]
        folder = inputs.first_of(candidates, inputs.FOLDER)
        if folder is None:
            file = inputs.first_of(candidates, inputs.FILE)
            hint = f": that is a file; name its folder, {os.path.dirname(value.data)[:200] or '.'}" if file else ""
            self.add("SEL-S030", value.place, subject, path=value.data[:200], hint=hint)
            return candidates[0]
        if inputs.kind_of(folder / "CMakeLists.txt") != inputs.FILE:
            self.add("SEL-S031", value.place, subject, path=value.data[:200], name=folder.name)
        return folder.resolve()

    def console(self, top: Struct, system: System) -> None:
        processes = [name for name, _ in entries(top["processes"])]
        guests = [name for name, _ in entries(top["guests"])]
        console = top["console"].data
        server = console["server"] if console else None
        if server is not None and server.given:
            if server.data not in processes:
                self.add("SEL-S021", server.place, "console", name=server.data, nearest=nearest(server.data, processes), permitted=listing(processes))
            elif not any(device.name in system.platform.console_devices for _, device in system.get_process(server.data).devices):
                self.add("SEL-S043", server.place, "console", server=server.data)
            system.console_server = server.data
            system.console_separates = console.get_data("separates_clients")
        front = console["front"] if console else None
        if front is not None and front.given:
            if front.data not in processes + guests:
                self.add("SEL-S044", front.place, "console", name=front.data, permitted=listing(guests + processes))
            system.front = front.data
        else:
            system.front = next(iter(guests + processes), None)

    def processes(self, top: Struct, system: System) -> None:
        """There are only so many."""
        if len(system.processes) > PROCESS_COUNT_MAX:
            self.add("SEL-S045", top["processes"].place, count=len(system.processes), bound=PROCESS_COUNT_MAX)


def entries(value: Value) -> list[tuple[str, Value]]:
    """Entries of a Table value, which may be absent."""
    return list(value.data.items()) if value.data else []
