# SPDX-License-Identifier: BSD-2-Clause
"""Reads a spec as people write it into the model: names resolved, and what its values mean together."""

from __future__ import annotations

import re
from pathlib import Path

from capdl import PROJECT, check_guest, component, language, places, platform, protocol_use
from capdl.authority import policy_check
from capdl.checker import Checker, entries
from capdl.diagnostics import Place, listing, nearest
from capdl.limits import Limits
from capdl.model import Capability, Process, Shared, System
from capdl.names import RING_PREFIX, seen_name
from capdl.quantity import size_text
from capdl.value_types import Context, Struct, Value
from capdl.yaml_source import Mapping, Node

NOTIFICATION_BITS = 64
REGION_WINDOW = 48 << 20
RESERVED_NAMES = ("notification", "reply", "supervisor", "console", "timer", "smc", "exits", "guest_tcb", "guest_vcpu", "guest_console", *language.AUTHORITY)


class SpecReader:
    """Reads one as people write it; every fault is reported to the checker's reporter."""

    def __init__(self, checker: Checker, limits: Limits):
        self.checker = checker
        self.limits = limits
        self.offered: dict[tuple[str, str], dict[str, None]] = {}
        self.owners: dict[str, str] = {}
        self.guest_bytes = 0

    def read(self, tree: Node) -> System:
        """Read the tree; raises SpecError with every fault of the first stage that has one: keys and values, or what they mean together."""
        checker = self.checker
        top = language.system_keys(self.limits).check(tree, Context(checker.reporter, _subject(tree), "the spec"))
        checker.reporter.stop_if_any()
        checker.check_version(top)
        system = System(system_name(checker.spec), checker.spec, checker.board(top), shown=checker.shown, places=places.index(top, checker.shown))
        checker.names(top)
        for name, value in entries(top["processes"]):
            system.add_process(self._process(name, value, top, system))
        system.spoken = protocol_use.check(protocol_use.asked(top), system, checker, PROJECT, self.limits)
        system.files.extend(spoken.protocol.path for spoken in system.spoken.values())
        self._circles(system, top)
        for name, value in entries(top["guests"]):
            self._guest(name, value, system)
        for name, value in entries(top["shared"]):
            system.shared.append(self._shared(name, value, top))
        checker.console(top, system)
        self._rings(system)
        self._local_names(system, top)
        system.policy_tree = tree.items.get("policy") if isinstance(tree, Mapping) else None
        system.policy = policy_check.rules(checker, top, system)
        checker.processes(top, system)
        checker.reporter.stop_if_any()
        return system

    def _process(self, name: str, value: Value, top: Struct, system: System) -> Process:
        keys: Struct = value.data
        subject = f"process '{name}'"
        source = self.checker.source(keys["source"], subject)
        process = Process(
            name=name,
            source=source,
            time=self.checker.time(keys["time"], subject, True),
            stack=self.checker.whole_pages(keys, "stack", subject),
            heap=self.checker.whole_pages(keys, "heap", subject),
            has_fpu=keys.get_data("fpu"),
            devices=tuple(self._devices(keys, name, subject, system, source)),
            serves=tuple(name for name, _ in entries(keys["serves"])),
            separates=tuple(name for name, service in entries(keys["serves"]) if service.data.get_data("separates_clients")),
            takes_capabilities=tuple(name for name, service in entries(keys["serves"]) if service.data.get_data("takes_capabilities")),
            uses=tuple(self._references(keys, "uses", "serves", "SEL-S022", name, top)),
            events=tuple(event.data for event in keys.get_data("events")),
            signals=tuple(self._references(keys, "signals", "events", "SEL-S026", name, top)),
            has_timer=keys.get_data("timer"),
            smc=tuple(item.data for item in keys.get_data("smc")),
            untyped=tuple(self._powers(keys, subject)),
            authority=tuple(item.data for item in keys.get_data("authority")),
            free_slots=keys.get_data("free_slots"),
            page_tables=keys.get_data("page_tables"),
            may_power_off=keys.get_data("may_power_off"),
            licence=keys.get_data("licence"),
            place=value.place,
            capabilities=tuple(self._capability(local, item) for local, item in entries(keys["capabilities"])),
        )
        self._passive(process, keys, subject)
        return process

    @staticmethod
    def _capability(name: str, value: Value) -> Capability:
        """A capability given by hand; hand.py checks it against the plan's objects."""
        keys: Struct = value.data
        rights = tuple(item.data.upper() for item in keys.get_data("rights")) if keys["rights"].given else None
        return Capability(name, keys.get_data("object") or "", rights, keys.get_data("badge"), keys["object"].place, keys["rights"].place, keys["badge"].place)

    def _circles(self, system: System, top: Struct) -> None:
        """Passive processes that use each other in a circle; each is told once."""
        passive = {process.name: process for process in system.processes if process.time.is_passive}
        uses = {name: [server for _, server, _ in process.uses if server != name and server in passive] for name, process in passive.items()}
        while True:
            while ends := [name for name, servers in uses.items() if not any(server in uses for server in servers)]:
                for name in ends:
                    del uses[name]
            if not uses:
                return
            path = [next(iter(uses))]
            while path[-1] not in path[:-1]:
                path.append(next(server for server in uses[path[-1]] if server in uses))
            path = path[path.index(path[-1]) :]
            place = top["processes"].data[path[0]].data["uses"].place
            self.checker.add("SEL-S046", place, f"process '{path[0]}'", path=" -> ".join(path))
            for name in path[1:]:
                del uses[name]

    def _powers(self, keys: Struct, subject: str) -> list[int]:
        """Sizes of Untypeds are powers of two."""
        sizes = []
        for item in keys.get_data("untyped"):
            if item.data & (item.data - 1):
                rounded = 1 << item.data.bit_length()
                self.checker.add("SEL-S038", item.place, subject, key="untyped", size=size_text(item.data), rounded=size_text(rounded))
            sizes.append(item.data)
        return sizes

    def _passive(self, process: Process, keys: Struct, subject: str) -> None:
        """A passive process must be reachable by somebody's time."""
        time = process.time
        if not time.is_passive:
            return
        place = keys["time"].place
        wakers = [word for word, there in (("devices", process.devices), ("events", process.events), ("a timer", process.has_timer)) if there]
        if time.budget_ns is None and wakers:
            self.checker.add("SEL-S034", place, subject, what=" and ".join(wakers))
        elif time.budget_ns is None and not process.serves:
            self.checker.add("SEL-S033", place, subject)

    def _devices(self, keys: Struct, name: str, subject: str, system: System, source: Path) -> list[tuple[str, platform.Device]]:
        """Local name and device."""
        devices = []
        driven = component.driven(source)
        for local, item in entries(keys["devices"]):
            device = system.platform.devices.get(item.data)
            if device is None:
                known = system.platform.devices
                self.checker.add("SEL-S023", item.place, subject, name=item.data, nearest=nearest(item.data, known), permitted=listing(known))
                continue
            if item.data in self.owners:
                self.checker.add("SEL-S024", item.place, subject, name=item.data, first=self.owners[item.data])
                continue
            self.owners[item.data] = name
            if local in driven and device.compatible not in driven[local]:
                fitting = [each.name for each in system.platform.devices.values() if each.compatible in driven[local]]
                self.checker.add(
                    "SEL-S048", item.place, subject, local=local, name=item.data, compatible=device.compatible, drives=" or ".join(driven[local]),
                    remedy=f"give it {' or '.join(fitting)}" if fitting else f"the board {system.platform.name} has no such device: take a component that drives '{device.compatible}'",
                )
            devices.append((local, device))
        return devices

    def _references(self, keys: Struct, key: str, target_key: str, id: str, own: str, top: Struct) -> list[tuple[str, str, str]]:
        """`uses` and `signals`: local name -> (process, name there)."""
        found = []
        processes = top["processes"].data or {}
        for local, value in entries(keys[key]):
            server, name = value.data
            subject = f"process '{own}'"
            if server not in processes:
                self.checker.add("SEL-S021", value.place, subject, name=server, nearest=nearest(server, processes), permitted=listing(processes))
                continue
            names = self._offered(server, processes[server], target_key)
            if name not in names:
                self.checker.add(id, value.place, subject, server=server, name=name, nearest=nearest(name, names), permitted=listing(names))
                continue
            if server == own and key == "uses":
                self.checker.add("SEL-S035", value.place, subject, name=name)
            found.append((local, server, name))
        return found

    def _offered(self, server: str, value: Value, key: str) -> dict[str, None]:
        """The names that a process has under `serves` or `events`."""
        if (server, key) not in self.offered:
            self.offered[server, key] = {item if isinstance(item, str) else item.data: None for item in value.data.get_data(key)}
        return self.offered[server, key]

    def _guest(self, name: str, value: Value, system: System) -> None:
        keys: Struct = value.data
        subject = f"guest '{name}'"
        time = self.checker.time(keys["time"], subject, False)
        guest = check_guest.guest(self.checker, name, keys, time, subject, value.place, system.platform)
        if guest is None:
            return
        system.guests.append(guest)
        self.guest_bytes += guest.memory
        total, ram = self.guest_bytes, system.platform.ram[1]
        if total >= ram:
            self.checker.add("SEL-S063", keys["memory"].place, subject, needed=size_text(total), available=size_text(ram))
        system.files.extend((*guest.image_files, *(device.model.path for device in guest.devices)))
        system.add_process(check_guest.vmm(self.checker, guest, keys))

    def _shared(self, name: str, value: Value, top: Struct) -> Shared:
        keys: Struct = value.data
        subject = f"shared region '{name}'"
        processes, guests = top["processes"].data or {}, top["guests"].data or {}
        seen: set[str] = set()
        members: dict[str, list[str]] = {"writes": [], "reads": []}
        for key, verb in (("writes", "writes"), ("reads", "reads")):
            for item in keys.get_data(key):
                if item.data in guests:
                    self.checker.add("SEL-S041", item.place, subject)
                elif item.data not in processes:
                    self.checker.add("SEL-S021", item.place, subject, name=item.data, nearest=nearest(item.data, processes), permitted=listing(processes))
                elif item.data in seen:
                    self.checker.add("SEL-S039", item.place, subject, name=item.data)
                seen.add(item.data)
                members[key].append(item.data)
            if not keys.get_data(key) and (key == "writes" or len(members["writes"]) < 2):
                self.checker.add("SEL-S040", value.place, subject, verb=verb, key=key)
        size = self.checker.whole_pages(keys, "size", subject)
        return Shared(name, size, tuple(members["writes"]), tuple(members["reads"]), keys.get_data("doorbell"), value.place)

    def _rings(self, system: System) -> None:
        """With a console server everybody else's console has rings, which are shared objects by a name of their own."""
        owners = [*(process for process in system.processes if not process.guest), *system.guests] if system.console_server else []
        taken = {f"{RING_PREFIX}{owner.name}": owner for owner in owners if owner.name != system.console_server}
        for region in system.shared:
            if region.name in taken:
                owner = taken[region.name]
                self.checker.add("SEL-S025", region.place, f"shared region '{region.name}'", name=region.name, kind=f"the console rings of {owner.name}", first=owner.place.seen_from(region.place))

    def _local_names(self, system: System, top: Struct) -> None:
        """Inside a process every name means one thing; its Notification has 64 bits; its window has an end."""
        places = {name: value.place for name, value in (*entries(top["processes"]), *entries(top["guests"]))}
        regions: dict[str, list[Shared]] = {}
        for region in system.shared:
            for member in dict.fromkeys(region.writers + region.readers):
                regions.setdefault(member, []).append(region)
        for process in system.processes:
            place = places[process.guest or process.name]
            shared = regions.get(process.name, [])
            self._unique(process, shared, place)
            bits = len(process.events) + sum(len(device.interrupts) for _, device in process.devices) + process.has_timer
            bits += sum(region.has_doorbell for region in shared) + 1
            if process.name == system.console_server:
                bits += len(system.processes) + len(system.guests)
            if bits > NOTIFICATION_BITS:
                self.checker.add("SEL-S036", place, f"process '{process.name}'", count=bits)
            total = sum(region.size for region in shared)
            if total > REGION_WINDOW:
                self.checker.add("SEL-S042", place, f"process '{process.name}'", name=process.name, size=size_text(total), bound=size_text(REGION_WINDOW))

    def _unique(self, process: Process, shared: list[Shared], place: Place) -> None:
        names = [(name, "a service") for name in process.serves]
        names += [(name, "a used service") for name, _, _ in process.uses]
        names += [(name, "an event") for name in process.events]
        names += [(name, "a signal") for name, _, _ in process.signals]
        names += [(name, "a device") for name, _ in process.devices]
        names += [(seen_name(region.name, region.instance, process.instance), "a shared region") for region in shared]
        names += [(capability.name, "a capability by hand") for capability in process.capabilities]
        first: dict[str, str] = dict.fromkeys(RESERVED_NAMES, "a word of the language")
        for name, kind in names:
            if name in first:
                self.checker.add("SEL-S027", place, f"process '{process.name}'", name=name, first=first[name], second=kind)
            first.setdefault(name, kind)


def _subject(tree: Node) -> str:
    """What the faults of the whole spec are about, where that is not plain."""
    return "the file is empty" if isinstance(tree, Mapping) and not tree.items else ""


def system_name(spec: Path) -> str:
    """A system is named by its folder, or by its file if that is not called system.yaml; only plain characters reach generated files."""
    spec = spec.resolve()
    name = spec.parent.name if spec.name == "system.yaml" else spec.stem
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name) or "system"
