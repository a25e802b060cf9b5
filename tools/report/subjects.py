# SPDX-License-Identifier: BSD-2-Clause
"""Processes, VMMs and guests: what each is, may and has mapped, and where in the spec that comes from."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from capdl.guest_board import SPI_BASE
from capdl.layout import PAGE
from capdl.model import Guest, GuestDevice, Process, System
from capdl.plan_data import Thread
from report import built
from report.authority import Authority, Decided
from report.built import Build
from sel import ROOT

#: What a capability of a type lets its holder do; of Endpoints and Notifications the rights decide.
_DOES = {
    "REPLY": "answer a call with", "TIMER": "set", "IRQ_HANDLER": "handle and acknowledge", "UNTYPED": "make objects in", "SMC": "call the firmware by", "TCB": "control the thread",
    "VCPU": "run and configure", "VSPACE": "map into", "CNODE": "change the capabilities in", "SCHED_CONTEXT": "change and hand out", "SCHED_CONTROL": "make time with",
    "IRQ_CONTROL": "make handlers of any interrupt with", "FRAME": "map", "CONSOLE": "print by",
}


def describe(authority: Authority, decided: Decided, build: Build | None) -> list[dict[str, Any]]:
    """Every process, VMM and guest, in the order of their threads."""
    caps, maps = _caps(authority), _maps(authority, build)
    processes = {process.name: process for process in authority.system.processes}
    guests = {guest.name: guest for guest in authority.system.guests}
    time = {row["name"]: row for row in decided.time["contexts"]}
    found = []
    for thread in authority.plan.threads:
        name = thread.name
        row: dict[str, Any] = {"name": name, "kind": _kind(name, processes, guests), "place": authority.place_of_subject(name), "part": thread.part}
        row |= _of_process(authority, processes[name]) if name in processes else _of_guest(authority, guests[name])
        row |= {"licence": decided.licences.get(name), "uses_fpu": thread.has_fpu, "time": _time(authority, thread, time.get(name), decided.time["passive"].get(name))}
        row |= {"capabilities": caps[name], "mappings": maps[name]}
        row["program"] = built.program(build, name) if build is not None and name in processes else None
        found.append(row)
    return found


def _kind(name: str, processes: dict[str, Process], guests: dict[str, Guest]) -> str:
    return "guest" if name in guests else "vmm" if processes[name].guest else "process"


def _of_process(authority: Authority, process: Process) -> dict[str, Any]:
    planned = authority.plan.get_process(process.name)
    return {
        "source": shown_path(process.source, authority.system), "guest": process.guest, "stack": process.stack, "heap": process.heap, "memory": None, "window": planned.base,
        "slots": planned.slot_count, "may_power_off": process.may_power_off, "channel": planned.channel,
        "emulated": [],
    }


def _of_guest(authority: Authority, guest: Guest) -> dict[str, Any]:
    return {
        "source": None, "guest": None, "stack": None, "heap": None, "memory": guest.memory, "window": None, "slots": None, "may_power_off": guest.power_off == "system_off", "channel": None,
        "emulated": [_emulated(authority, guest, device) for device in guest.devices],
    }


def _emulated(authority: Authority, guest: Guest, device: GuestDevice) -> dict[str, Any]:
    """A device that the VMM emulates, by the guest's addresses."""
    return {
        "name": device.name, "compatible": list(device.model.compatible), "address": device.address, "size": device.model.register_bytes,
        "intid": None if device.interrupt is None else SPI_BASE + device.interrupt, "source": shown_path(device.model.path, authority.system),
        "place": authority.place("guests", guest.name, "devices", device.name),
    }


def shown_path(path: Path, system: System) -> str:
    """A file or folder as it is written in a spec: what lies beside the spec begins with `./`."""
    name = system.relative(path)
    return name if path.is_relative_to(ROOT) or name.startswith("../") else f"./{name}"


def _time(authority: Authority, thread: Thread, row: dict[str, Any] | None, callers: list[str] | None) -> dict[str, Any]:
    """Budget and period are None for who has no time of its own; response and margin are None where they are not sure."""
    has_own = row is not None
    return {
        "priority": thread.priority, "is_passive": "PASSIVE" in thread.flags, "budget_ns": thread.budget_ns if has_own else None, "period_ns": thread.period_ns if has_own else None,
        "share": row["share"] if row else 0.0, "response_ns": row["response_ns"] if row else None, "margin_ns": row["margin_ns"] if row else None,
        "servers": row["servers"] if row else [], "callers": callers or [], "place": authority.place_of_time(thread.name),
    }


# Capabilities ----------------------------------------------------------------------------------

def _caps(authority: Authority) -> dict[str, list[dict[str, Any]]]:
    """Holder -> its capabilities by slot."""
    holders = {thread.cnode: thread.name for thread in authority.plan.threads}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for cap in authority.plan.caps:
        holder = holders[cap.cnode]
        type = authority.type_of(cap.object)
        found[holder].append({
            "name": cap.name, "slot": cap.slot, "count": cap.count, "object": cap.object, "type": type, "rights": cap.rights, "badge": cap.badge,
            "does": does(type, cap.rights, cap.badge), "thing": authority.thing(cap.object), "place": authority.place_of_cap(holder, cap.name),
        })
    return found


def does(type: str, rights: list[str], badge: int) -> str:
    """What a capability lets its holder do with its object; no rights in the plan mean all."""
    reads, writes = not rights or "READ" in rights, not rights or "WRITE" in rights
    if type == "ENDPOINT":
        verbs = [verb for verb, has in (("call", writes), ("receive calls on", reads)) if has]
        return f"{' and '.join(verbs)}{', with capabilities' if writes and (not rights or 'GRANT' in rights) else ''}"
    if type == "NOTIFICATION":
        return "wait on" if reads else "signal"
    if type == "SMC" and badge:
        return f"call the firmware function {badge:#x} by"
    return _DOES.get(type, "use")


# Mappings --------------------------------------------------------------------------------------

def _maps(authority: Authority, build: Build | None) -> dict[str, list[dict[str, Any]]]:
    """Subject -> what is mapped for it, by address; programs and guests' images only if they are built."""
    owners = {thread.vspace: thread.name for thread in authority.plan.threads}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in owners.values()}
    booted = built.booted(build) if build is not None else {}
    for row in _map_rows(authority, build):
        subject = owners[row["vspace"]]
        thing, place = _origin(authority, booted, subject, row["object"])
        found[subject].append({
            "address": row["address"], "size": row["count"] << row["size_bits"], "object": row["object"], "thing": thing, "rights": row["rights"],
            "attribute": row["attribute"], "is_on_demand": row["on_demand"], "place": place,
        })
    return {name: sorted(rows, key=lambda row: row["address"]) for name, rows in found.items()}


def _map_rows(authority: Authority, build: Build | None) -> list[dict[str, Any]]:
    if build is not None:
        return build.expansion["maps"]
    bits = {item.name: item.size_bits for item in authority.plan.objects}
    return [
        {"vspace": item.vspace, "address": item.address, "count": item.count, "size_bits": bits.get(item.object, PAGE.bit_length() - 1), "object": item.object, "rights": item.rights,
         "attribute": item.attribute, "on_demand": item.on_demand}
        for item in authority.plan.maps
    ]


def _origin(authority: Authority, booted: dict[str, str], subject: str, object: str) -> tuple[str, str]:
    """What a mapped object is in words, and what in the spec gave it to the subject."""
    owner, _, what = object.partition(".")
    if owner == "image":
        return booted[object], authority.place("guests", authority.plan.get_process(subject).guest, "image")
    if what.startswith("segment"):
        return f"{owner}'s program, {what}", authority.place_of_subject(owner)
    return authority.thing(object), authority.place_of_map(subject, object)
