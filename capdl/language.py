# SPDX-License-Identifier: BSD-2-Clause
"""The spec language: which keys there are, of which type, with which text.

One declaration (`system_keys`) serves the checker and the JSON schema for editors
(docs/spec/system.schema.json). What values mean together is checked in check.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from capdl import policy_keys
from capdl.policy_keys import Licence
from capdl.value_types import Bool, Choice, Int, Key, Keys, List, Name, Path, Table, Text, size, time

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Limits:
    """Bounds of the language that come from the ABI."""

    priority_max: int
    budget_ns_min: int
    period_ns_max: int
    refills_max: int
    message_words: int
    message_registers: int
    message_caps: int
    smc_function_max: int = field(default=0xFFFFFFFF)


KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30


def _time_keys(limits: Limits) -> Keys:
    """`time` of a process, guest or VMM."""
    budget = time(limits.budget_ns_min, limits.period_ns_max, "2ms")
    return Keys((
        Key("priority", Int(0, limits.priority_max - 1), f"0 (lowest) to {limits.priority_max - 1}", required=True),
        Key("budget", budget, "processor time in each period"),
        Key("period", time(limits.budget_ns_min, limits.period_ns_max, "10ms"), "how often the budget comes back"),
        Key("passive", Bool(), "runs on its callers' time", default=False),
        Key("refills", Int(2, limits.refills_max), "how many pieces a period's budget may be used in"),
    ), sample="{priority: 10, budget: 2ms, period: 10ms}")


def _process_keys(limits: Limits) -> Keys:
    """An entry of `processes`."""
    service = Keys((
        Key("protocol", Text("echo"), "what is spoken on it: a protocol of the project, or the path of a protocol file"),
        Key("roles", Table(List(Name()), "role"), "clients by role of the protocol: `role: [process]`", default=()),
        Key("separates_clients", Bool(), "trusted not to let one client's data reach another; every answer that rests on it says so", default=False),
        Key("takes_capabilities", Bool(), "without a protocol: clients may send capabilities in their calls", default=False),
    ))
    return Keys((
        Key("source", Text("components/echo_server"), "folder of the component, relative to the spec or to the project", required=True),
        Key("time", _time_keys(limits), "priority and processor time", required=True),
        Key("stack", size(4 * KIB, 512 * KIB, "16K"), "stack of its thread", default=16 * KIB),
        Key("heap", size(0, 64 * MIB, "64K"), "memory for malloc", default=0),
        Key("fpu", Bool(), "may use floating point and SIMD", default=False),
        Key("devices", Table(Name(), "device"), "devices of the board, registers and interrupt: `local_name: device`", default=()),
        Key("serves", Table(service, "service"), "services: an Endpoint each", default=()),
        Key("uses", Table(Path(), "use"), "services of others: `local_name: process.service`", default=()),
        Key("events", List(Name()), "events others may signal: a bit of its Notification each", default=()),
        Key("signals", Table(Path(), "signal"), "events of others: `local_name: process.event`", default=()),
        Key("timer", Bool(), "has a Timer, delivered to its Notification", default=False),
        Key("smc", List(Int(0, limits.smc_function_max, hexadecimal=True)), "firmware functions it may call", default=()),
        Key("untyped", List(size(4 * KIB, GIB, "1M")), "memory to make objects of by itself", default=()),
        Key("authority", List(Choice(AUTHORITY)), "capabilities on itself or on the kernel", default=()),
        Key("free_slots", Int(0, 65536), "empty slots of its CNode for received and made capabilities", default=16),
        Key("page_tables", Int(0, 4096), "page tables of its address space for what it maps by itself", default=0),
        Key("may_power_off", Bool(), "may ask for the machine's power-off", default=False),
        Key("licence", Licence(), "licence of its program, an SPDX id or expression"),
    ))


AUTHORITY = ("cnode", "tcb", "vspace", "sched_context", "sched_control", "irq_control", "console")


def _guest_keys(limits: Limits) -> Keys:
    """An entry of `guests`."""
    image = Keys((
        Key("kernel", Text("debian-12:Image"), "Linux Image: a named image or a file"),
        Key("initrd", Text("build:busybox-initrd"), "initial RAM disk for `kernel`"),
        Key("cmdline", Text("console=ttyAMA0"), "command line for `kernel`", default=""),
        Key("raw", Text("./guest.bin"), "raw image, starts at its first byte"),
        Key("load", Int(0, (1 << 39) - 1, hexadecimal=True), "address `raw` is loaded at"),
        Key("elf", Text("./guest.elf"), "statically linked AArch64 ELF"),
    ))
    vmm = Keys((
        Key("source", Text("vmm"), "folder of the VMM", default="vmm"),
        Key("time", _time_keys(limits), "its own time for devices; exits run on the guest's time"),
        Key("stack", size(4 * KIB, 512 * KIB, "16K"), "stack of its thread", default=16 * KIB),
        Key("heap", size(0, 64 * MIB, "64K"), "memory for malloc", default=0),
        Key("licence", Licence(), "licence of the VMM's program, an SPDX id or expression"),
    ))
    return Keys((
        Key("image", image, "what it boots", required=True),
        Key("memory", size(64 * KIB, 32 * GIB, "512M"), "RAM, from 0x40000000", required=True),
        Key("time", _time_keys(limits), "priority and processor time", required=True),
        Key("vmm", vmm, "the process that answers for its board"),
        Key("power_off", Choice(("stop", "system_off")), "what its power-off does: end it alone, or the machine too", default="stop"),
        Key("fpu", Bool(), "may use floating point and SIMD", default=True),
        Key("licence", Licence(), "licence of what it boots, an SPDX id or expression"),
    ))


def system_keys(limits: Limits) -> Keys:
    """The whole spec."""
    shared = Keys((
        Key("size", size(4 * KIB, 32 * MIB, "64K"), "bytes", required=True),
        Key("writes", List(Name()), "processes that read and write it", default=()),
        Key("reads", List(Name()), "processes that only read it", default=()),
        Key("doorbell", Bool(), "each member can signal the others", default=False),
    ))
    console = Keys((
        Key("server", Name(), "process that owns the UART; without one, processes print by the kernel"),
        Key("front", Name(), "process or guest whose console is in front at first"),
        Key("separates_clients", Bool(), "trusted not to let one console's data reach another; every answer that rests on it says so", default=False),
    ))
    return Keys((
        Key("version", Int(0, 1 << 31, sample=str(SCHEMA_VERSION)), "version of the language", required=True),
        Key("board", Text("qemu-virt-aarch64"), "a folder under platform/", required=True),
        Key("console", console, "who prints where"),
        Key("processes", Table(_process_keys(limits), "process"), "native components", default=()),
        Key("guests", Table(_guest_keys(limits), "guest"), "virtual machines", default=()),
        Key("shared", Table(shared, "shared region"), "memory shared by processes", default=()),
        Key("policy", policy_keys.policy(), "what must hold of the whole system; a spec that breaks it is refused", default=()),
    ))


def json_schema(limits: Limits) -> dict[str, Any]:
    """Return the JSON schema of a spec."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Made by `python3 -m capdl schema`; do not edit.",
        "title": "Selvedge system spec",
        **system_keys(limits).schema(),
    }
