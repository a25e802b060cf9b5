# SPDX-License-Identifier: BSD-2-Clause
"""The keys of a spec in expanded form (docs/adr/0021): processes with what their programs are told, and every object, capability
and mapping that needs no linked program, a line each. What follows from them (slots, sizes, names in programs) is not written."""

from __future__ import annotations

from capdl.value_types import NAME_PATTERN, Bool, Choice, Int, Key, Keys, List, Matching, Name, Table, Text

#: Words of the types of objects, as libsel/abi has them in capitals.
TYPES = ("cnode", "endpoint", "frame", "irq_handler", "notification", "reply", "sched_context", "tcb", "timer", "untyped", "vcpu")
RIGHTS = ("read", "write", "grant", "execute", "inspect")
#: Of objects; of instances in instances.
OBJECT_NAME = Matching(rf"{NAME_PATTERN}\.[a-z][a-z0-9_]{{0,63}}", "OWNER.KIND", "server.tcb")
INSTANCE_PATH = Matching(rf"{NAME_PATTERN}(\.{NAME_PATTERN})*", "names with dots between", "left.inner")


def _program_name(example: str) -> Matching:
    """A name in a program, which may be put together of several of the spec."""
    return Matching(r"[a-z][a-z0-9_]{0,127}", "a name in a program", example)


FROM = Key("from", Matching(r"[^\x00-\x1f\x7f-\x9f]+:[1-9][0-9]{0,8}:[1-9][0-9]{0,8}", "FILE:LINE:COLUMN", "systems/linux/system.yaml:11:3"), "where the spec asks for it: FILE:LINE:COLUMN", default="")
BADGE = Key("badge", Int(0, (1 << 64) - 1, hexadecimal=True, sample="0x1"), "what the receiver sees; of `kernel.smc` the function", default=0)


def _pick(keys: Keys, *names: str) -> list[Key]:
    """Keys of the language that mean the same here."""
    return [key for key in keys.keys if key.name in names]


def expanded_keys(top: Keys, process: Keys, guest: Keys) -> Keys:
    """The whole of an expanded spec; the arguments are the language's keys of a system, a process and a guest."""
    rights = Key("rights", List(Choice(RIGHTS)), "what it may be used for; of an object without rights none", default=(), sample="[read, write]")
    processes = Keys((
        *_pick(process, "source", "time", "fpu", "free_slots", "page_tables", "may_power_off", "licence"),
        Key("guest", Name("linux"), "the guest that it is the VMM of"),
        Key("instance", INSTANCE_PATH, "the instance of a part that it belongs to", default=""),
        Key("bits", List(_program_name("timer")), "names of the bits of its Notification, from the lowest", default=(), sample="[timer, go]"),
        FROM,
    ))
    guests = Keys((*_pick(guest, "image", "time", "devices", "power_off", "fpu", "licence"), FROM))
    objects = Keys((
        Key("name", OBJECT_NAME, "its name, with its owner: a process, guest, device, `shared` or `roottask`", required=True),
        Key("type", Choice(TYPES), "its type", required=True, sample="tcb"),
        Key("size_bits", Int(6, 36, sample="12"), "its size as a power of two, where the type has several"),
        Key("count", Int(1, 1 << 20), "so many of it", default=1, sample="4"),
        Key("protocol", Text("echo", is_path=True), "of an endpoint: what is spoken on it"),
        Key("separates_clients", Bool(), "of an endpoint: its server is trusted to pass nothing from one client to another, and to hand them no capability in answers", default=False),
        FROM,
    ))
    capabilities = Keys((
        Key("process", Name("client"), "who has it", required=True),
        Key("name", _program_name("echo"), "what its program calls it: `sel_cap_NAME`", required=True),
        Key("object", OBJECT_NAME, "the object", required=True),
        rights, BADGE,
        Key("roles", List(Name("user")), "of a client, where a protocol is spoken: its roles", default=(), sample="[user]"),
        FROM,
    ))
    mappings = Keys((
        Key("space", OBJECT_NAME, "the VSpace: PROCESS.vspace or GUEST.vspace", required=True, sample="hello.vspace"),
        Key("at", Int(0, (1 << 39) - 1, hexadecimal=True, sample="0x1018001000"), "address", required=True),
        Key("object", OBJECT_NAME, "the Frames, all of them", required=True, sample="hello.ipc_buffer"),
        Key("rights", List(Choice(RIGHTS)), "read, write, execute", required=True, sample="[read, write]"),
        Key("device", Bool(), "as device memory", default=False),
        Key("on_demand", Bool(), "not made at the start: a process that has the capabilities may", default=False),
        Key("region", _program_name("table"), "what its program calls it: `sel_region_NAME`", default=""),
        FROM,
    ))
    signals = Keys((
        Key("source", OBJECT_NAME, "an irq_handler or timer", required=True, sample="hello.timer"),
        Key("to", OBJECT_NAME, "the Notification that it signals", required=True, sample="hello.notification"),
        Key("badge", BADGE.type, "the bits that it sets", required=True),
    ))
    return Keys((
        *_pick(top, "version"),
        Key("form", Choice(("expanded",)), "tells this form from a spec as people write it", required=True),
        Key("name", Text("linux"), "the system's name", required=True),
        *_pick(top, "board", "console", "policy"),
        Key("processes", Table(processes, "process"), "processes and VMMs, in the order of their windows", default=(), sample="{hello: {source: ./hello, time: {priority: 10, budget: 2ms, period: 10ms}}}"),
        Key("guests", Table(guests, "guest"), "guests", default=(), sample="{linux: {image: {raw: ./guest.bin}, time: {priority: 10, budget: 2ms, period: 10ms}}}"),
        Key("objects", List(objects), "every object but the CNodes of processes and the VSpaces, which follow from the rest", default=(), sample="[{name: hello.tcb, type: tcb}]"),
        Key("capabilities", List(capabilities), "every capability of a process; each gets the next slot of its process's CNode", default=(), sample="[{process: hello, name: timer, object: hello.timer}]"),
        Key("mappings", List(mappings), "every mapping but those of programs", default=(), sample="[{space: hello.vspace, at: 0x1018001000, object: hello.ipc_buffer, rights: [read, write]}]"),
        Key("signals", List(signals), "what interrupts and timers signal", default=(), sample="[{source: hello.timer, to: hello.notification, badge: 0x1}]"),
    ))
