# SPDX-License-Identifier: BSD-2-Clause
"""Reads a spec in expanded form into the model: processes and guests as ever, and the rows that row_plan.py makes the plan of."""

from __future__ import annotations

import re

from capdl import PROJECT, check_guest, language, places, protocol_use
from capdl.authority import policy_check
from capdl.checker import Checker
from capdl.diagnostics import Place, listing, nearest
from capdl.limits import Limits
from capdl.model import Process, Row, Rows, Shared, System
from capdl.names import RING_PREFIX
from capdl.platform import Device
from capdl.protocol_use import Asked
from capdl.quantity import size_text
from capdl.value_types import Context, Struct, Value
from capdl.yaml_source import Mapping, Node

NAME = r"[A-Za-z0-9_.-]{1,100}"


def is_expanded(tree: Node) -> bool:
    """Tell a spec in expanded form from one as people write it."""
    return isinstance(tree, Mapping) and "form" in tree.items


class ExpandedReader:
    """Reads one; every fault is reported to the checker's reporter."""

    def __init__(self, checker: Checker, limits: Limits):
        self.checker = checker
        self.limits = limits
        self.frames: dict[str, int] = {}
        self.services: dict[str, tuple[str, ...]] = {}
        self.uses: dict[str, tuple[tuple[str, str, str], ...]] = {}
        self.devices: dict[str, tuple[tuple[str, Device], ...]] = {}
        self.keys = language.expanded(limits)

    def read(self, tree: Node) -> System:
        """Read the tree; raises SpecError with every fault of the first stage that has one, as SpecReader does."""
        checker = self.checker
        top = self.keys.check(tree, Context(checker.reporter, "", "the spec"))
        checker.reporter.stop_if_any()
        checker.check_version(top)
        self._name(top)
        system = System(top.get_data("name"), checker.spec, checker.board(top), shown=checker.shown, places=places.index(top, checker.shown))
        system.rows = Rows(*(_rows(top[key]) for key in ("objects", "capabilities", "mappings", "signals")), {})
        self.frames = {row.values["name"]: row.values["count"] * 4096 for row in system.rows.objects}
        self.devices = _devices(system)
        self.services = _services(system.rows)
        self.uses = _uses(system.rows, self.services)
        checker.names(top)
        guests = dict(top["guests"].data)
        made = {}
        for name, value in guests.items():
            made[name] = self._guest(name, value, system)
        for name, value in dict(top["processes"].data).items():
            self._process(name, value, system, guests)
        for name, value in guests.items():
            if made[name] is not None and not any(process.guest == name for process in system.processes):
                checker.add("SEL-S110", value.place, f"guest '{name}'", name=f"vmm_{name}", guest=name)
        system.shared.extend(_regions(system.rows))
        checker.console(top, system)
        system.policy_tree = tree.items.get("policy") if isinstance(tree, Mapping) else None
        system.policy = policy_check.rules(checker, top, system)
        system.spoken = protocol_use.check(_asked(top, system), system, checker, PROJECT, self.limits)
        system.files.extend(spoken.protocol.path for spoken in system.spoken.values())
        checker.processes(top, system)
        checker.reporter.stop_if_any()
        return system

    def _name(self, top: Struct) -> None:
        name = top["name"]
        if not re.fullmatch(NAME, name.data):
            self.checker.add("SEL-S111", name.place, name=name.data[:60])

    def _guest(self, name: str, value: Value, system: System) -> object:
        """A guest; its memory is what its Frames of RAM come to."""
        keys: Struct = value.data
        subject = f"guest '{name}'"
        time = self.checker.time(keys["time"], subject, False)
        assert system.rows is not None
        ram = [row.values for row in system.rows.objects if row.values["name"] in (f"{name}.ram", f"{name}.ram_tail") and row.values["size_bits"]]
        keys["memory"] = Value(sum(row["count"] << row["size_bits"] for row in ram), value.place)
        size = keys.get_data("memory")
        if not 64 << 10 <= size <= system.platform.ram[1] or size % 4096:
            self.checker.add("SEL-S112", value.place, subject, name=name, size=size_text(size), bound=size_text(system.platform.ram[1]))
            return None
        guest = check_guest.guest(self.checker, name, keys, time, subject, value.place, system.platform, keys.get_data("from"))
        if guest is not None:
            system.guests.append(guest)
            system.files.extend((*guest.image_files, *(device.model.path for device in guest.devices)))
        return guest

    def _process(self, name: str, value: Value, system: System, guests: dict[str, Value]) -> None:
        keys: Struct = value.data
        checker = self.checker
        subject = f"process '{name}'"
        guest = keys["guest"]
        is_vmm = guest.given
        if is_vmm and (guest.data not in guests or name != f"vmm_{guest.data}"):
            known = [f"vmm_{each}" for each in guests]
            checker.add("SEL-S113", guest.place, subject, name=name, guest=guest.data, nearest=nearest(name, known), permitted=listing(known))
            return
        assert system.rows is not None
        power = next((each.power_off for each in system.guests if each.name == guest.data), "stop") == "system_off"
        bits = [item.data for item in keys.get_data("bits")]
        separates = [row.values["name"] for row in system.rows.objects if row.values["separates_clients"]]
        system.add_process(Process(
            name=name, source=checker.source(keys["source"], subject), time=checker.time(keys["time"], subject, True),
            stack=self.frames.get(f"{name}.stack", 0), heap=self.frames.get(f"{name}.heap", 0), has_fpu=keys.get_data("fpu"),
            free_slots=keys.get_data("free_slots"), page_tables=keys.get_data("page_tables"),
            may_power_off=power if is_vmm else keys.get_data("may_power_off"), guest=guest.data if is_vmm else None, place=value.place,
            devices=self.devices.get(name, ()), written_at=keys.get_data("from"), in_instance=keys.get_data("instance"),
            licence=keys.get_data("licence"), serves=self.services.get(name, ()), uses=self.uses.get(name, ()), events=tuple(bits),
            separates=tuple(service for service in self.services.get(name, ()) if f"{name}.{service}" in separates),
        ))
        system.rows.bits[name] = bits


def _devices(system: System) -> dict[str, tuple[tuple[str, Device], ...]]:
    """The devices of each process, by the mappings of their registers."""
    found: dict[str, tuple[tuple[str, Device], ...]] = {}
    for row in system.rows.mappings if system.rows else []:
        device = system.platform.devices.get(row.values["object"].split(".")[0])
        owner = row.values["space"].split(".")[0]
        if device is not None:
            found[owner] = (*found.get(owner, ()), (row.values["region"], device))
    return found


def _services(rows: Rows) -> dict[str, tuple[str, ...]]:
    """The Endpoints of each owner."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows.objects:
        owner, kind = row.values["name"].split(".")
        if row.values["type"] == "endpoint":
            found[owner] = (*found.get(owner, ()), kind)
    return found


def _uses(rows: Rows, services: dict[str, tuple[str, ...]]) -> dict[str, tuple[tuple[str, str, str], ...]]:
    """The capabilities of each process by which it calls a service."""
    found: dict[str, tuple[tuple[str, str, str], ...]] = {}
    for row in rows.capabilities:
        process, (server, service) = row.values["process"], row.values["object"].split(".")
        if "WRITE" in row.values["rights"] and service in services.get(server, ()):
            found[process] = (*found.get(process, ()), (row.values["name"], server, service))
    return found


def _regions(rows: Rows) -> list[Shared]:
    """The shared regions, by the Frames of `shared` and who has them mapped: what no program knows as a region, and is called so, is a console's rings."""
    mapped: dict[str, list[Row]] = {}
    for row in rows.mappings:
        mapped.setdefault(row.values["object"], []).append(row)
    capabilities = {(row.values["process"], row.values["name"]) for row in rows.capabilities}
    found = []
    for row in rows.objects:
        owner, name = row.values["name"].split(".")
        seen = {each.values["space"].split(".")[0]: each for each in mapped.get(row.values["name"], ())}
        is_known = any(each.values["region"] for each in seen.values())
        if owner != "shared" or row.values["type"] != "frame" or (name.startswith(RING_PREFIX) and not is_known):
            continue
        writers = tuple(process for process, each in seen.items() if "WRITE" in each.values["rights"])
        readers = tuple(process for process in seen if process not in writers)
        has_doorbell = any(cap == (doorbell := f"{each.values['region']}_doorbell") or cap.startswith(f"{doorbell}_")
                           for process, each in seen.items() for holder, cap in capabilities if holder == process)
        found.append(Shared(name, row.values["count"] << (row.values["size_bits"] or 12), writers, readers, has_doorbell, row.place))
    return found


def _asked(top: Struct, system: System) -> dict[tuple[str, str], Asked]:
    """What the lines say of protocols, by process and service."""
    cnodes: set[str] = set()
    roles: dict[str, list[tuple[str, Place, list[Value]]]] = {}
    clients: dict[str, Place] = {}
    for item in top["capabilities"].data:
        keys: Struct = item.data
        process, object = keys.get_data("process"), keys.get_data("object")
        if object == f"{process}.cnode" and keys.get_data("name") == "cnode":
            cnodes.add(process)
        if keys["roles"].given:
            clients.setdefault(object, keys["roles"].place)
            roles.setdefault(object, []).extend((role.data, role.place, [keys["process"]]) for role in keys.get_data("roles"))
    found = {}
    for item in top["objects"].data:
        name, protocol = item.data.get_data("name"), item.data["protocol"]
        owner, kind = name.split(".")
        if owner in system.by_name and item.data.get_data("type") == "endpoint":
            found[owner, kind] = Asked(protocol, owner in cnodes, roles.get(name, []), clients.get(name))
    return found


def _rows(value: Value) -> list[Row]:
    """The lines of a table."""
    rows = []
    for item in value.data:
        keys: Struct = item.data
        values = {name: each.data for name, each in keys.items()}
        if "rights" in values:
            values["rights"] = [each.data.upper() for each in values["rights"] or ()]
        rows.append(Row(values, item.place, values.get("from", "")))
    return rows
