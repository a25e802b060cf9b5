# SPDX-License-Identifier: BSD-2-Clause
"""What the plugin counted: its file (struct shared in tools/icount/exits.c), read at any time, and the difference of two readings."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path


class Cause(IntEnum):
    """What the kernel made of an exit."""

    NONE = 0
    MESSAGE = 1
    WAIT = 2
    INTERRUPT = 3
    FPU = 4
    KERNEL = 5
    LOST = 6
    CROWD = 7


@dataclass(frozen=True)
class Key:
    """What exits of one row have in common."""

    cause: Cause
    word: int = 0
    address: int = 0


@dataclass(frozen=True)
class Sum:
    """So many exits of one cause, and the instructions executed for them; `pc` and `esr` are the latest one's."""

    count: int = 0
    kernel: int = 0
    vmm: int = 0
    others: int = 0
    pc: int = 0
    esr: int = 0

    @property
    def total(self) -> int:
        """What was executed for these exits alone."""
        return self.kernel + self.vmm

    def __sub__(self, earlier: Sum) -> Sum:
        return Sum(self.count - earlier.count, self.kernel - earlier.kernel, self.vmm - earlier.vmm, self.others - earlier.others, self.pc, self.esr)

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.count + other.count, self.kernel + other.kernel, self.vmm + other.vmm, self.others + other.others, other.pc, other.esr)


@dataclass(frozen=True)
class Guest:
    """One guest: which process is its VMM (None: no exit has reached one), its own instructions, its exits."""

    vmm: int | None
    executed: int
    handled: int
    rows: dict[Key, Sum]


@dataclass(frozen=True)
class Process:
    """Instructions of a process, and the kernel's for it, but for what belongs to exits."""

    user: int = 0
    kernel: int = 0


@dataclass(frozen=True)
class Reading:
    """Everything counted since reset, or between two readings."""

    executed: int = 0
    nobody: int = 0
    processes: tuple[Process, ...] = ()
    guests: tuple[Guest, ...] = field(default=())

    def since(self, earlier: Reading) -> Reading:
        """What came after an earlier reading of the same run."""
        processes = tuple(Process(a.user - b.user, a.kernel - b.kernel) for a, b in zip(self.processes, earlier.processes, strict=True))
        guests = tuple(_guest_since(guest, earlier.guests[i] if i < len(earlier.guests) else None) for i, guest in enumerate(self.guests))
        return Reading(self.executed - earlier.executed, self.nobody - earlier.nobody, processes, guests)


def _guest_since(guest: Guest, earlier: Guest | None) -> Guest:
    if earlier is None:
        return guest
    rows = {key: each - earlier.rows.get(key, Sum()) for key, each in guest.rows.items()}
    return Guest(guest.vmm, guest.executed - earlier.executed, guest.handled - earlier.handled, {key: each for key, each in rows.items() if each.count > 0})


_HEAD = struct.Struct("<6Q")
_PROCESS = struct.Struct("<2Q")
_GUEST = struct.Struct("<13Q")
_ROW = struct.Struct("<10Q")


def read(path: Path) -> Reading | None:
    """Read the plugin's file as it is now; None: nothing has been counted. An exit that is not over counts as one, with what it has cost so far."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) < _HEAD.size:
        return None
    guest_max, process_max, row_max, _, accounted, nobody = _HEAD.unpack_from(data)
    if accounted == 0:
        return None
    at = _HEAD.size
    processes = tuple(Process(*values) for values in _parts(data, at, _PROCESS, process_max + 1))
    at += (process_max + 1) * _PROCESS.size
    guests = list(_parts(data, at, _GUEST, guest_max))
    rows: list[dict[Key, Sum]] = [{} for _ in guests]
    for guest, count, *values in _parts(data, at + guest_max * _GUEST.size, _ROW, row_max):
        if count:
            _add(rows[guest], count, values)
    for index, (_, _, _, _, state, *values) in enumerate(guests):
        if state:
            _add(rows[index], 1, values)
    made = tuple(Guest(vmm - 1 if vmm else None, executed, handled, rows[i]) for i, (tcb, vmm, executed, handled, *_) in enumerate(guests) if tcb)
    return Reading(accounted, nobody, processes, made)


def _parts(data: bytes, at: int, kind: struct.Struct, count: int) -> Iterator[tuple]:
    return kind.iter_unpack(data[at : at + count * kind.size])


def _add(rows: dict[Key, Sum], count: int, values: list[int]) -> None:
    cause, word, address, pc, esr, kernel, vmm, others = values
    key = Key(Cause(cause), word, address)
    rows[key] = rows.get(key, Sum()) + Sum(count, kernel, vmm, others, pc, esr)
