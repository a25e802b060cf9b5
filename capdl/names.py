# SPDX-License-Identifier: BSD-2-Clause
"""What a program calls things: relative to the instance that its process is part of, so that every instance has the same program."""

from __future__ import annotations

#: What a debugger of a guest is called where consoles have the names of processes and guests (gdb_guest.py).
DEBUGGER_NAME = "gdb"
#: Owners of objects that are no entry of a spec, names of files that the build makes, what a part calls its outside, and the debugger.
SYSTEM_NAMES = ("device", DEBUGGER_NAME, "image", "kernel", "outside", "roottask", "shared")
#: What the rings of a process's or guest's console are called among the objects of `shared`: this, and whose they are.
RING_PREFIX = "console_"


def seen_name(name: str, instance: str, viewer: str) -> str:
    """Return what a program of instance `viewer` (dots between nested ones) calls `name` of `instance`: without those that both are in."""
    common = 0
    mine, others = viewer.split("."), instance.split(".")
    while common < min(len(mine), len(others)) and mine[common] == others[common] and mine[common]:
        common += 1
    prefix = "".join(f"{each}_" for each in mine[:common])
    return name.removeprefix(prefix)
