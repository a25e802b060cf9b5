# SPDX-License-Identifier: BSD-2-Clause
"""What sel_spec.c of a process says about the protocols it speaks: channels to services, and services with their clients."""

from __future__ import annotations

from typing import Any

from capdl.model import Process, System
from capdl.names import seen_name
from capdl.plan_data import PlannedProcess


def clients_of(system: System, server: str, service: str) -> list[tuple[str, str]]:
    """(process, its name for the service) of each client, in the order of the spec; its badge is its place from 1."""
    return [(process.name, local) for process in system.processes for local, *target in process.uses if target == [server, service]]


def channels(system: System, process: Process, planned: PlannedProcess) -> list[dict[str, Any]]:
    """Channels of a process to services that speak a protocol."""
    return [
        {"name": local, "protocol": system.spoken[server, service].protocol.name, "cap": planned.names.caps[local]}
        for local, server, service in process.uses if (server, service) in system.spoken
    ]


def services(system: System, process: Process, planned: PlannedProcess, caps_max: int) -> list[dict[str, Any]]:
    """Services of a process that speak a protocol; where clients hand over capabilities, slots for a message's are set apart."""
    found = []
    for service in process.serves:
        spoken = system.spoken.get((process.name, service))
        if spoken is None:
            continue
        receive_index = 0
        if spoken.protocol.get_cap_count():
            receive_index = planned.first_free_slot
            planned.first_free_slot += caps_max
        found.append({
            "name": service, "protocol": spoken.protocol.name, "cap": planned.names.caps[service], "receive_index": receive_index,
            "cnode_cap": planned.names.caps["cnode"] if receive_index else 0,
            "clients": [
                {"name": seen_name(name, system.get_process(name).instance, process.instance), "local": local, "methods": spoken.methods[name]}
                for name, local in clients_of(system, process.name, service)
            ],
        })
    return found
