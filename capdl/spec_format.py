# SPDX-License-Identifier: BSD-2-Clause
"""The format of spec.bin, the list of work that the roottask executes.

This is its only description: the writer in emit uses it, and `header_text` makes
gen/roottask_spec.h of it for the roottask. Everything is little-endian and naturally
aligned; a record's size is a multiple of 8. spec.bin is: header, table directory
(inside the header), the tables in the order given here, strings (NUL-terminated; a
`name` field is an offset from the start of spec.bin).

A *slot* is an index in the roottask's own CNode, 0 = none. The roottask walks the
tables in the order of this file, once:

 1. untyped, object: make each Untyped from boot RAM (the table is sorted by falling
    size, so taking the first boot Untyped with room never wastes any), then retype
    the objects from them in table order.
 2. fixed_frame: Frames at given addresses, from device memory or the payload.
    Sorted by kind and address; gaps are skipped by Untypeds in skip_slot.
 3. irq_handler, capability: interrupts, then copies and mints (first those into the
    own CNode, then those into the processes' CNodes).
 4. copy: initial contents of writable pages.
 5. mapping, sched, thread, irq_bind, timer_bind.
 6. give_up: delete these own slots. 7. resume the threads with THREAD_START.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

MAGIC = 0x53454C5350454331  # "SELSPEC1"
VERSION = 1

_CODES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q"}
_SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}


@dataclass(frozen=True)
class Field:
    """One field of a record: its C name, its type (u8..u64) and what it means."""

    name: str
    type: str
    text: str = ""


@dataclass(frozen=True)
class Record:
    """A record type: `struct spec_NAME`."""

    name: str
    text: str
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        offset = 0
        for item in self.fields:
            size = _SIZES[item.type]
            if offset % size:
                raise ValueError(f"{self.name}.{item.name}: not naturally aligned")
            offset += size
        if offset % 8:
            raise ValueError(f"{self.name}: size {offset} is no multiple of 8")

    @property
    def code(self) -> str:
        """The struct module's code for the record."""
        return "<" + "".join(_CODES[item.type] for item in self.fields)

    @property
    def size(self) -> int:
        """Bytes of one record."""
        return struct.calcsize(self.code)

    def pack(self, values: dict[str, int]) -> bytes:
        """Pack one record; every field must be given by name, no other may be."""
        names = [item.name for item in self.fields]
        unknown = set(values) - set(names)
        if unknown:
            raise KeyError(f"{self.name}: unknown fields {sorted(unknown)}")
        return struct.pack(self.code, *(values.get(name, 0) if name == "reserved" else values[name] for name in names))


@dataclass(frozen=True)
class Constant:
    """A named number of the format: `#define SPEC_NAME number`."""

    name: str
    number: int
    text: str = ""


CONSTANTS = (
    Constant("CAPABILITY_MOVE", 1 << 8, "capability flag: move the source slot, for what cannot be copied (Untyped, Reply, IRQ_CONTROL)"),
    Constant("FIXED_DEVICE", 0, "address is physical, device memory"),
    Constant("FIXED_PAYLOAD", 1, "address is an offset from the payload's start"),
    Constant("THREAD_START", 1 << 0, "resume it when all is made"),
    Constant("THREAD_PASSIVE", 1 << 1, "runs on the context of `sched` until it sends SUPERVISOR_READY, then the context goes to its `home`"),
    Constant("THREAD_GUEST", 1 << 2, "a guest's thread: bind vcpu_slot; its VMM starts it"),
    Constant("PART_RESTARTABLE", 1 << 0, "a process or guest; part 0 is the roottask's own"),
    Constant("PART_MAY_POWER_OFF", 1 << 1, "SUPERVISOR_POWER_OFF from it powers the machine off"),
    Constant("SUPERVISOR_READY", 1, "label of a message on the supervisor capability: initialised, take the context back (sent by NBSendRecv)"),
    Constant("SUPERVISOR_EXITED", 2, "the part ended by itself; word 0 = status"),
    Constant("SUPERVISOR_POWER_OFF", 3, "the part asks for the machine's power-off"),
    Constant("SUPERVISOR_GUEST_OFF", 4, "a VMM tells that its guest powered off and stays off; word 0 = reason (0 power-off, 1 stopped after an error)"),
    Constant("SUPERVISOR_GUEST_RESET", 5, "a VMM tells that its guest is being reset"),
    Constant("MAPPING_ON_DEMAND", 1 << 3, "mapping flag: not made by the roottask; a process that holds Frame and VSpace may make it"),
    Constant("FLAG_AUDIT", 1 << 0, "header flag (`sel run --audit`): read the live state back after construction and compare"),
    Constant("AUDIT_PLANTED", 1 << 0, "test of the audit: the row is executed, but not expected"),
    Constant("AUDIT_OMITTED", 1 << 1, "test of the audit: the row is expected, but not executed"),
    Constant("AUDIT_WIDENED", 1 << 2, "test of the audit: the row is executed with every right its source has"),
)

TABLES = (
    Record("part", "What is taken back as one: a process, a guest with its VMM, or the roottask's own objects.", (
        Field("name", "u32", "string"),
        Field("flags", "u32", "SPEC_PART_..."),
        Field("first_untyped", "u32", "index in untyped"),
        Field("untyped_count", "u32"),
    )),
    Record("untyped", "An Untyped of a part, from boot RAM; sorted by falling size.", (
        Field("slot", "u32"),
        Field("part", "u32", "index in part"),
        Field("size_bits", "u32"),
        Field("reserved", "u32"),
    )),
    Record("object", "`count` objects in slots slot.. made from one Untyped, in table order.", (
        Field("slot", "u32", "first slot"),
        Field("count", "u32", "consecutive slots; may be above the 32 of one Retype"),
        Field("untyped", "u32", "index in untyped"),
        Field("type", "u16", "OBJECT_TYPE_..."),
        Field("size_bits", "u16"),
        Field("name", "u32", "string: name of the first"),
        Field("reserved", "u32"),
    )),
    Record("fixed_frame", "`count` Frames at consecutive given addresses; sorted by kind, address.", (
        Field("address", "u64", "physical, or offset from the payload's start"),
        Field("slot", "u32", "first slot"),
        Field("count", "u32"),
        Field("kind", "u32", "SPEC_FIXED_..."),
        Field("size_bits", "u32"),
        Field("name", "u32", "string"),
        Field("reserved", "u32"),
    )),
    Record("irq_handler", "IRQ_CONTROL get.", (
        Field("slot", "u32"),
        Field("intid", "u32"),
        Field("trigger", "u32", "0 level, 1 edge"),
        Field("name", "u32", "string"),
    )),
    Record("capability", "Copy, mint or move of an own slot; first all with cnode 0.", (
        Field("source", "u32", "own slot"),
        Field("cnode", "u32", "own slot of the CNode it goes to; 0 = the own CNode"),
        Field("index", "u32", "slot there"),
        Field("rights", "u32", "SEL_RIGHT_... it is cut down to"),
        Field("badge", "u64", "badge, or function id of an SMC; 0 = none"),
        Field("name", "u32", "string"),
        Field("flags", "u32", "SPEC_CAPABILITY_MOVE or 0; SPEC_AUDIT_... in tests of the audit"),
    )),
    Record("copy", "Fill the start of frame's pages from the payload; what follows stays zero.", (
        Field("source", "u64", "offset from the payload's start, 4 KiB aligned, has a fixed_frame of 4 KiB per page"),
        Field("source_slot", "u32", "first slot of those frames"),
        Field("frame_slot", "u32", "first destination: 4 KiB Frames in consecutive slots"),
        Field("length", "u32", "bytes"),
        Field("reserved", "u32"),
    )),
    Record("mapping", "Map `count` Frames (consecutive slots) at consecutive addresses.", (
        Field("vaddr", "u64"),
        Field("frame_slot", "u32"),
        Field("vspace_slot", "u32"),
        Field("count", "u32"),
        Field("size_bits", "u8"),
        Field("rights", "u8", "SEL_RIGHT_..."),
        Field("attribute", "u8", "0 normal, 1 uncached, 2 device"),
        Field("flags", "u8", "SPEC_MAPPING_ON_DEMAND or 0; SPEC_AUDIT_... in tests of the audit"),
    )),
    Record("sched", "SchedControl configure, then bind to `thread_slot` or, if 0, to `home_slot`.", (
        Field("budget_ns", "u64"),
        Field("period_ns", "u64"),
        Field("badge", "u64", "index in thread + 1"),
        Field("slot", "u32"),
        Field("refills", "u32"),
        Field("thread_slot", "u32", "TCB it starts on"),
        Field("home_slot", "u32", "of a passive thread: Notification it goes to after READY, 0 = nowhere (it stays unbound)"),
    )),
    Record("thread", "TCB set-up; see the flags.", (
        Field("pc", "u64"),
        Field("sp", "u64"),
        Field("buffer_vaddr", "u64", "x0 at start, 0 = no buffer"),
        Field("name", "u32", "string"),
        Field("flags", "u32", "SPEC_THREAD_..."),
        Field("part", "u32", "index in part"),
        Field("tcb_slot", "u32"),
        Field("cspace_slot", "u32"),
        Field("vspace_slot", "u32"),
        Field("buffer_slot", "u32", "Frame, 0 = none"),
        Field("buffer_offset", "u32"),
        Field("priority", "u32"),
        Field("max_priority", "u32"),
        Field("fault_slot", "u32", "badged Endpoint: badge = index in thread + 1 (native), or the VMM's (guest)"),
        Field("timeout_slot", "u32", "0 = none"),
        Field("notification_slot", "u32", "bind_notification, 0 = none"),
        Field("vcpu_slot", "u32"),
        Field("features", "u32", "tcb set_features flags"),
        Field("sched", "u32", "index in sched + 1, 0 = none"),
        Field("first_symbol", "u32", "index in symbol"),
        Field("symbol_count", "u32"),
    )),
    Record("irq_bind", "irq_handler set_notification, then acknowledge (unmask).", (
        Field("handler_slot", "u32"),
        Field("notification_slot", "u32", "badged copy"),
    )),
    Record("timer_bind", "timer bind.", (
        Field("timer_slot", "u32"),
        Field("notification_slot", "u32", "badged copy"),
    )),
    Record("give_up", "Own slots emptied before anything starts.", (
        Field("slot", "u32"),
        Field("reserved", "u32"),
    )),
    Record("symbol", "Functions of a process by rising address.", (
        Field("vaddr", "u64"),
        Field("size", "u32", "bytes, 0 = to the next"),
        Field("name", "u32", "string"),
    )),
)

HEADER = Record("header", "Start of spec.bin; the directory's entries are in the tables' order.", (
    Field("magic", "u64", "SPEC_MAGIC"),
    Field("version", "u32", "SPEC_VERSION"),
    Field("total_bytes", "u32"),
    Field("slots_end", "u32", "one above the highest own slot used"),
    Field("skip_slot", "u32", "first of skip_count own slots free for gaps and the roottask's passing needs"),
    Field("skip_count", "u32"),
    Field("fault_endpoint_slot", "u32", "where faults and supervisor messages arrive"),
    Field("reply_slot", "u32", "its Reply object"),
    Field("power_off_slot", "u32", "SMC capability for PSCI SYSTEM_OFF"),
    Field("system_name", "u32", "string"),
    Field("flags", "u32", "SPEC_FLAG_..."),
))


def header_text() -> str:
    """Return gen/roottask_spec.h."""
    lines = [
        "/* Generated by capdl from capdl/spec_format.py; do not edit. */",
        "/* SPDX-License-Identifier: BSD-2-Clause */",
        "/* Format of spec.bin. All little-endian; offsets count from the start of spec.bin; see capdl/spec_format.py for the order of work. */",
        "#pragma once",
        "#include <stdint.h>",
        "",
        f"#define SPEC_MAGIC {MAGIC:#x}ull",
        f"#define SPEC_VERSION {VERSION}",
        f"#define SPEC_TABLE_COUNT {len(TABLES)}",
    ]
    for constant in CONSTANTS:
        note = f" /* {constant.text} */" if constant.text else ""
        lines.append(f"#define SPEC_{constant.name} {constant.number}{note}")
    lines += ["", "enum spec_table {"]
    lines += [f"    SPEC_TABLE_{record.name.upper()}," for record in TABLES]
    lines += ["};", "", "struct spec_directory_entry {", "    uint32_t offset;", "    uint32_t count;", "};"]
    for record in (HEADER, *TABLES):
        lines += ["", f"/* {record.text} */", f"struct spec_{record.name} {{"]
        for item in record.fields:
            note = f" /* {item.text} */" if item.text else ""
            lines.append(f"    uint{item.type[1:]}_t {item.name};{note}")
        if record is HEADER:
            lines.append("    struct spec_directory_entry tables[SPEC_TABLE_COUNT];")
        lines += ["};"]
        size = record.size + (8 * len(TABLES) if record is HEADER else 0)
        lines.append(f'_Static_assert(sizeof(struct spec_{record.name}) == {size}, "layout of spec.bin");')
    return "\n".join(lines) + "\n"


@dataclass
class SpecFile:
    """A spec.bin under construction: rows by table, strings shared."""

    header: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[dict[str, int]]] = field(default_factory=lambda: {record.name: [] for record in TABLES})
    _strings: dict[str, int] = field(default_factory=dict)
    _blob: bytearray = field(default_factory=bytearray)

    def string(self, text: str) -> int:
        """Return a token for text; `write` turns it into an offset."""
        if text not in self._strings:
            self._strings[text] = len(self._blob)
            self._blob += text.encode("utf-8") + b"\0"
        return self._strings[text]

    def add(self, table: str, **values: int) -> int:
        """Append a row and return its index."""
        self.rows[table].append(values)
        return len(self.rows[table]) - 1

    def write(self) -> bytes:
        """Return the bytes of spec.bin."""
        offset = HEADER.size + 8 * len(TABLES)
        directory = bytearray()
        for record in TABLES:
            directory += struct.pack("<II", offset, len(self.rows[record.name]))
            offset += record.size * len(self.rows[record.name])
        strings_at = offset
        total = (strings_at + len(self._blob) + 7) & ~7
        body = bytearray()
        for record in TABLES:
            for row in self.rows[record.name]:
                body += record.pack(_relocate(record, row, strings_at))
        header = dict(self.header, magic=MAGIC, version=VERSION, total_bytes=total)
        data = HEADER.pack(_relocate(HEADER, header, strings_at)) + directory + body + self._blob
        return bytes(data.ljust(total, b"\0"))


def _relocate(record: Record, row: dict[str, int], strings_at: int) -> dict[str, int]:
    """Turn the string tokens of a row into offsets."""
    named = {item.name for item in record.fields if item.name in ("name", "system_name")}
    return {key: value + strings_at if key in named else value for key, value in row.items()}
