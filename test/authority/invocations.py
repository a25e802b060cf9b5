# SPDX-License-Identifier: BSD-2-Clause
"""What each invocation and system call does to others, read off the kernel: the ground that brute.py stands on. Nothing here knows of capdl/authority.

An object has facets: what of it one can change and another find out. `r` finds out (by a result, or by an error that depends on what others did),
`w` changes. A thread, its memory and what it holds are facets of its own objects, so its owner is `rw` on all of them (OWNED).
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """`needs`: the right, "" for none. `facets`: what it changes or finds out. `args`: capabilities it names, with what becomes of them."""

    needs: str = ""
    facets: dict[str, str] = {}
    #: The owner does from then on what the holder wants, or the holder has what the owner has.
    acts: bool = False
    #: The owner comes to hold what the holder has.
    puts: bool = False
    #: The owner does not run any more.
    halts: bool = False
    args: dict[str, str] = {}


#: A whole of state that each party sees.
STATE = {"state": "rw"}
#: What it says of an argument: it needs the capability and does nothing to others by it (`uses`), changes it as the argument's own holder could (`as held`),
#: makes it hold capabilities of the caller (`filled`), takes some out of it (`emptied`), or runs a thread in it (`run in`).
ARGUMENTS = ("uses", "as held", "filled", "emptied", "run in", "mapped in")

_SLOTS = {"state": "rw"}
_MOVED = {"source": "emptied"}

INVOCATIONS: dict[str, dict[str, Row]] = {
    # The watermark tells how much others made; all children go with the memory.
    "untyped": {"retype": Row(facets=STATE, args={"dest": "filled"})},
    "cnode": {
        "copy": Row(facets=_SLOTS, acts=True, puts=True, args=_MOVED), "mint": Row(facets=_SLOTS, acts=True, puts=True, args=_MOVED),
        "move": Row(facets=_SLOTS, acts=True, puts=True, args=_MOVED), "mutate": Row(facets=_SLOTS, acts=True, puts=True, args=_MOVED),
        "delete": Row(facets=_SLOTS, halts=True), "revoke": Row(facets=_SLOTS, halts=True), "cancel_badged_sends": Row(facets=_SLOTS), "inspect": Row("INSPECT", {"state": "r"}),
    },
    "tcb": {
        # The new CSpace and VSpace are the thread's: it acts with what is in them, for whoever writes its registers.
        "configure": Row(facets=STATE, acts=True, puts=True, halts=True, args={"cspace": "filled", "vspace": "run in", "buffer": "mapped in"}),
        "set_priority": Row(facets=STATE, halts=True, args={"authority": "uses"}), "set_fault_handler": Row(facets=STATE, args={"endpoint": "uses"}),
        "set_timeout_handler": Row(facets=STATE, args={"endpoint": "uses"}), "read_registers": Row(facets={"state": "r"}), "write_registers": Row(facets={"state": "w"}, acts=True, halts=True),
        "suspend": Row(facets={"state": "w"}, halts=True), "resume": Row(facets=STATE), "bind_notification": Row(facets=STATE, args={"notification": "as held"}),
        "unbind_notification": Row(facets=STATE), "bind_vcpu": Row(facets=STATE, args={"vcpu": "as held"}), "set_features": Row(facets={"state": "w"}, halts=True),
    },
    # Any budget for a context that one also holds; nothing is shared between its holders but that.
    "sched_control": {"configure": Row(args={"context": "as held"})},
    "sched_context": {"bind": Row(facets=STATE, args={"target": "uses"}), "unbind": Row(facets=STATE, halts=True), "consumed": Row(facets={"state": "r"})},
    # set with a deadline that has passed fires at once; cancel tells whether it was set.
    "timer": {
        "bind": Row(facets=STATE, args={"notification": "as held"}), "unbind": Row(facets=STATE), "set": Row(facets=STATE | {"expiry": "w"}), "cancel": Row(facets=STATE),
    },
    "vspace": {"inspect": Row("INSPECT", {"state": "r"}), "status": Row(facets={"state": "r"})},
    # The mapping belongs to the capability, not to the memory; an address that is taken is told, and a mapping is seen.
    "frame": {
        "map": Row(args={"vspace": "mapped in"}), "unmap": Row(), "protect": Row(), "cache": Row("", {}), "address": Row(),
    },
    "vcpu": {
        "read_registers": Row(facets={"state": "r"}), "write_registers": Row(facets={"state": "w"}, acts=True, halts=True), "set_interrupts": Row(facets=STATE), "configure_timer": Row(facets={"state": "w"}),
        "set_offset": Row(facets={"state": "w"}), "translate": Row(facets={"state": "r"}), "inject": Row(facets=STATE, acts=True), "info": Row(facets={"state": "r"}), "reset": Row(facets=STATE, halts=True),
    },
    # It makes the one handler of an interrupt that nobody has.
    "irq_control": {"get": Row(args={"dest": "filled"})},
    "irq_handler": {"set_notification": Row(facets=STATE | {"expiry": "w"}, args={"notification": "as held"}), "acknowledge": Row(facets=STATE | {"expiry": "w"}), "clear": Row(facets=STATE | {"expiry": "w"})},
    # By function: brute.py.
    "smc": {"call": Row()},
    # To the kernel's console, which no capability reads.
    "console": {"write": Row()},
}

_SENDS = Row("WRITE", {"message": "w", "answer": "r"})
_RECEIVES = Row("READ", {"message": "r", "answer": "w", "taken": "rw"})

#: By system call, what it does to an object of a type. A send that does not wait, or finds a receiver without time, tells whether somebody receives;
#: what is received or waited for is gone for others.
CALLS: dict[str, dict[str, Row]] = {
    "call": {"endpoint": _SENDS}, "send": {"endpoint": _SENDS, "reply": Row(facets=STATE)}, "nb_send": {"endpoint": _SENDS, "reply": Row(facets=STATE)},
    "reply_recv": {"endpoint": _RECEIVES, "reply": Row(facets=STATE)}, "nb_send_recv": {"endpoint": _RECEIVES, "reply": Row(facets=STATE)},
    "recv": {"endpoint": _RECEIVES, "notification": Row("READ", {"message": "r", "taken": "rw"})},
    "nb_recv": {"endpoint": _RECEIVES, "notification": Row("READ", {"message": "r", "taken": "rw"})},
    "signal": {"notification": Row("WRITE", {"message": "w"})}, "wait": {"notification": Row("READ", {"message": "r", "taken": "rw"})},
    "poll": {"notification": Row("READ", {"message": "r", "taken": "rw"})}, "yield": {},
}

#: What a mapping lets one do, which needs no call at all. Who writes a thread's own memory decides what it does: its returns, what it sends.
ACCESS = {"read": Row("READ", {"memory": "r"}), "execute": Row("EXECUTE", {"memory": "r"}), "write": Row("WRITE", {"memory": "w"}, acts=True, halts=True)}
#: `map` puts memory into another's VSpace, which it sees, and is told which addresses are taken.
MAPPED_IN = Row("WRITE", STATE)


def rows(type: str) -> list[Row]:
    """Everything that a capability of a type permits."""
    name = type.lower()
    found = [*INVOCATIONS.get(name, {}).values(), *(types[name] for types in CALLS.values() if name in types)]
    if name == "frame":
        found += ACCESS.values()
    if name == "vspace":
        found.append(MAPPED_IN)
    return found
