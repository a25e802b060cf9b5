# SPDX-License-Identifier: BSD-2-Clause
"""A checked system: plain data, what plan.py works on. Where it stands in the spec is kept apart, in `places`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capdl.authority.rules import Rule
from capdl.diagnostics import Place
from capdl.guest_image import Placement
from capdl.platform import Device, Platform
from capdl.protocol_use import Spoken


@dataclass(frozen=True)
class Time:
    """Priority and processor time; budget None for a passive process without time of its own."""

    priority: int
    budget_ns: int | None
    period_ns: int | None
    is_passive: bool
    refills: int


@dataclass(frozen=True)
class Process:
    """A native process, a VMM too."""

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
    place: tuple[int, int] = (1, 1)


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
    place: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class Shared:
    """A shared region."""

    name: str
    size: int
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    has_doorbell: bool


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
    files: list[Path] = field(default_factory=list)
    #: What is spoken on a service, by process and service.
    spoken: dict[tuple[str, str], Spoken] = field(default_factory=dict)
    places: dict[tuple[Any, ...], Place] = field(default_factory=dict)
    policy: list[Rule] = field(default_factory=list)

    def takes_capabilities(self, server: str, service: str) -> bool:
        """Whether calls may carry capabilities: its protocol has methods that do, or without a protocol the spec says so."""
        spoken = self.spoken.get((server, service))
        return spoken.protocol.get_cap_count() > 0 if spoken else service in self.get_process(server).takes_capabilities

    def get_process(self, name: str) -> Process:
        """A process by name."""
        return next(process for process in self.processes if process.name == name)
