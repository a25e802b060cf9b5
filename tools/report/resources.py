# SPDX-License-Identifier: BSD-2-Clause
"""What processes share or own: channels, signals, regions, consoles, devices and interrupts, each with its owners and places."""

from __future__ import annotations

from typing import Any

from capdl.platform import Device
from report.authority import Authority
from report.subjects import shown_path

_KERNEL = "kernel"


def channels(authority: Authority) -> list[dict[str, Any]]:
    """Services, and who may call them by which name and badge; guests' exits are channels too."""
    found = []
    for process in authority.system.processes:
        for service in process.serves:
            found.append({
                "name": f"{process.name}.{service}", "server": process.name, "separates_clients": service in process.separates, "protocol": _protocol(authority, process.name, service),
                "clients": _clients(authority, process.name, service), "place": authority.place("processes", process.name, "serves", service),
            })
    for guest in authority.plan.guests:
        place = authority.place_of_subject(guest.name)
        client = {"process": guest.name, "name": "exits", "badge": 0, "roles": [], "methods": None, "place": place}
        found.append({"name": f"{guest.name}.exits", "server": guest.vmm, "separates_clients": False, "protocol": None, "clients": [client], "place": place})
    return found


def _protocol(authority: Authority, server: str, service: str) -> dict[str, Any] | None:
    """What is spoken on a service: the file, and its methods by number."""
    spoken = authority.system.spoken.get((server, service))
    if spoken is None:
        return None
    return {"name": spoken.protocol.name, "file": shown_path(spoken.protocol.path, authority.system), "methods": [method.name for method in spoken.protocol.methods]}


def _clients(authority: Authority, server: str, service: str) -> list[dict[str, Any]]:
    """Who may call a service, by which name and badge; where a protocol is spoken, in which roles and which of its methods."""
    holders = {thread.cnode: thread.name for thread in authority.plan.threads}
    spoken = authority.system.spoken.get((server, service))
    found = []
    for cap in authority.plan.caps:
        if cap.object == f"{server}.{service}" and "WRITE" in cap.rights:
            holder = holders[cap.cnode]
            methods = [method.name for method in spoken.protocol.methods if spoken.methods.get(holder, 0) >> (method.number - 1) & 1] if spoken else None
            roles = list(spoken.roles.get(holder, ())) if spoken else []
            found.append({"process": holder, "name": cap.name, "badge": cap.badge, "roles": roles, "methods": methods, "place": authority.place_of_cap(holder, cap.name)})
    return found


def signals(authority: Authority) -> list[dict[str, Any]]:
    """Who may signal whom: events of the spec, doorbells and consoles, by the names of the plan."""
    holders = {thread.cnode: thread.name for thread in authority.plan.threads}
    consoles = _console_slots(authority)
    found = []
    for cap in authority.plan.caps:
        target, _, what = cap.object.rpartition(".")
        source = holders[cap.cnode]
        if what == "notification" and "WRITE" in cap.rights and target != source:
            is_console = (source, cap.slot) in consoles
            bit = _bit_name(authority, target, cap.badge)
            found.append({"from": source, "to": target, "name": cap.name, "bit": bit, "is_console": is_console, "place": authority.place_of_cap(source, cap.name)})
    return found


def _console_slots(authority: Authority) -> set[tuple[str, int]]:
    """Process and slot of every capability that tells the other side of a console of new bytes."""
    found = set()
    for process in authority.plan.processes:
        links = [process.console, *(client["link"] for client in process.clients)]
        links += [guest.console for guest in authority.plan.guests if guest.vmm == process.name]
        found |= {(process.name, link.peer_cap) for link in links if link is not None}
    return found


def _bit_name(authority: Authority, process: str, badge: int) -> str:
    """The name of a bit in the process that is woken by it."""
    bits = authority.plan.get_process(process).names.bits
    return next((name for name, bit in bits.items() if bit == badge), hex(badge))


def regions(authority: Authority) -> list[dict[str, Any]]:
    """Shared regions and console rings, and who has them mapped with which rights."""
    members: dict[str, list[dict[str, Any]]] = {}
    owners = {thread.vspace: thread.name for thread in authority.plan.threads}
    for item in authority.plan.maps:
        if item.object.startswith("shared."):
            subject = owners[item.vspace]
            members.setdefault(item.object, []).append({"process": subject, "rights": item.rights, "place": authority.place_of_map(subject, item.object)})
    specified = {f"shared.{region.name}": region for region in authority.system.shared}
    return [
        {
            "name": item.name.removeprefix("shared."), "is_console": item.name not in specified, "size": item.count << item.size_bits,
            "has_doorbell": item.name in specified and specified[item.name].has_doorbell, "members": members.get(item.name, []),
            "place": authority.place("console", "server") if item.name not in specified else authority.place("shared", specified[item.name].name),
        }
        for item in authority.plan.objects if item.name.startswith("shared.")
    ]


def devices(authority: Authority) -> list[dict[str, Any]]:
    """The board's devices by address; owner None: nobody has it, and the kernel keeps it from everybody."""
    board = authority.system.platform
    owners = {device.name: (process.name, local) for process in authority.system.processes for local, device in process.devices}
    known: dict[int, Device] = {}
    for each in (*board.devices.values(), board.uart, board.interrupt_controller):
        known.setdefault(each.registers[0][0], each)
    found = []
    for device in known.values():
        owner, local = owners.get(device.name, (_KERNEL if device == board.interrupt_controller else None, None))
        place = authority.place_of_device(owner, device.name) if local is not None else None
        is_early = device.registers == board.uart.registers
        found.append({
            "name": device.name, "compatible": device.compatible, "owner": owner, "local_name": local, "is_kernels_console": is_early,
            "is_bus_master": device.is_bus_master and device != board.interrupt_controller, "registers": [{"address": address, "size": size} for address, size in device.registers],
            "interrupts": [each.intid for each in device.interrupts], "place": place,
        })
    return sorted(found, key=lambda each: each["registers"][0]["address"])


def interrupts(authority: Authority) -> list[dict[str, Any]]:
    """Interrupts by INTID: device, owner and the bit that wakes it; those that the kernel takes, too."""
    board = authority.system.platform
    rows = [_interrupt(each.intid, each.is_edge, "interrupt controller", _KERNEL) for each in board.interrupt_controller.interrupts]
    rows += [_interrupt(each.intid, each.is_edge, "timer", _KERNEL) for each in board.timer.interrupts]
    owners = {device.name: (process.name, local) for process in authority.system.processes for local, device in process.devices}
    for device in board.devices.values():
        for number, each in enumerate(device.interrupts):
            owner, local = owners.get(device.name, (None, None))
            row = _interrupt(each.intid, each.is_edge, device.name, owner)
            if owner is not None:
                row |= {"bit": f"{local}_irq{number or ''}", "place": authority.place_of_device(owner, device.name)}
            rows.append(row)
    return sorted(rows, key=lambda row: row["intid"])


def _interrupt(intid: int, is_edge: bool, device: str, owner: str | None) -> dict[str, Any]:
    return {"intid": intid, "trigger": "edge" if is_edge else "level", "device": device, "owner": owner, "bit": None, "place": None}
