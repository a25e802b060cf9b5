# SPDX-License-Identifier: BSD-2-Clause
"""A trace as a folder in the Common Trace Format 1.8 (https://diamon.org/ctf/v1.8.3/), for babeltrace2.

One stream of one packet, which says when it begins and ends (babeltrace2 2.1 aborts without); times are the kernel's own ticks. Each kind
of event has a class of its own.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from pathlib import Path

from introspect.telling import Told

STREAM = "kernel"
_SWITCH = ("from", "to")
_OTHER = ("thread", "what")
#: Kinds by their number in the stream.
KINDS = ("switch", "syscall", "ipc", "fault", "vm_exit", "irq", "timer", "lost", "unknown")
_HEAD = struct.Struct("<BQ")
_PACKET = struct.Struct("<QQ")

_METADATA = """\
/* CTF 1.8 */

typealias integer { size = 8; align = 8; signed = false; } := uint8_t;

trace {
	major = 1;
	minor = 8;
	byte_order = le;
};

env {
	domain = "selvedge";
	system = %(system)s;
};

clock {
	name = ticks;
	description = "the kernel's clock, since reset";
	freq = %(hz)d;
	offset = 0;
};

typealias integer { size = 64; align = 8; signed = false; map = clock.ticks.value; } := ticks_t;

stream {
	packet.context := struct { ticks_t timestamp_begin; ticks_t timestamp_end; };
	event.header := struct { uint8_t id; ticks_t timestamp; };
};
"""
_CLASS = """
event {
	name = "%s";
	id = %d;
	fields := struct { string _%s; string _%s; };
};
"""


def write(folder: Path, events: Iterable[Told], hz: int, system: str) -> None:
    """Write the folder; OSError when that cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    classes = "".join(_CLASS % (kind, number, *(_SWITCH if kind == "switch" else _OTHER)) for number, kind in enumerate(KINDS))
    (folder / "metadata").write_text(_METADATA % {"system": json.dumps(system), "hz": hz} + classes, encoding="utf-8")
    numbers = {kind: number for number, kind in enumerate(KINDS)}
    begin: int | None = None
    end = 0
    with (folder / STREAM).open("wb") as stream:
        stream.seek(_PACKET.size)
        for event in events:
            begin, end = event.time if begin is None else begin, event.time
            second = event.to if event.kind == "switch" else event.what
            number = numbers.get(event.kind, numbers["unknown"])
            stream.write(_HEAD.pack(number, event.time) + event.thread.encode() + b"\0" + second.encode() + b"\0")
        stream.seek(0)
        stream.write(_PACKET.pack(begin or 0, end))
