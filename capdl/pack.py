# SPDX-License-Identifier: BSD-2-Clause
"""Joins kernel, roottask, spec.bin, programs and guest images into image.bin (docs/design/system.md, "Image")."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from capdl.abi import Abi
from capdl.allocate import chunks, fits
from capdl.diagnostics import Place, SpecError, make
from capdl.elf import Program
from capdl.layout import BLOCK, PAGE, round_up
from capdl.platform import Platform
from capdl.quantity import at_least, size_text

ROOTTASK_STACK_BYTES = 32 << 10
_IMAGE_SIZE_AT = 16


def kernel_bytes(kernel: Program, base: int) -> tuple[bytes, int]:
    """The kernel as a flat image from base, and the first address behind all of it."""
    loaded = [segment for segment in kernel.segments if segment.file_size]
    end = max(segment.address + segment.head + segment.file_size for segment in loaded)
    flat = bytearray(end - base)
    for segment in loaded:
        at = segment.address - base
        data = kernel.segment_bytes(segment)
        flat[at + segment.head : at + len(data)] = data[segment.head :]
    memory_end = max(segment.address + segment.head + segment.memory_size for segment in kernel.segments)
    return bytes(flat), max(kernel.globals.get("__kernel_end", 0), memory_end)


def header(abi: Abi, facts: dict[str, Any], payload_size: int, checksum: int) -> bytes:
    """The payload's first page."""
    words = {
        **facts, "magic": abi.payload_magic, "size": payload_size, "crc": checksum, "image_offset": PAGE, "stack_size": ROOTTASK_STACK_BYTES,
        "writable_from": facts["writable"], "spare_tables": 0,
    }
    return struct.pack(f"<{len(abi.payload_words)}Q", *(words[name] for name in abi.payload_words)).ljust(PAGE, b"\0")


def check_memory(platform: Platform, payload_at: int, payload_size: int, untypeds: list[int], spec: str) -> None:
    """Refuse a system that the board's RAM cannot hold."""
    ram_end = platform.ram[0] + platform.ram[1]
    place = Place(spec)
    if payload_at + payload_size > ram_end:
        available = size_text(ram_end - payload_at)
        raise SpecError([make("SEL-E006", place, needed=at_least(payload_size), base=hex(payload_at), available=available)])
    start = round_up(payload_at + payload_size + platform.kernel_reserved, PAGE)
    if start >= ram_end or not fits(untypeds, chunks(start, ram_end)):
        needed = sum(1 << bits for bits in untypeds)
        raise SpecError([make("SEL-E004", place, needed=at_least(needed), available=at_least(max(ram_end - start, 0)))])


def _contents(pieces: Iterable[dict[str, Any]]) -> Iterable[tuple[int, bytes]]:
    """The payload's chunks by rising offset."""
    for piece in sorted(pieces, key=lambda piece: piece["offset"]):
        with open(piece["file"], "rb") as file:
            file.seek(piece["file_offset"])
            yield piece["offset"], file.read(piece["size"])


def write_image(out: Path, kernel: Program, platform: Platform, system: dict[str, Any], spec: bytes, abi: Abi) -> None:
    """Write image.bin under a temporary name, then rename it."""
    flat, kernel_end = kernel_bytes(kernel, platform.kernel_base)
    payload_at = round_up(kernel_end, BLOCK)
    check_memory(platform, payload_at, system["payload_size"], [item["size_bits"] for item in system["untypeds"]], system["spec"])
    start = payload_at - platform.kernel_base
    total = start + system["payload_size"]
    temporary = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with temporary.open("w+b") as file:
            file.write(flat)
            file.truncate(total)
            file.seek(_IMAGE_SIZE_AT)
            file.write(struct.pack("<Q", total))
            _write_payload(file, start, system, spec, abi)
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)


def _write_payload(file: Any, start: int, system: dict[str, Any], spec: bytes, abi: Abi) -> None:
    """Write the payload at start; its checksum runs over everything behind its first page, holes included."""
    facts = system["roottask"]
    checksum, at = 0, PAGE
    pieces = [*_contents(system["chunks"]), (facts["spec_offset"], spec)]
    for offset, data in sorted(pieces):
        file.seek(start + offset)
        file.write(data)
        checksum = zlib.crc32(data, zlib.crc32(bytes(offset - at), checksum))
        at = offset + len(data)
    checksum = zlib.crc32(bytes(system["payload_size"] - at), checksum)
    file.seek(start)
    file.write(header(abi, facts, system["payload_size"], checksum))
