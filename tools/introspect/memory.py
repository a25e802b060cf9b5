# SPDX-License-Identifier: BSD-2-Clause
"""The machine's memory by physical address, and the kernel's structures in it.

Kernel memory is identity mapped, so its pointers are physical addresses. Whoever reads says how (qmp.py, gdb_commands.py, bytes in tests).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from introspect.layout import Layout, Type

#: Read at once: objects lie close together, and each request costs as much as a hundred such pieces.
PIECE_BYTES = 1 << 14


class Memory:
    """Memory that does not change while this object lives; `fetch(address, size)` returns exactly so many bytes."""

    def __init__(self, fetch: Callable[[int, int], bytes]) -> None:
        self._fetch = fetch
        self._pieces: dict[int, bytes] = {}
        self._ram: list[tuple[int, int]] | None = None

    def only(self, ram: list[tuple[int, int]]) -> None:
        """From here on nothing outside of these [start, end) is fetched, it reads as zeros: a damaged pointer must not read a device."""
        self._ram = ram

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes from `address` on."""
        first, last = address // PIECE_BYTES, (address + size - 1) // PIECE_BYTES
        if first == last:
            start = address - first * PIECE_BYTES
            return self._piece(first)[start : start + size]
        joined = b"".join(self._piece(number) for number in range(first, last + 1))
        start = address - first * PIECE_BYTES
        return joined[start : start + size]

    def _piece(self, number: int) -> bytes:
        if number not in self._pieces:
            start = number * PIECE_BYTES
            is_ram = self._ram is None or any(first <= start and start + PIECE_BYTES <= end for first, end in self._ram)
            self._pieces[number] = self._fetch(start, PIECE_BYTES) if is_ram else bytes(PIECE_BYTES)
        return self._pieces[number]


class View:
    """A structure at an address: `view["state"]` is its field, a number, a View, or a list of these."""

    __slots__ = ("_layout", "_memory", "address", "structure")

    def __init__(self, memory: Memory, layout: Layout, structure: str, address: int) -> None:
        self._memory = memory
        self._layout = layout
        self.structure = structure
        self.address = address

    def __getitem__(self, field: str) -> Any:
        offset, kind = self._layout.structures[self.structure]["fields"][field]
        return value_at(self._memory, self._layout, kind, self.address + offset)

    def at(self, field: str) -> int:
        """The address of a field."""
        return self.address + self._layout.offset(self.structure, field)


def value_at(memory: Memory, layout: Layout, kind: Type, address: int) -> Any:
    """What is at an address, by its type."""
    if kind[0] == "int":
        return int.from_bytes(memory.read(address, kind[1]), "little")
    if kind[0] == "struct":
        return View(memory, layout, kind[1], address)
    size = layout.size(kind[2])
    return [value_at(memory, layout, kind[2], address + index * size) for index in range(kind[1])]


def variable(memory: Memory, layout: Layout, name: str) -> Any:
    """The value of one of the kernel's variables."""
    address, kind = layout.variables[name]
    return value_at(memory, layout, kind, address)


def walk(first: int, following: Callable[[int], int], limit: int = 1 << 20) -> Iterator[int]:
    """Addresses along a list that ends with 0; one that is damaged ends where it comes back to itself, or after `limit`."""
    seen: set[int] = set()
    while first != 0 and first not in seen and len(seen) < limit:
        seen.add(first)
        yield first
        first = following(first)
