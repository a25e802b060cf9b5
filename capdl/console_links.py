# SPDX-License-Identifier: BSD-2-Clause
"""The two sides of a console connection: a pair of rings in one run of shared pages, the owner's output first.

What programs know of it follows from the mappings, capabilities and bits that the plan has under these names.
"""

from __future__ import annotations

from typing import Any

from capdl import layout
from capdl.names import DEBUGGER_NAME
from capdl.plan_data import Link, Plan

RING_HEADER_BYTES = 128


def ring_sizes(is_guest: bool) -> tuple[int, int]:
    """Bytes of the output ring and pages of both; a guest writes more."""
    return (16384 + RING_HEADER_BYTES, 6) if is_guest else (4096 + RING_HEADER_BYTES, 2)


def owner_names(entry: dict[str, Any]) -> tuple[str, str]:
    """What the owner of a channel calls the bit by which the server wakes it, and the capability by which it wakes the server."""
    if entry["guest"]:
        return "guest_console", "guest_console"
    return (DEBUGGER_NAME, DEBUGGER_NAME) if entry["name"] == DEBUGGER_NAME else ("console", "console_peer")


def join_consoles(plan: Plan, server: str, owner: str, entry: dict[str, Any], addresses: dict[str, int]) -> None:
    """Tell the owner of a channel and the console server of their rings, which are mapped at `addresses` by VSpace."""
    name, is_guest = entry["name"], entry["guest"]
    output_bytes, pages = ring_sizes(is_guest)
    input_bytes = pages * layout.PAGE - output_bytes
    own, server_names = plan.get_process(owner).names, plan.get_process(server).names
    base = addresses[f"{owner}.vspace"]
    bit, peer = owner_names(entry)
    link = Link((base, output_bytes), (base + output_bytes, input_bytes), own.caps[peer], own.bits[bit])
    if is_guest:
        next(guest for guest in plan.guests if guest.name == name).console = link
    elif name == DEBUGGER_NAME:
        next(guest for guest in plan.guests if guest.vmm == owner).debugger = link
    else:
        plan.get_process(owner).console = link
        plan.get_process(owner).console_kind = "RING"
    base = addresses[f"{server}.vspace"]
    back = Link((base + output_bytes, input_bytes), (base, output_bytes), server_names.caps[f"console_{name}"], server_names.bits[f"console_{name}"])
    plan.get_process(server).clients.append({"name": name, "channel": entry["index"], "guest": is_guest, "link": back})
