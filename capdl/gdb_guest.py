# SPDX-License-Identifier: BSD-2-Clause
"""A system built to debug one of its guests: its VMM is the variant that answers gdb (`gdb/` in the VMM's folder), over a channel of the console server.

Not in the spec: it is a property of a build. What it adds to authority is in the plan: the rings
and signals between that VMM and the console server, by the name `gdb`.
"""

from __future__ import annotations

from dataclasses import replace

from capdl.diagnostics import listing, nearest
from capdl.model import System

#: The folder of the variant, in the VMM's.
VARIANT = "gdb"


def refusal(system: System, name: str) -> str | None:
    """Say why a guest of that name cannot be debugged; None if it can."""
    guests = [guest.name for guest in system.guests]
    if name not in guests:
        return f"there is no guest '{name}' to debug{nearest(name, guests)}; guests of this system: {listing(guests)}"
    if system.rows is not None:
        return f"guest '{name}' cannot be debugged: the spec is in expanded form, which says every object and capability; debug the spec that it was written from"
    if system.console_server is None:
        return f"guest '{name}' cannot be debugged: gdb reaches its VMM through the console server, and the system has none; add `console: {{server: PROCESS}}`"
    source = system.get_process(f"vmm_{name}").source
    if not (source / VARIANT / "CMakeLists.txt").is_file():
        return f"guest '{name}' cannot be debugged: its VMM, {source}, has no variant that answers gdb ({source / VARIANT}/CMakeLists.txt)"
    return None


def apply(system: System, name: str) -> None:
    """Make the system one that debugs the guest; refusal() has said that it can."""
    system.debugged = name
    vmm = system.get_process(f"vmm_{name}")
    debugged = replace(vmm, source=vmm.source / VARIANT)
    system.processes[system.processes.index(vmm)] = debugged
    system.by_name[vmm.name] = debugged
