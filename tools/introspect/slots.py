# SPDX-License-Identifier: BSD-2-Clause
"""All capabilities there are: from the roottask's CNode along the derivation list, into every other CNode.

The list's first members lie where boot has put them, in the roottask's CNode, or where a process has moved them; so each CNode is searched.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator

from introspect.built import Built
from introspect.memory import Memory, View, walk
from introspect.model import Capability

#: Places that are tried for the roottask's CNode: RAM, by its size.
_PLACES_MAX = 1 << 15


class NotFoundError(Exception):
    """The kernel has not made its first process yet, or its data is not what it should be."""


class Slots:
    """Reads and follows slots."""

    def __init__(self, memory: Memory, built: Built) -> None:
        self._memory = memory
        self._built = built
        self._bytes: int = built.abi["limits"]["SLOT_BYTES"]
        self._types = built.type_names
        self._own = built.layout.offset("tcb", "slot")
        layout = built.layout
        cap = layout.offset("slot", "cap")
        places = [cap + layout.offset("cap", "word0"), cap + layout.offset("cap", "word1"), layout.offset("slot", "prev"), layout.offset("slot", "next")]
        self._unpack = struct.Struct("<" + "Q" * (self._bytes // 8)).unpack
        self._words = [place // 8 for place in places]

    def words(self, slot: int) -> tuple[int, int, int, int]:
        """A slot's capability (two words), the one before it and the one behind it in the derivation list."""
        words = self._unpack(self._memory.read(slot, self._bytes))
        cap0, cap1, before, behind = (words[index] for index in self._words)
        return cap0, cap1, before, behind

    def type_of(self, cap: tuple[int, int]) -> str:
        """The name of a capability's type; NULL of an empty slot."""
        return self._types.get(self._built.cap_field(cap, "type"), "NULL")

    def root_cnode(self, ram: list[tuple[int, int]]) -> int:
        """The address of the roottask's CNode: the one whose first capability is its own, beside that of the first VSpace there was."""
        size = self._bytes << self._built.system["roottask"]["slot_bits"]
        first_space = View(self._memory, self._built.layout, *self._first_row("space_table"))["vspace"]
        for address in _places(first_space, size, ram):
            if self._is_root_cnode(address, first_space):
                return address
        raise NotFoundError("the kernel has not made its first process yet")

    def _first_row(self, table: str) -> tuple[str, int]:
        address, (_, _, kind) = self._built.layout.variables[table]
        return kind[1], address

    def _is_root_cnode(self, address: int, first_space: int) -> bool:
        expected = {"CNODE": address, "VSPACE": first_space}
        for kind, named in expected.items():
            cap = self.words(address + self._built.abi["initial_slots"][kind] * self._bytes)[:2]
            if self.type_of(cap) != kind or self._built.cap_field(cap, "object") != named:
                return False
        return True

    def all(self, root: int) -> list[Capability]:
        """Every capability, by address of its slot. An Untyped's or a CNode's last one may be missing while it dies."""
        known: dict[int, tuple[int, int, int, int]] = {}
        cnodes = {root: self._bytes << self._built.system["roottask"]["slot_bits"]}
        searched: set[int] = set()
        while todo := sorted(set(cnodes) - searched):
            for cnode in todo:
                searched.add(cnode)
                for slot in range(cnode, cnode + cnodes[cnode], self._bytes):
                    if slot not in known and self.type_of(self.words(slot)[:2]) != "NULL":
                        self._follow(slot, known)
            cnodes |= self._cnodes(known)
        return self._placed(known, cnodes)

    def _follow(self, slot: int, known: dict[int, tuple[int, int, int, int]]) -> None:
        """Take in a slot and all of the list that it is in."""
        known[slot] = self.words(slot)
        head = list(walk(slot, lambda at: self.words(at)[2]))[-1]
        for each in walk(head, lambda at: self.words(at)[3]):
            known.setdefault(each, self.words(each))

    def _cnodes(self, known: dict[int, tuple[int, int, int, int]]) -> dict[int, int]:
        caps = [words[:2] for words in known.values() if self.type_of(words[:2]) == "CNODE"]
        return {self._built.cap_field(cap, "object"): self._bytes << self._built.cap_field(cap, "slot_bits", "CNODE") for cap in caps}

    def _placed(self, known: dict[int, tuple[int, int, int, int]], cnodes: dict[int, int]) -> list[Capability]:
        own = self._built.layout.structures["tcb"]["fields"]["slot"]
        size = own[1][1] * self._bytes
        caps = [words[:2] for words in known.values() if self.type_of(words[:2]) == "TCB"]
        holders = [(address, 0, bytes_) for address, bytes_ in cnodes.items()]
        holders += [(tcb, own[0], size) for tcb in {self._built.cap_field(cap, "object") for cap in caps}]
        holders.sort(key=lambda each: each[0] + each[1])
        starts = [address + offset for address, offset, _ in holders]
        return [self._capability(slot, words[:2], starts, holders) for slot, words in sorted(known.items())]

    def _capability(self, slot: int, cap: tuple[int, int], starts: list[int], holders: list[tuple[int, int, int]]) -> Capability:
        at = bisect_right(starts, slot) - 1
        address, offset, size = holders[at] if at >= 0 else (0, 0, 0)
        is_inside = slot < address + offset + size
        kind, field = self.type_of(cap), self._built.cap_field
        badge = field(cap, "badge", kind) or field(cap, "irq", kind) or field(cap, "function", kind)
        rights = () if kind == "UNTYPED" else self._built.rights(field(cap, "rights"), kind)
        return Capability(slot, address if is_inside else 0, (slot - address - offset) // self._bytes if is_inside else 0, kind, field(cap, "object"), rights, badge, cap)


def _places(near: int, size: int, ram: list[tuple[int, int]]) -> Iterator[int]:
    """Aligned addresses in RAM, the nearest first."""
    middle = near - near % size
    for step in range(_PLACES_MAX if near else 0):
        for address in dict.fromkeys((middle - step * size, middle + step * size)):
            if any(start <= address and address + size <= end for start, end in ram):
                yield address
