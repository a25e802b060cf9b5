# SPDX-License-Identifier: BSD-2-Clause
"""Writes a system in expanded form (expanded_keys.py): the plan's rows, and of processes and guests what no row says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from capdl import PROJECT
from capdl.diagnostics import Place
from capdl.model import Guest, GuestDevice, Process, System, Time
from capdl.plan_data import Cap, Map, Object, Plan
from capdl.protocol_use import FOLDER
from capdl.quantity import time_text
from capdl.yaml_source import Mapping, Node, Scalar, Sequence

#: Texts that need no quotes in a flow mapping, and cannot be taken for another type.
_PLAIN = re.compile(r"[a-z][a-z0-9_]*([./-][a-z0-9_]+)*")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
_HAS_SIZE = ("FRAME", "UNTYPED", "CNODE")


def _text(text: str) -> str:
    """A scalar: plain where nothing speaks against it."""
    if _PLAIN.fullmatch(text) and text not in _WORDS:
        return text
    letters = []
    for letter in text.replace("$(", "$$("):
        if letter in '\\"':
            letters.append("\\" + letter)
        else:
            letters.append(letter if letter.isprintable() else f"\\U{ord(letter):08x}")
    return '"' + "".join(letters) + '"'


def _flow(values: dict[str, Any]) -> str:
    """A mapping on one line."""
    return "{" + ", ".join(f"{key}: {_value(value)}" for key, value in values.items()) + "}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, _Plain):
        return str(value)
    if isinstance(value, dict):
        return _flow(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(str(value))


class _Plain(str):
    """A text that is written without quotes."""


def _hex(number: int) -> _Plain:
    return _Plain(f"{number:#x}")


class _Writer:
    """Writes one system for a file in a folder."""

    def __init__(self, system: System, plan: Plan, folder: Path):
        self.system = system
        self.plan = plan
        self.folder = folder.resolve()
        self.paths: dict[str, str] = {}

    def place(self, text: str) -> dict[str, str]:
        """`from`: FILE:LINE:COLUMN, with the file relative to the project if it is in it."""
        if not text:
            return {}
        path, line, column = text.rsplit(":", 2)
        if path not in self.paths:
            whole = Path(path).resolve()
            inside = (PROJECT in whole.parents) and whole.exists()
            self.paths[path] = os.path.relpath(whole, PROJECT) if inside else path
        return {"from": f"{self.paths[path]}:{line}:{column}"}

    def source(self, path: Path) -> str:
        """A component's folder or a protocol's file, relative to the project or else to the file."""
        return os.path.relpath(path, PROJECT if PROJECT in path.parents else self.folder)

    def process(self, process: Process) -> Iterable[str]:
        """An entry of `processes`."""
        yield f"  {process.name}:"
        values: dict[str, Any] = {"source": self.source(process.source), "time": _time(process.time), "fpu": process.has_fpu}
        values |= {"guest": process.guest} if process.guest else {"may_power_off": process.may_power_off}
        values |= {"free_slots": process.free_slots, "page_tables": process.page_tables}
        values |= {"instance": process.instance} if process.instance else {}
        values |= {"licence": process.licence} if process.licence else {}
        values["bits"] = list(self.plan.get_process(process.name).names.bits)
        values |= self.place(process.written_at or _place(process.place))
        yield from (f"    {key}: {_value(value)}" for key, value in values.items())

    def guest(self, guest: Guest) -> Iterable[str]:
        """An entry of `guests`; its memory is that of its Frames."""
        yield f"  {guest.name}:"
        image = {key: _hex(value) if isinstance(value, int) else os.path.relpath(value, self.folder) if isinstance(value, Path) else value for key, value in guest.image}
        values = {"image": {**image, **({"cmdline": guest.cmdline} if guest.cmdline else {})}, "time": _time(guest.time), "fpu": guest.has_fpu, "power_off": guest.power_off}
        values |= {"devices": {device.name: self.device(device) for device in guest.devices}} if guest.devices else {}
        values |= {"licence": guest.licence} if guest.licence else {}
        yield from (f"    {key}: {_value(value)}" for key, value in (values | self.place(guest.written_at or _place(guest.place))).items())

    def device(self, device: GuestDevice) -> dict[str, Any]:
        """An emulated device."""
        values: dict[str, Any] = {"compatible": device.model.compatible[0], "address": _hex(device.address)}
        values |= {"interrupt": device.interrupt} if device.interrupt is not None else {}
        values |= {"setting": device.setting} if device.setting else {}
        return values | ({"source": self.source(device.model.path)} if device.has_source else {})

    def object(self, item: Object) -> dict[str, Any]:
        """A line of `objects`; what the board says of a device is not repeated."""
        values: dict[str, Any] = {"name": item.name, "type": item.type.lower()}
        if item.part != "device":
            values |= {"size_bits": item.size_bits} if item.type in _HAS_SIZE else {}
            values |= {"count": item.count} if item.count > 1 else {}
        if item.type == "ENDPOINT":
            values |= self.service(*item.name.split("."))
        return values | self.place(item.place)

    def service(self, owner: str, name: str) -> dict[str, Any]:
        """What else is said of a service's Endpoint."""
        process = self.system.by_name.get(owner)
        spoken = self.system.spoken.get((owner, name))
        values: dict[str, Any] = {}
        if spoken is not None:
            path = spoken.protocol.path
            values["protocol"] = path.stem if path.parent == (PROJECT / FOLDER).resolve() else self.source(path)
        return values | ({"separates_clients": True} if process and name in process.separates else {})

    def roles(self, cap: Cap) -> dict[str, Any]:
        """The roles of a client."""
        spoken = self.system.spoken.get(tuple(cap.object.split(".")))
        roles = spoken.roles.get(cap.cnode.split(".")[0], ()) if spoken and "WRITE" in cap.rights else ()
        return {"roles": list(roles)} if roles else {}

    def capability(self, cap: Cap) -> dict[str, Any]:
        """A line of `capabilities`."""
        values: dict[str, Any] = {"process": cap.cnode.split(".")[0], "name": cap.name, "object": cap.object}
        values |= {"rights": [right.lower() for right in cap.rights]} if cap.rights else {}
        values |= {"badge": _hex(cap.badge)} if cap.badge else {}
        return values | self.roles(cap) | self.place(cap.place)

    def mapping(self, row: Map) -> dict[str, Any]:
        """A line of `mappings`."""
        values: dict[str, Any] = {"space": row.vspace, "at": _hex(row.address), "object": row.object, "rights": [right.lower() for right in row.rights]}
        values |= {"device": True} if row.attribute == "DEVICE" else {}
        values |= {"on_demand": True} if row.on_demand else {}
        values |= {"region": row.region} if row.region else {}
        return values | self.place(row.place)

    def write(self) -> str:
        """Return the file."""
        plan = self.plan
        lines = [
            f"# Generated by `sel expand` from the spec of system {plan.name}; docs/spec/README.md says what the expanded form is.",
            "# SPDX-License-Identifier: BSD-2-Clause", "version: 1", "form: expanded", f"name: {_text(plan.name)}", f"board: {_text(plan.board)}",
        ]
        server = self.system.console_server
        front = {"front": self.system.front} if self.system.front else {}
        separates = {"separates_clients": True} if self.system.console_separates else {}
        lines.append(f"console: {_flow({**({'server': server} if server else {}), **front, **separates})}")
        if isinstance(self.system.policy_tree, Sequence):
            lines += ["policy:", *(f"- {_value(_plain(item))}" for item in self.system.policy_tree.items)]
        for key, entries in (("processes", map(self.process, self.system.processes)), ("guests", map(self.guest, self.system.guests))):
            found = [line for entry in entries for line in entry]
            lines += [f"{key}:", *found] if found else []
        own = {f"{process.name}.cnode" for process in self.system.processes}
        signals = [{"source": row["handler"], "to": row["notification"], "badge": _hex(row["badge"])} for row in plan.irq_binds]
        signals += [{"source": row["timer"], "to": row["notification"], "badge": _hex(row["badge"])} for row in plan.timer_binds]
        for key, rows in (
            ("objects", [self.object(item) for item in plan.objects if item.name not in own]), ("capabilities", map(self.capability, plan.caps)),
            ("mappings", map(self.mapping, plan.maps)), ("signals", signals),
        ):
            found = [f"- {_flow(row)}" for row in rows]
            lines += [f"{key}:", *found] if found else []
        return "\n".join(lines) + "\n"


def _plain(node: Node) -> Any:
    """What was written, as it was."""
    if isinstance(node, Mapping):
        return {key: _plain(item) for key, item in node.items.items()}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.text if node.quoted else _Plain(node.text)


def _place(place: Place) -> str:
    return str(place) if place.path else ""


def _time(time: Time) -> dict[str, Any]:
    values: dict[str, Any] = {"priority": time.priority}
    if time.budget_ns is not None and time.period_ns is not None:
        values |= {"budget": _Plain(time_text(time.budget_ns)), "period": _Plain(time_text(time.period_ns))}
    values |= {"passive": True} if time.is_passive else {}
    return values | ({"refills": time.refills} if time.refills else {})


def expanded_text(system: System, plan: Plan, folder: Path) -> str:
    """Return a planned system in expanded form, for a file in `folder`."""
    return _Writer(system, plan, folder).write()
