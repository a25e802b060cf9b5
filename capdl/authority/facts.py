# SPDX-License-Identifier: BSD-2-Clause
"""Who holds what from the start: the plan's capabilities and mappings, with the places that gave them.

Only the plan says who holds what; the checked spec adds names, places and the trusts it declares. The roottask is no
subject: it made the system and everybody trusts it (docs/design/authority.md).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from capdl.diagnostics import Place
from capdl.model import System
from capdl.names import RING_PREFIX
from capdl.places import Places
from capdl.plan_data import GUEST_CPU_INTERFACE, Cap, Plan, Thread
from capdl.platform import Device

ROOTTASK = "roottask"
#: Capabilities that the kernel never copies (kernel/object/cap.c, cap_is_copyable): they cannot be sent in a message.
SINGLE = frozenset(("UNTYPED", "REPLY", "IRQ_CONTROL"))
#: Firmware functions that only tell something: PSCI and SMCCC versions and features, AFFINITY_INFO, MIGRATE_INFO_TYPE, TRNG (DEN0022, DEN0028, DEN0098).
HARMLESS_SMC = frozenset((
    0x80000000, 0x80000001, 0x84000000, 0x84000004, 0xC4000004, 0x84000006, 0x8400000A, 0x84000050, 0x84000051, 0x84000052, 0x84000053, 0xC4000053,
))
#: Firmware functions that stop the processor or the machine: CPU_SUSPEND, CPU_OFF, SYSTEM_OFF, SYSTEM_RESET, SYSTEM_SUSPEND, SYSTEM_RESET2 (DEN0022).
STOPPING_SMC = frozenset((0x84000001, 0xC4000001, 0x84000002, 0x84000008, 0x84000009, 0x8400000E, 0xC400000E, 0x84000012, 0xC4000012))
#: The console server's rings and their signals, as a channel beside the services; no process can be called so.
CONSOLE_CHANNEL = "(console)"


@dataclass(frozen=True)
class Power:
    """What a capability to an object lets its holder do to whose it is, beyond what the object is there for; it needs `right`, if one is named.

    `controls`: act in its name. `hands`: give it capabilities. `stops`: it does not go on. `tells`: each sees what the other does with the object.
    """

    controls: bool = False
    hands: bool = False
    stops: bool = False
    tells: bool = False
    right: str = ""


#: By type of object. A FRAME counts if it is another's own memory (stack, heap, IPC buffer): who writes it redirects its returns and what it sends.
#: A VSPACE controls, too, with a thread to run in it (Closure.controlled).
POWERS = {
    "TCB": Power(controls=True, hands=True, stops=True, tells=True), "CNODE": Power(controls=True, hands=True, stops=True, tells=True),
    "VCPU": Power(controls=True, stops=True, tells=True), "FRAME": Power(controls=True, stops=True, right="WRITE"),
    "SCHED_CONTEXT": Power(stops=True, tells=True), "VSPACE": Power(tells=True), "REPLY": Power(tells=True), "TIMER": Power(tells=True),
}


@dataclass(frozen=True)
class Held:
    """A capability, or with `is_map` a mapping that needs no capability any more."""

    holder: str
    object: str
    type: str
    rights: frozenset[str]
    name: str
    place: Place
    badge: int = 0
    is_map: bool = False

    def has(self, right: str) -> bool:
        """Tell whether it has a right; no rights in the plan mean all."""
        return not self.rights or right in self.rights


@dataclass
class Facts:
    """Everything known of a system at its start; `devices` names the device of each object that is one's, `masters` the bus masters' registers."""

    system: System
    plan: Plan
    places: Places
    subjects: list[str] = field(default_factory=list)
    guests: dict[str, str] = field(default_factory=dict)
    caps: list[Held] = field(default_factory=list)
    maps: list[Held] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    channels: dict[str, tuple[str, str]] = field(default_factory=dict)
    separating: set[str] = field(default_factory=set)
    threads: dict[str, Thread] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    masters: dict[str, Device] = field(default_factory=dict)
    console_signals: set[tuple[str, str]] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    faulting: dict[str, str] = field(default_factory=dict)

    def channel_of(self, held: Held) -> str | None:
        """Return the channel that something held belongs to: an Endpoint's service, a console's rings and their signals."""
        if held.object in self.channels:
            return held.object
        is_console = self.is_ring(held.object) or (held.holder, held.name) in self.console_signals
        return CONSOLE_CHANNEL if is_console else None

    def is_ring(self, object: str) -> bool:
        """Tell the rings of a console from a shared region, which may be called like them."""
        return object.startswith(f"shared.{RING_PREFIX}") and object not in self.regions

    def is_separator(self, subject: str, channel: str | None) -> bool:
        """Tell whether this subject keeps the clients apart that it has on this channel."""
        return channel in self.separating and self.channels[channel][0] == subject

    def channel_text(self, channel: str) -> str:
        """A channel in the words of the spec, with the place that says whether it separates."""
        server, service = self.channels[channel]
        path = ("console", "separates_clients") if channel == CONSOLE_CHANNEL else ("processes", server, "serves", service)
        what = "the consoles" if channel == CONSOLE_CHANNEL else f"the clients of {channel}"
        place = self.places.of(*path)
        return f"{server} keeps {what} apart ({place.path}:{place.line})"

    def is_private(self, object: str, subject: str) -> bool:
        """Tell whether an object is a subject's own memory, which it uses whether it wants to share it or not."""
        return self.owners.get(object) == subject

    def controlled(self, held: Held) -> str | None:
        """Whom something held controls by itself, which may be its holder: whose thread, capabilities, or own memory it is, or whose faults and
        exits it receives, for the answer says how they go on."""
        if held.type == "ENDPOINT":
            return self.faulting.get(held.object) if held.has("READ") else None
        power, owner = POWERS.get(held.type), self.owners.get(held.object)
        return owner if power and power.controls and (not power.right or held.has(power.right)) else None

    def uses(self, held: Held, device: str) -> bool:
        """Tell whether something held is a device's, or makes the handler of one of its interrupts that nobody was handed."""
        if held.type != "IRQ_CONTROL":
            return self.devices.get(held.object) == device
        return any(self.takes(held, handler) for handler in handlers(self.system.platform.devices[device]))

    def takes(self, held: Held, handler: str) -> bool:
        """Tell whether something held is this interrupt's handler, or makes it, which the kernel does once."""
        return held.object == handler or (held.type == "IRQ_CONTROL" and handler not in self.types)

    def is_guest(self, subject: str) -> bool:
        """Tell a guest from a process."""
        return subject in self.guests


def gather(system: System, plan: Plan) -> Facts:
    """Collect the facts of a planned system."""
    places = Places(system.places, plan)
    facts = Facts(system, plan, places)
    facts.guests = {guest.name: guest.vmm for guest in plan.guests}
    facts.threads = {thread.name: thread for thread in plan.threads}
    facts.subjects = list(facts.threads)
    facts.faulting = {thread.fault: thread.name for thread in plan.threads if not thread.fault.startswith(f"{ROOTTASK}.")}
    facts.regions = {f"shared.{region.name}" for region in system.shared}
    _objects(facts)
    _channels(facts)
    facts.console_signals = _console_signals(plan)
    facts.caps = [held for cap in plan.caps for held in _held(facts, cap)]
    owner_of_vspace = {thread.vspace: thread.name for thread in plan.threads}
    for item in plan.maps:
        if item.object == GUEST_CPU_INTERFACE:
            continue
        subject = owner_of_vspace[item.vspace]
        place = places.of_map(subject, item.object)
        facts.maps.append(Held(subject, item.object, "FRAME", frozenset(item.rights), item.object, place, is_map=True))
    return facts


def _objects(facts: Facts) -> None:
    """Types of all objects, those that expand.py or the kernel makes too, and whose they are."""
    facts.types = {item.name: item.type for item in facts.plan.objects}
    for thread in facts.plan.threads:
        for name in (thread.tcb, thread.cnode, thread.context, thread.vcpu, thread.vspace):
            if name:
                facts.owners[name] = thread.name
        facts.types[thread.vspace] = "VSPACE"
        facts.types.setdefault(thread.cnode, "CNODE")
    facts.devices = {item.name: item.name.rpartition(".")[0] for item in facts.plan.objects if item.part == "device" and item.name != GUEST_CPU_INTERFACE}
    for name in facts.types:
        prefix = name.rpartition(".")[0]
        if prefix in facts.threads and name not in facts.devices:
            facts.owners.setdefault(name, prefix)
    for name, device in facts.devices.items():
        if facts.types[name] == "FRAME" and facts.system.platform.devices[device].is_bus_master:
            facts.masters[name] = facts.system.platform.devices[device]


def _channels(facts: Facts) -> None:
    """Services with their servers; which of them keep their clients apart."""
    for process in facts.system.processes:
        for service in process.serves:
            facts.channels[f"{process.name}.{service}"] = (process.name, service)
        facts.separating |= {f"{process.name}.{service}" for service in process.separates}
    if facts.system.console_server is not None:
        facts.channels[CONSOLE_CHANNEL] = (facts.system.console_server, "console")
        if facts.system.console_separates:
            facts.separating.add(CONSOLE_CHANNEL)


def _console_signals(plan: Plan) -> set[tuple[str, str]]:
    """Holder and name of each capability by which a console's two sides signal each other."""
    slots = {(each.name, client["link"].peer_cap) for each in plan.processes for client in each.clients}
    slots |= {(each.name, each.console.peer_cap) for each in plan.processes if each.console}
    slots |= {(each.vmm, link.peer_cap) for each in plan.guests for link in (each.console, each.debugger) if link}
    return {(holder, cap.name) for cap in plan.caps if ((holder := cap.cnode.rpartition(".")[0]), cap.slot) in slots}


def _held(facts: Facts, cap: Cap) -> list[Held]:
    holder = facts.owners.get(cap.cnode, cap.cnode.rpartition(".")[0])
    if holder not in facts.threads:
        return []
    type = facts.types.get(cap.object) or cap.object.removeprefix("kernel.").upper()
    return [Held(holder, cap.object, type, frozenset(cap.rights), cap.name, facts.places.of_cap(holder, cap.name), cap.badge)]


def handlers(device: Device) -> list[str]:
    """The names of a device's interrupt handlers in a plan that has them."""
    return [f"{device.name}.irq{number or ''}" for number in range(len(device.interrupts))]


def by_holder(held: list[Held]) -> dict[str, list[Held]]:
    """Group by holder."""
    groups: dict[str, list[Held]] = defaultdict(list)
    for item in held:
        groups[item.holder].append(item)
    return groups
