# SPDX-License-Identifier: BSD-2-Clause
"""Objects' names: what the spec compiler has put into which slot of the roottask's CNode, and into which of each process's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from introspect.built import Built
from introspect.model import ROOTTASK, Capability

#: Types whose objects have an address of their own; all others' capabilities name no kernel object.
OBJECTS = ("CNODE", "TCB", "ENDPOINT", "NOTIFICATION", "REPLY", "SCHED_CONTEXT", "TIMER", "VSPACE", "VCPU")


def names_of(built: Built, root_cnode: int, capabilities: Iterable[Capability]) -> dict[int, str]:
    """Address of an object -> its name; a thread has its process's or guest's. An object whose slot has been given up is named by its copies."""
    by_slot = {(each.cnode, each.index): each for each in capabilities}
    names = _initial(built, root_cnode, by_slot)
    types = {row["name"]: row["type"] for row in built.system["made"]}
    for name, slot in _slots(built):
        _take(names, by_slot.get((root_cnode, slot)), name, types.get(name))
    cnodes = {name: address for address, name in names.items()}
    for row in built.system["caps"]:
        cnode = root_cnode if row["cnode"] is None else cnodes.get(row["cnode"])
        if cnode is not None and row["count"] == 1 and row["object"] in types:
            _take(names, by_slot.get((cnode, row["slot"])), row["object"], types[row["object"]])
    threads = {row["tcb"]: row["name"] for row in built.system["threads"]}
    return {address: threads.get(name, name) for address, name in names.items()}


def _initial(built: Built, root_cnode: int, by_slot: Mapping[tuple[int, int], Capability]) -> dict[int, str]:
    """The roottask's own objects, which the kernel has made."""
    own = {"CNODE": f"{ROOTTASK}.cnode", "TCB": ROOTTASK, "VSPACE": f"{ROOTTASK}.vspace", "SCHED_CONTEXT": f"{ROOTTASK}.context"}
    names = {root_cnode: own["CNODE"]}
    for kind, name in own.items():
        _take(names, by_slot.get((root_cnode, built.abi["initial_slots"][kind])), name, kind)
    return names


def _slots(built: Built) -> Iterable[tuple[str, int]]:
    for row in built.system["made"]:
        for index in range(row["count"]):
            yield (row["name"] if row["count"] == 1 else f"{row['name']}[{row['first'] + index}]"), row["slot"] + index


def _take(names: dict[int, str], capability: Capability | None, name: str, kind: str | None) -> None:
    if capability is not None and capability.type in OBJECTS and kind in (capability.type, None, "VSPACE_GUEST"):
        names.setdefault(capability.object, name)


def capability_names(built: Built) -> dict[tuple[str, int], str]:
    """Of the capabilities that the spec gives: (name of the CNode, index) -> the name it has there. The roottask's own slots have their objects' names."""
    root = f"{ROOTTASK}.cnode"
    found = {(root, slot): f"kernel.{name.lower()}" for name, slot in built.abi["initial_slots"].items()}
    found |= {(root, slot): name for name, slot in _slots(built)}
    for row in built.system["caps"]:
        cnode = root if row["cnode"] is None else row["cnode"]
        for index in range(row["count"]):
            found[cnode, row["slot"] + index] = row["name"] if row["count"] == 1 else f"{row['name']}[{index}]"
    return found
