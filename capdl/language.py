# SPDX-License-Identifier: BSD-2-Clause
"""The spec language: which keys there are, of which type, with which text.

One declaration (`system_keys`) serves the checker and the JSON schema for editors
(docs/spec/system.schema.json). What values mean together is checked in spec_read.py.
"""

from __future__ import annotations

from typing import Any

from capdl import policy_keys
from capdl.composition_keys import part_keys, spec_keys
from capdl.expanded_keys import expanded_keys
from capdl.guest_board import SPI_COUNT
from capdl.guest_image import RAM_BASE
from capdl.limits import Limits
from capdl.policy_keys import Licence
from capdl.value_types import Bool, Choice, Int, Key, Keys, List, Member, Name, Path, Table, Text, size, time

SCHEMA_VERSION = 1

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30


def _time_keys(limits: Limits) -> Keys:
    """`time` of a process, guest or VMM."""
    budget = time(limits.budget_ns_min, limits.period_ns_max, "2ms")
    return Keys((
        Key("priority", Int(0, limits.priority_max - 1), f"0 (lowest) to {limits.priority_max - 1}", required=True, sample="100"),
        Key("budget", budget, "processor time in each period"),
        Key("period", time(limits.budget_ns_min, limits.period_ns_max, "10ms"), "how often the budget comes back"),
        Key("passive", Bool(), "runs on its callers' time", default=False, sample="true"),
        Key("refills", Int(2, limits.refills_max), "how many pieces a period's budget may be used in", sample="4"),
    ), sample="{priority: 10, budget: 2ms, period: 10ms}")


def _process_keys(limits: Limits) -> Keys:
    """An entry of `processes`."""
    service = Keys((
        Key("protocol", Text("echo", is_path=True), "what is spoken on it: a protocol of the project, or the path of a protocol file"),
        Key("roles", Table(List(Member()), "role"), "clients by role of the protocol: `role: [process]`", default=(), sample="{user: [client]}"),
        Key("separates_clients", Bool(), "trusted to let no client's data reach another, and to hand no capability to a client in an answer; every answer that rests on it says so", default=False),
        Key("takes_capabilities", Bool(), "without a protocol: clients may send capabilities in their calls", default=False),
    ))
    return Keys((
        Key("source", Text("components/echo_server", is_path=True), "folder of the component, relative to the spec or to the project", required=True),
        Key("time", _time_keys(limits), "priority and processor time", required=True),
        Key("stack", size(4 * KIB, 512 * KIB, "16K"), "stack of its thread", default=16 * KIB),
        Key("heap", size(0, 64 * MIB, "64K"), "memory for malloc", default=0),
        Key("fpu", Bool(), "may use floating point and SIMD", default=False),
        Key("devices", Table(Name(), "device"), "devices of the board, registers and interrupt: `local_name: device`", default=(), sample="{uart: uart0}"),
        Key("serves", Table(service, "service"), "services: an Endpoint each", default=(), sample="{echo: {protocol: echo}}"),
        Key("uses", Table(Path(), "use"), "services of others: `local_name: process.service`", default=(), sample="{echo: echo_server.echo}"),
        Key("events", List(Name()), "events others may signal: a bit of its Notification each", default=(), sample="[go]"),
        Key("signals", Table(Path(), "signal"), "events of others: `local_name: process.event`", default=(), sample="{kick: worker.go}"),
        Key("timer", Bool(), "has a Timer, delivered to its Notification", default=False),
        Key("smc", List(Int(1, limits.smc_function_max, hexadecimal=True, sample="0x84000000")), "firmware functions it may call", default=(), sample="[0x84000000]"),
        Key("untyped", List(size(4 * KIB, GIB, "1M")), "memory to make objects of by itself", default=(), sample="[1M, 64K]"),
        Key("authority", List(Choice(AUTHORITY)), "capabilities on itself or on the kernel", default=()),
        Key("free_slots", Int(0, 65536), "empty slots of its CNode for received and made capabilities", default=16, sample="32"),
        Key("page_tables", Int(0, 4096), "page tables of its address space for what it maps by itself", default=0, sample="4"),
        Key("may_power_off", Bool(), "may ask for the machine's power-off", default=False),
        Key("licence", Licence(), "licence of its program, an SPDX id or expression"),
        Key("capabilities", Table(_capability_keys(), "capability"), "single capabilities by hand, for what no other key gives", default=(), sample="{watched: {object: worker.tcb}}"),
    ))


def _capability_keys() -> Keys:
    """An entry of `capabilities`."""
    return Keys((
        Key("object", Text("worker.tcb"), "the object as system.cdl names it: OWNER.KIND, or shared.REGION", required=True),
        Key("rights", List(Choice(RIGHTS)), "what it may be used for; only for objects that have rights", sample="[read, write]"),
        Key("badge", Int(0, (1 << 64) - 1, hexadecimal=True, sample="0x10"), "what the receiver sees of a message or signal sent by it", default=0),
    ))


RIGHTS = ("read", "write", "grant", "execute", "inspect")


AUTHORITY = ("cnode", "tcb", "vspace", "sched_context", "sched_control", "irq_control", "console")


def _guest_device_keys() -> Keys:
    """An entry of a guest's `devices`."""
    return Keys((
        Key("compatible", Text('"arm,pl031"'), "which device: the first compatible string of its description", required=True),
        Key("address", Int(0, RAM_BASE - 4 * KIB, hexadecimal=True, sample="0x9010000"), "where the guest has its registers, below RAM", required=True),
        Key("interrupt", Int(0, SPI_COUNT - 1, sample="2"), "number of its shared interrupt (SPI), as in the guest's device tree"),
        Key("setting", Int(0, (1 << 64) - 1, sample="1764547200"), "a number for the device to begin with; what it means is the device's to say", default=0),
        Key("source", Text("./counter.c", is_path=True), "C file of a device of your own, relative to the spec or to the project; without it one of the VMM's"),
    ))


def _guest_keys(limits: Limits) -> Keys:
    """An entry of `guests`."""
    image = Keys((
        Key("kernel", Text("debian-12:Image", is_path=True), "Linux Image: a named image or a file", sample='"debian-12:Image"'),
        Key("initrd", Text("build:busybox-initrd", is_path=True), "initial RAM disk for `kernel`", sample='"build:busybox-initrd"'),
        Key("cmdline", Text("console=ttyAMA0"), "command line for `kernel`; with `earlycon` a Linux that dies early says why", default="", sample='"console=ttyAMA0 earlycon=pl011,0x9000000"'),
        Key("raw", Text("./guest.bin", is_path=True), "raw image, starts at its first byte"),
        Key("load", Int(0, (1 << 39) - 1, hexadecimal=True), "address `raw` is loaded at", sample="0x40080000"),
        Key("elf", Text("./guest.elf", is_path=True), "statically linked AArch64 ELF"),
    ))
    vmm = Keys((
        Key("source", Text("vmm", is_path=True), "folder of the VMM", default="vmm"),
        Key("time", _time_keys(limits), "its own time for devices; exits run on the guest's time"),
        Key("stack", size(4 * KIB, 512 * KIB, "16K"), "stack of its thread", default=16 * KIB),
        Key("heap", size(0, 64 * MIB, "64K"), "memory for malloc", default=0),
        Key("licence", Licence(), "licence of the VMM's program, an SPDX id or expression"),
    ))
    return Keys((
        Key("image", image, "what it boots", required=True, sample='{kernel: "debian-12:Image", initrd: "build:busybox-initrd", cmdline: "console=ttyAMA0 earlycon=pl011,0x9000000"}'),
        Key("memory", size(64 * KIB, 32 * GIB, "512M"), "RAM, from 0x40000000", required=True),
        Key("time", _time_keys(limits), "priority and processor time", required=True),
        Key("vmm", vmm, "the process that answers for its board", sample="{time: {priority: 101, budget: 2ms, period: 10ms}}"),
        Key("devices", Table(_guest_device_keys(), "device"), "emulated devices besides UART and interrupt controller", default=(), sample='{rtc: {compatible: "arm,pl031", address: 0x9010000, interrupt: 2}}'),
        Key("power_off", Choice(("stop", "system_off")), "what its power-off does: end it alone, or the machine too", default="stop"),
        Key("fpu", Bool(), "may use floating point and SIMD", default=True),
        Key("licence", Licence(), "licence of what it boots, an SPDX id or expression"),
    ))


def _shared_keys() -> Keys:
    """An entry of `shared`."""
    return Keys((
        Key("size", size(4 * KIB, 32 * MIB, "64K"), "bytes", required=True),
        Key("writes", List(Member()), "processes that read and write it", default=(), sample="[worker]"),
        Key("reads", List(Member()), "processes that only read it", default=(), sample="[logger]"),
        Key("doorbell", Bool(), "each member can signal the others", default=False),
    ))


def _contents(limits: Limits) -> tuple[Table, Table, Table]:
    """Processes, guests and shared regions."""
    return Table(_process_keys(limits), "process"), Table(_guest_keys(limits), "guest"), Table(_shared_keys(), "shared region")


def part(limits: Limits) -> Keys:
    """An entry of `parts`."""
    return part_keys(*_contents(limits))


def system_keys(limits: Limits) -> Keys:
    """The whole spec."""
    processes, guests, shared = _contents(limits)
    console = Keys((
        Key("server", Member(), "process that owns the UART; without one, processes print by the kernel"),
        Key("front", Member(), "process or guest whose console is in front at first", sample="linux"),
        Key("separates_clients", Bool(), "trusted not to let one console's data reach another; every answer that rests on it says so", default=False),
    ))
    return Keys((
        Key("version", Int(0, 1 << 31, sample=str(SCHEMA_VERSION)), "version of the language", required=True),
        Key("board", Text("qemu-virt-aarch64"), "a folder under platform/", required=True),
        Key("console", console, "who prints where", sample="{server: console, front: linux}"),
        Key("processes", processes, "native components", default=(), sample="{worker: {source: ./worker, time: {priority: 10, budget: 2ms, period: 10ms}}}"),
        Key("guests", guests, "virtual machines", default=(), sample="{linux: {image: {raw: ./guest.bin}, memory: 512M, time: {priority: 10, budget: 2ms, period: 10ms}}}"),
        Key("shared", shared, "memory shared by processes", default=(), sample="{table: {size: 64K, writes: [worker], reads: [logger]}}"),
        Key("policy", policy_keys.policy(), "what must hold of the whole system; a spec that breaks it is refused", default=(), sample="[{no_path: {between: [linux, rtos]}}]"),
        *spec_keys(part(limits)),
    ))


def json_schema(limits: Limits) -> dict[str, Any]:
    """Return the JSON schema of a spec."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "Made by `python3 -m capdl schema`; do not edit.",
        "title": "Selvedge system spec",
        "definitions": {"parameter": {"type": "string", "pattern": "\\$\\("}},
        "if": {"required": ["form"]},
        "then": expanded(limits).schema(),
        "else": _with_parameters(system_keys(limits).schema()),
    }


def expanded(limits: Limits) -> Keys:
    """A spec in expanded form."""
    top = system_keys(limits)
    tables: dict[str, Any] = {key.name: key.type for key in top.keys}
    return expanded_keys(top, tables["processes"].item, tables["guests"].item)


def _with_parameters(schema: dict[str, Any]) -> dict[str, Any]:
    """Let a text with a parameter stand wherever a single value does."""
    changed = dict(schema)
    for key in ("properties", "patternProperties"):
        if key in schema:
            changed[key] = {name: _with_parameters(value) for name, value in schema[key].items()}
    if "items" in schema:
        changed["items"] = _with_parameters(schema["items"])
    if "anyOf" in schema:
        changed["anyOf"] = [*map(_with_parameters, schema["anyOf"])]
    if changed.get("type") in ("object", "array") or "anyOf" in schema or isinstance(schema.get("type"), list):
        return changed
    kept = {key: changed.pop(key) for key in ("description", "default") if key in changed}
    return {**kept, "anyOf": [changed, {"$ref": "#/definitions/parameter"}]}
