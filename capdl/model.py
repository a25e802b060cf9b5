# SPDX-License-Identifier: BSD-2-Clause
"""A checked system: plain data, what planner.py works on. Where things stand in the spec: `places`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capdl import PROJECT
from capdl.authority.rules import Rule
from capdl.device_model import DeviceModel
from capdl.diagnostics import Place
from capdl.guest_image import Placement
from capdl.places import Index
from capdl.platform import Device, Platform
from capdl.protocol import Spoken
from capdl.yaml_source import Node


@dataclass(frozen=True)
class Time:
    """Priority and processor time; budget None for a passive process without time of its own."""

    priority: int
    budget_ns: int | None
    period_ns: int | None
    is_passive: bool
    refills: int


@dataclass(frozen=True)
class Capability:
    """A capability that the spec gives by hand, with the places of its values; rights None: not given."""

    name: str
    object: str
    rights: tuple[str, ...] | None
    badge: int
    object_place: Place
    rights_place: Place
    badge_place: Place


@dataclass(frozen=True)
class Process:
    """A native process, a VMM too. `written_at`: where the spec has it that it was expanded from, if it was."""

    name: str
    source: Path
    time: Time
    stack: int
    heap: int
    has_fpu: bool
    devices: tuple[tuple[str, Device], ...] = ()
    serves: tuple[str, ...] = ()
    separates: tuple[str, ...] = ()
    takes_capabilities: tuple[str, ...] = ()
    uses: tuple[tuple[str, str, str], ...] = ()
    events: tuple[str, ...] = ()
    signals: tuple[tuple[str, str, str], ...] = ()
    has_timer: bool = False
    smc: tuple[int, ...] = ()
    untyped: tuple[int, ...] = ()
    authority: tuple[str, ...] = ()
    free_slots: int = 16
    page_tables: int = 0
    may_power_off: bool = False
    guest: str | None = None
    licence: str | None = None
    place: Place = Place("")
    capabilities: tuple[Capability, ...] = ()
    written_at: str = ""
    in_instance: str = ""

    @property
    def instance(self) -> str:
        """The instance of a part that it belongs to, with dots between nested ones; empty if none. An expanded spec says it."""
        return self.in_instance or self.place.origin.instance


@dataclass(frozen=True)
class GuestDevice:
    """An emulated device of a guest, where it is; `interrupt` is its SPI. `has_source`: the spec names its file."""

    name: str
    model: DeviceModel
    address: int
    interrupt: int | None
    setting: int
    has_source: bool


@dataclass(frozen=True)
class Guest:
    """A guest and what it boots."""

    name: str
    memory: int
    time: Time
    placement: Placement
    cmdline: str
    power_off: str
    has_fpu: bool
    image_files: tuple[Path, ...]
    licence: str | None = None
    place: Place = Place("")
    image: tuple[tuple[str, str | int | Path], ...] = ()
    written_at: str = ""
    devices: tuple[GuestDevice, ...] = ()


@dataclass(frozen=True)
class Shared:
    """A shared region."""

    name: str
    size: int
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    has_doorbell: bool
    place: Place = Place("")

    @property
    def instance(self) -> str:
        """The instance of a part that it belongs to."""
        return self.place.origin.instance


@dataclass(frozen=True)
class Row:
    """A line of an expanded spec: its values by key, its place, and where the spec that it was expanded from asks for it."""

    values: dict[str, Any]
    place: Place
    written_at: str


@dataclass
class Rows:
    """The objects, capabilities, mappings and signals of an expanded spec, and the bits of each process's Notification."""

    objects: list[Row]
    capabilities: list[Row]
    mappings: list[Row]
    signals: list[Row]
    bits: dict[str, list[str]]


@dataclass
class System:
    """The whole system."""

    name: str
    spec: Path
    platform: Platform
    processes: list[Process] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)
    console_server: str | None = None
    console_separates: bool = False
    front: str | None = None
    #: The guest that is built to be debugged (gdb_guest.py).
    debugged: str | None = None
    files: list[Path] = field(default_factory=list)
    shown: str = ""
    rows: Rows | None = None
    by_name: dict[str, Process] = field(default_factory=dict, repr=False)
    #: What is spoken on a service, by process and service.
    spoken: dict[tuple[str, str], Spoken] = field(default_factory=dict)
    places: Index = field(default_factory=lambda: Index({}, ""))
    policy: list[Rule] = field(default_factory=list)
    #: The policy as it was written, for the expanded form.
    policy_tree: Node | None = None

    def relative(self, path: Path) -> str:
        """A file or folder as a spec may name it, the same in every clone: relative to the project if it lies there, else to the spec."""
        return os.path.relpath(path, PROJECT if path.is_relative_to(PROJECT) else self.spec.resolve().parent)

    def takes_capabilities(self, server: str, service: str) -> bool:
        """Whether calls may carry capabilities: its protocol has methods that do, or without a protocol the spec says so."""
        spoken = self.spoken.get((server, service))
        return spoken.protocol.get_cap_count() > 0 if spoken else service in self.get_process(server).takes_capabilities

    def add_process(self, process: Process) -> None:
        """Append a process."""
        self.processes.append(process)
        self.by_name[process.name] = process

    def get_process(self, name: str) -> Process:
        """A process by name."""
        return self.by_name[name]
