# SPDX-License-Identifier: BSD-2-Clause
"""The plan as data: what planner.py makes, plan.json holds, expand.py and source.py read.

Objects are named `PART.what`; a capability or mapping names its object.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import Any


#: The registers of a GICv2 that guests use themselves. No memory between them: what a guest finds there is its VCPU's.
GUEST_CPU_INTERFACE = "gic.guest_cpu_interface"


@dataclass
class Object:
    """`count` objects of one type; Frames at a fixed address have one. `place`: where the spec asks for it, FILE:LINE:COLUMN."""

    name: str
    type: str
    part: str
    size_bits: int
    count: int = 1
    address: int | None = None
    intid: int | None = None
    is_edge: bool = False
    place: str = ""


@dataclass
class Cap:
    """`count` capabilities to consecutive objects in consecutive slots of a CNode."""

    cnode: str
    slot: int
    name: str
    object: str
    rights: list[str]
    badge: int = 0
    count: int = 1
    move: bool = False
    place: str = ""


@dataclass
class Map:
    """`count` Frames of an object, from `first` on, mapped at consecutive addresses; a program knows them as `region`, if that is given.

    With `on_demand` a process maps them itself, by capabilities it has, when it likes.
    """

    vspace: str
    address: int
    object: str
    rights: list[str]
    first: int = 0
    count: int = 1
    attribute: str = "NORMAL"
    on_demand: bool = False
    region: str = ""
    place: str = ""


@dataclass
class Thread:
    """A TCB's set-up; pc is filled in by emit for native threads."""

    name: str
    part: str
    flags: list[str]
    priority: int
    tcb: str
    cnode: str
    vspace: str
    context: str | None
    home: str | None
    budget_ns: int
    period_ns: int
    refills: int
    fault: str
    has_fpu: bool
    buffer: str | None = None
    buffer_address: int = 0
    sp: int = 0
    notification: str | None = None
    vcpu: str | None = None
    process: str | None = None


@dataclass
class Names:
    """What sel_spec.c of a process defines."""

    caps: dict[str, int] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)
    regions: dict[str, tuple[int, int, bool]] = field(default_factory=dict)
    badges: dict[str, int] = field(default_factory=dict)


@dataclass
class Link:
    """One side of a console connection."""

    output: tuple[int, int]
    input: tuple[int, int]
    peer_cap: int
    own_bit: int


@dataclass
class PlannedProcess:
    """A process as CMake and sel_spec.c need it."""

    name: str
    part: str
    folder: str
    index: int
    base: int
    stack: int
    heap: int
    has_fpu: bool
    is_passive: bool
    channel: int
    names: Names = field(default_factory=Names)
    slot_count: int = 0
    first_free_slot: int = 1
    free_slots: int = 16
    console: Link | None = None
    clients: list[dict[str, Any]] = field(default_factory=list)
    channels: list[dict[str, Any]] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)
    guest: str | None = None
    console_kind: str = "NONE"
    may_power_off: bool = False
    page_tables: int = 0
    place: tuple[str, int, int, str] = ("", 1, 1, "")


@dataclass
class PlannedGuest:
    """A guest as the VMM's data needs it; images come from the pieces' files."""

    name: str
    vmm: str
    memory: int
    entry: int
    power_off: str
    has_fpu: bool
    pieces: list[dict[str, Any]]
    uart_page: tuple[int, int]
    ram: list[dict[str, Any]]
    devices: list[dict[str, Any]] = field(default_factory=list)
    console: Link | None = None
    debugger: Link | None = None
    channel: int = 0


@dataclass
class Plan:
    """Everything."""

    name: str
    board: str
    spec: str
    consoles: list[dict[str, Any]] = field(default_factory=list)
    front: str | None = None
    front_channel: int = 0
    #: The guest that is built to be debugged, and its channel on the UART.
    debugger: dict[str, Any] | None = None
    parts: list[dict[str, Any]] = field(default_factory=list)
    processes: list[PlannedProcess] = field(default_factory=list)
    guests: list[PlannedGuest] = field(default_factory=list)
    objects: list[Object] = field(default_factory=list)
    caps: list[Cap] = field(default_factory=list)
    maps: list[Map] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    irq_binds: list[dict[str, Any]] = field(default_factory=list)
    timer_binds: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_name: dict[str, PlannedProcess] = {}

    def json_text(self) -> str:
        """Return plan.json."""
        return json.dumps({each.name: getattr(self, each.name) for each in fields(self)}, indent=1, default=vars) + "\n"

    def add_process(self, process: PlannedProcess) -> None:
        """Append a process."""
        self.processes.append(process)
        self._by_name[process.name] = process

    def get_process(self, name: str) -> PlannedProcess:
        """A process by name."""
        return self._by_name[name]


def meant(plan: dict[str, Any]) -> dict[str, Any]:
    """What of a plan as plan.json has it the spec means: not what guests boot, nor where the spec's file lies and its lines are."""
    guests = [{key: value for key, value in guest.items() if key not in ("pieces", "entry")} for guest in plan["guests"]]
    rows = {name: [{key: value for key, value in row.items() if key != "place"} for row in plan[name]] for name in ("processes", "objects", "caps", "maps")}
    return {**plan, "guests": guests, **rows, "spec": None}


def from_dict(data: dict[str, Any]) -> Plan:
    """Read plan.json back."""
    plan = Plan(**{**data, "processes": [], "guests": [], "objects": [], "caps": [], "maps": [], "threads": []})
    plan.objects = [Object(**item) for item in data["objects"]]
    plan.caps = [Cap(**item) for item in data["caps"]]
    plan.maps = [Map(**item) for item in data["maps"]]
    plan.threads = [Thread(**item) for item in data["threads"]]
    for item in data["processes"]:
        plan.add_process(PlannedProcess(**item))
    plan.guests = [PlannedGuest(**item) for item in data["guests"]]
    return plan
