# SPDX-License-Identifier: BSD-2-Clause
"""Allocation: each part's objects from Untypeds of its own, without gaps.

All sizes are powers of two. A part's objects, by falling size, fill at most four Untypeds of
falling size: each is the largest power of two not above what is left, the last is rounded up.
Because an Untyped is never smaller than the next object and both are powers of two, an
object always starts at a multiple of its size and nothing is lost in between.
"""

from __future__ import annotations

from dataclasses import dataclass

PIECES_MAX = 4
GRANULE_BITS = 12


@dataclass(frozen=True)
class Wanted:
    """`count` objects of 2**size_bits bytes."""

    name: str
    size_bits: int
    count: int


@dataclass(frozen=True)
class Placed:
    """A run of objects [first, first + count) of `name` at an offset of an Untyped."""

    name: str
    first: int
    count: int
    untyped: int
    offset: int
    size_bits: int


def untyped_sizes(total: int) -> list[int]:
    """Split total bytes into the sizes (bits) of at most PIECES_MAX Untypeds."""
    left = -(-total // (1 << GRANULE_BITS)) << GRANULE_BITS
    bits: list[int] = []
    while left > 0:
        piece = left.bit_length() - 1
        if len(bits) == PIECES_MAX - 1:
            piece = (left - 1).bit_length()
        bits.append(piece)
        left -= 1 << piece
    return bits


def allocate(wanted: list[Wanted]) -> tuple[list[int], list[Placed]]:
    """Return the Untypeds' size bits and where every object lies, in the order of making them."""
    ordered = sorted(wanted, key=lambda item: -item.size_bits)
    pieces = untyped_sizes(sum(item.count << item.size_bits for item in ordered))
    placed: list[Placed] = []
    piece, offset = 0, 0
    for item in ordered:
        first = 0
        while first < item.count:
            if offset == 1 << pieces[piece]:
                piece, offset = piece + 1, 0
            room = ((1 << pieces[piece]) - offset) >> item.size_bits
            count = min(room, item.count - first)
            placed.append(Placed(item.name, first, count, piece, offset, item.size_bits))
            first += count
            offset += count << item.size_bits
    return pieces, placed


def chunks(start: int, end: int) -> list[int]:
    """Split [start, end) into the largest aligned powers of two, as the kernel's boot does; returns size bits."""
    found = []
    while start < end:
        bits = min((start & -start).bit_length() - 1 if start else 63, (end - start).bit_length() - 1)
        found.append(bits)
        start += 1 << bits
    return found


def fits(untypeds: list[int], boot: list[int]) -> bool:
    """Tell whether Untypeds (size bits) can be made from boot Untypeds, largest first into the first with room."""
    free = [1 << bits for bits in boot]
    for bits in sorted(untypeds, reverse=True):
        index = next((at for at, room in enumerate(free) if room >= 1 << bits and room % (1 << bits) == 0), None)
        if index is None:
            return False
        free[index] -= 1 << bits
    return True
