# SPDX-License-Identifier: BSD-2-Clause
"""Checks of a guest image before it is built into a system.

Tells Linux Images, ELF files and raw binaries apart and refuses, in one sentence,
what cannot boot: missing, empty, truncated, of another architecture, too large for its
memory. Formats: Linux Documentation/arch/arm64/booting; System V ABI, chapter 4.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from sel.errors import BadInput

EM_AARCH64 = 183
RAM_BASE = 0x4000_0000
#: How QEMU's loader places an image (hw/arm/boot.c): one that would overlap its own first
#: instructions goes 2 MiB higher; one without a header goes to 0x80000.
LINUX_OFFSET = 0x20_0000
RAW_OFFSET = 0x8_0000
BOOTLOADER_BYTES = 0x1000

_MACHINES = {3: "x86 (32-bit)", 8: "MIPS", 20: "PowerPC", 21: "PowerPC64", 40: "Arm (32-bit)", 62: "x86-64", 243: "RISC-V"}


@dataclass(frozen=True)
class Image:
    """A checked guest image: kind is linux, elf or raw; entry only for elf."""

    path: Path
    kind: str
    load_address: int
    memory_bytes: int
    entry: int | None = None


def inspect(path: Path, guest_memory_bytes: int, load_address: int | None = None) -> Image:
    """Return what the image is, or refuse it."""
    data = _read(path)
    if data[:2] == b"\x1f\x8b":
        data = _decompressed(path, data)
    if data[:4] == b"\x7fELF":
        image = _inspect_elf(path, data, load_address)
    elif data[56:60] == b"ARM\x64" and len(data) >= 64:
        image = _inspect_linux(path, data, load_address)
    else:
        _refuse_foreign(path, data)
        address = RAM_BASE + RAW_OFFSET if load_address is None else load_address
        image = Image(path, "raw", address, len(data))
    _check_fits(image, guest_memory_bytes)
    return image


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"the guest image {path} does not exist; check the path") from None
    except IsADirectoryError:
        raise BadInput(f"the guest image {path} is a folder; name the file in it") from None
    except OSError as error:
        raise BadInput(f"the guest image {path} cannot be read: {error.strerror}") from None
    if not data:
        raise BadInput(f"the guest image {path} is empty; was its download or build interrupted?")
    return data


def _decompressed(path: Path, data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        raise BadInput(f"the guest image {path} is a damaged or truncated gzip file; get it again") from None


def _inspect_linux(path: Path, data: bytes, load_address: int | None) -> Image:
    text_offset, image_bytes, flags = struct.unpack_from("<QQQ", data, 8)
    if flags & 1:
        raise BadInput(f"the guest image {path} is a big-endian kernel; only little-endian ones are supported")
    if image_bytes == 0:
        text_offset, image_bytes = RAW_OFFSET, len(data)
    file_bytes = _pe_end(data)
    if len(data) < file_bytes:
        raise BadInput(
            f"the guest image {path} is truncated: its sections end at byte {file_bytes}, "
            f"the file has {len(data)}; get it again"
        )
    address = RAM_BASE + text_offset if load_address is None else load_address
    if load_address is None and text_offset < BOOTLOADER_BYTES:
        address += LINUX_OFFSET
    return Image(path, "linux", address, max(image_bytes, len(data)))


def _pe_end(data: bytes) -> int:
    """Return where the sections of an Image that is an EFI program too end in the file, else 64."""
    header = struct.unpack_from("<I", data, 60)[0] if len(data) >= 64 else 0
    if data[:2] != b"MZ" or data[header : header + 4] != b"PE\0\0" or header + 24 > len(data):
        return 64
    section_count, optional_bytes = struct.unpack_from("<H12xH", data, header + 6)
    end = 64
    for index in range(section_count):
        at = header + 24 + optional_bytes + 40 * index
        if at + 40 > len(data):
            return at + 40
        raw_bytes, raw_offset = struct.unpack_from("<II", data, at + 16)
        end = max(end, raw_offset + raw_bytes)
    return end


def _inspect_elf(path: Path, data: bytes, load_address: int | None) -> Image:
    if len(data) < 64:
        raise BadInput(f"the guest image {path} is a truncated ELF file; get or build it again")
    if data[4] != 2:
        raise BadInput(f"the guest image {path} is a 32-bit ELF file; an AArch64 one is needed")
    if data[5] != 1:
        raise BadInput(f"the guest image {path} is a big-endian ELF file; a little-endian AArch64 one is needed")
    kind, machine = struct.unpack_from("<HH", data, 16)
    if machine != EM_AARCH64:
        name = _MACHINES.get(machine, f"machine {machine}")
        raise BadInput(f"the guest image {path} is an ELF file for {name}; an AArch64 one is needed")
    if kind not in (2, 3):
        raise BadInput(f"the guest image {path} is an ELF file that is no program (type {kind}); link it first")
    if load_address is not None:
        raise BadInput(f"{path} is an ELF file and says itself where it is loaded; leave --load-address out")
    entry, header_offset = struct.unpack_from("<QQ", data, 24)
    entry_size, entry_count = struct.unpack_from("<HH", data, 54)
    segments = []
    for index in range(entry_count):
        at = header_offset + index * entry_size
        if entry_size < 56 or at + 56 > len(data):
            raise BadInput(f"the guest image {path} is a truncated ELF file: program header {index} is missing")
        ptype, _, offset, _, paddr, file_bytes, memory_bytes = struct.unpack_from("<IIQQQQQ", data, at)
        if ptype != 1 or memory_bytes == 0:
            continue
        if offset + file_bytes > len(data):
            raise BadInput(
                f"the guest image {path} is a truncated ELF file: segment {index} ends at byte "
                f"{offset + file_bytes}, the file has {len(data)}"
            )
        segments.append((paddr, memory_bytes))
    if not segments:
        raise BadInput(f"the guest image {path} is an ELF file with nothing to load")
    low = min(start for start, _ in segments)
    high = max(start + length for start, length in segments)
    return Image(path, "elf", low, high - low, entry)


def _refuse_foreign(path: Path, data: bytes) -> None:
    """Name well-known files that are no raw arm64 program."""
    known = None
    if data[0x202:0x206] == b"HdrS":
        known = "a Linux kernel for x86 (bzImage)"
    elif data[0x38:0x3C] == b"RSC\x05":
        known = "a Linux kernel for RISC-V"
    elif data[0x24:0x28] == b"\x18\x28\x6f\x01":
        known = "a Linux kernel for 32-bit Arm (zImage)"
    elif data[:4] == b"\x27\x05\x19\x56":
        known = "a U-Boot uImage; give the kernel inside it"
    elif data[:4] == b"\xd0\x0d\xfe\xed":
        known = "a device tree or FIT image; give the kernel itself"
    elif data[:6] in (b"070701", b"070702"):
        known = "a cpio archive (an initrd?); give it with --initrd"
    elif data[:6] == b"\xfd7zXZ\0" or data[:4] == b"\x28\xb5\x2f\xfd":
        known = "a compressed file; decompress it first"
    elif data[:2] == b"MZ":
        known = "an EFI program without an arm64 Image header"
    if known is not None:
        raise BadInput(f"the guest image {path} is {known}; an arm64 Linux Image, ELF file or raw binary is needed")


def _check_fits(image: Image, guest_memory_bytes: int) -> None:
    ram_end = RAM_BASE + guest_memory_bytes
    end = image.load_address + image.memory_bytes
    if image.load_address < RAM_BASE:
        raise BadInput(
            f"the guest image {image.path} is loaded at {image.load_address:#x}, below the guest's memory, "
            f"which begins at {RAM_BASE:#x}; link or load it higher"
        )
    if image.load_address >= ram_end:
        raise BadInput(
            f"the guest image {image.path} is loaded at {image.load_address:#x}, above the guest's memory, "
            f"which ends at {ram_end:#x}; give more with --memory, or load it lower"
        )
    if end > ram_end:
        needed = -(-(end - RAM_BASE) // (1 << 20))
        raise BadInput(
            f"the guest image {image.path} is too large for its memory: it ends at {end:#x}, the memory at "
            f"{ram_end:#x}; give at least --memory {needed}M"
        )
