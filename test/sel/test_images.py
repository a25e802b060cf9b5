# SPDX-License-Identifier: BSD-2-Clause
"""Guest images: one faulty image a test, and what a good one becomes."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest
from sel import images
from sel.errors import BadInput

MIB = 1 << 20
MEMORY = 64 * MIB


def linux(text_offset: int = 0, image_bytes: int = MIB, flags: int = 10, file_bytes: int = MIB // 2) -> bytes:
    head = struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, text_offset, image_bytes, flags, 0, 0, 0, b"ARM\x64", 0)
    return head.ljust(file_bytes, b"\0")


def elf(machine: int = 183, kind: int = 2, wide: int = 2, order: int = 1, paddr: int = 0x4008_0000, file_bytes: int = 256, memory: int = 4096) -> bytes:
    ident = bytes([0x7F, 0x45, 0x4C, 0x46, wide, order, 1]).ljust(16, b"\0")
    head = ident + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, paddr + 16, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    program = struct.pack("<IIQQQQQQ", 1, 5, 120, paddr, paddr, file_bytes, memory, 8)
    return head + program + bytes(256)


def inspect(tmp_path: Path, data: bytes, memory: int = MEMORY, load: int | None = None) -> images.Image:
    path = tmp_path / "guest.img"
    path.write_bytes(data)
    return images.inspect(path, memory, load)


def refused(tmp_path: Path, data: bytes, words: str, memory: int = MEMORY, load: int | None = None) -> None:
    with pytest.raises(BadInput) as error:
        inspect(tmp_path, data, memory, load)
    assert words in str(error.value)
    assert "guest.img" in str(error.value) or words.startswith("--")


@pytest.mark.parametrize(
    ("text_offset", "load", "address"),
    [(0x8_0000, None, 0x4008_0000), (0, None, 0x4020_0000), (0x20_0000, None, 0x4020_0000), (0, 0x4100_0000, 0x4100_0000)],
)
def test_linux_is_placed_as_by_qemu(tmp_path: Path, text_offset: int, load: int | None, address: int) -> None:
    image = inspect(tmp_path, linux(text_offset), load=load)
    assert (image.kind, image.load_address, image.memory_bytes) == ("linux", address, MIB)


def test_old_linux_without_a_size(tmp_path: Path) -> None:
    assert inspect(tmp_path, linux(0, image_bytes=0)).load_address == 0x4008_0000


def test_compressed_linux(tmp_path: Path) -> None:
    assert inspect(tmp_path, gzip.compress(linux())).kind == "linux"


def test_elf_says_where_it_goes(tmp_path: Path) -> None:
    image = inspect(tmp_path, elf())
    assert (image.kind, image.load_address, image.entry, image.memory_bytes) == ("elf", 0x4008_0000, 0x4008_0010, 4096)


def test_raw(tmp_path: Path) -> None:
    assert inspect(tmp_path, bytes(100)).load_address == 0x4008_0000
    assert inspect(tmp_path, bytes(100), load=0x4000_0000).load_address == 0x4000_0000


def test_missing_folder_and_empty(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        images.inspect(tmp_path / "none", MEMORY)
    with pytest.raises(BadInput, match="is a folder"):
        images.inspect(tmp_path, MEMORY)
    refused(tmp_path, b"", "is empty")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (elf(machine=62), "ELF file for x86-64"),
        (elf(machine=40), "ELF file for Arm (32-bit)"),
        (elf(wide=1), "32-bit ELF"),
        (elf(order=2), "big-endian ELF"),
        (elf(kind=1), "no program (type 1)"),
        (elf()[:50], "truncated ELF"),
        (elf()[:100], "program header 0 is missing"),
        (elf(file_bytes=1000), "segment 0 ends at byte 1120, the file has 376"),
        (elf(memory=0), "nothing to load"),
        (elf(paddr=0x1000), "below the guest's memory"),
        (bytes(0x202) + b"HdrS" + bytes(100), "x86 (bzImage)"),
        (bytes(0x24) + b"\x18\x28\x6f\x01" + bytes(100), "32-bit Arm (zImage)"),
        (b"\x27\x05\x19\x56" + bytes(100), "uImage"),
        (b"070701" + bytes(100), "--initrd"),
        (gzip.compress(linux())[:300], "truncated gzip"),
        (linux(flags=1), "big-endian kernel"),
        (linux(image_bytes=65 * MIB), "too large for its memory: it ends at 0x44300000, the memory at 0x44000000; give at least --memory 67M"),
    ],
)
def test_refused(tmp_path: Path, data: bytes, words: str) -> None:
    refused(tmp_path, data, words)


def test_truncated_efi_kernel(tmp_path: Path) -> None:
    head = bytearray(linux(file_bytes=4096))
    head[0:2] = b"MZ"
    struct.pack_into("<I", head, 60, 64)
    struct.pack_into("<4sHHIIIHH", head, 64, b"PE\0\0", 0xAA64, 1, 0, 0, 0, 0, 0)
    struct.pack_into("<8sIIII", head, 88, b".text", 0, 0, 6000, 1024)
    refused(tmp_path, bytes(head), "sections end at byte 7024, the file has 4096")
    assert inspect(tmp_path, bytes(head).ljust(7024, b"\0")).kind == "linux"


def test_addresses_outside_memory(tmp_path: Path) -> None:
    refused(tmp_path, bytes(100), "above the guest's memory, which ends at 0x44000000", load=0x5000_0000)
    refused(tmp_path, elf(), "leave --load-address out", load=0x4000_0000)
