# SPDX-License-Identifier: BSD-2-Clause
"""Made-up images of guests, and little linked programs without a compiler."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path


def elf_bytes(segments: list[tuple[int, int, bytes, int]], entry: int, machine: int = 183, file_type: int = 2) -> bytes:
    """An ELF file of (address, flags, content, memory size) segments, each at a page of the file."""
    headers, content = bytearray(), bytearray()
    for address, flags, data, memory in segments:
        offset = 4096 + len(content)
        headers += struct.pack("<IIQQQQQQ", 1, flags, offset, address, address, len(data), memory, 4096)
        content += data.ljust(-(-len(data) // 4096) * 4096, b"\0")
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = ident + struct.pack("<HHIQQQIHHHHHH", file_type, machine, 1, entry, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    return (header + headers).ljust(4096, b"\0") + bytes(content)


def linux_image(text_offset: int = 0x200000, image_size: int = 0x10000, file_size: int = 4096) -> bytes:
    """The header of an arm64 Image and rubbish behind it."""
    header = struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, text_offset, image_size, 10, 0, 0, 0, b"ARM\x64", 0)
    return header.ljust(file_size, b"\xa5")


def short_efi_image() -> bytes:
    """An Image whose PE header names a section that ends at 65536, in a file of 512 bytes."""
    data = bytearray(linux_image(file_size=512))
    data[0:2] = b"MZ"
    struct.pack_into("<I", data, 60, 64)
    struct.pack_into("<4sHH", data, 64, b"PE\0\0", 0xAA64, 1)
    struct.pack_into("<H", data, 64 + 20, 0)
    struct.pack_into("<II", data, 64 + 24 + 16, 65536 - 4096, 4096)
    return bytes(data)


def write_images(folder: Path) -> None:
    """The images that specs in test/capdl name."""
    bzimage = bytearray(2048)
    bzimage[0x202:0x206] = b"HdrS"
    elf = elf_bytes([(0x40080000, 5, b"\x1f\x20\x03\xd5" * 6, 24)], 0x40080000)
    files = {
        "guest.bin": b"\x1f\x20\x03\xd5" * 2048,
        "guest.elf": elf,
        "short.elf": elf[:128],
        "low.elf": elf_bytes([(0x200000, 4, b"headers", 16), (0x40080000, 5, b"\x1f\x20\x03\xd5", 4)], 0x40080000),
        "huge.Image": linux_image(image_size=3 << 30),
        "x86.elf": elf_bytes([(0x1000, 5, b"\x90", 1)], 0x1000, machine=62),
        "damaged.gz": gzip.compress(b"x" * 4096)[:20],
        "empty.bin": b"",
        "bzImage": bytes(bzimage),
        "Image": linux_image(),
        "short.Image": short_efi_image(),
        "initrd.gz": b"\x1f\x8b" + bytes(5000),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
