# SPDX-License-Identifier: BSD-2-Clause
"""Guest images: what a file is, whether it is whole, and where QEMU's loader would put it.

The placement follows hw/arm/boot.c of QEMU (arm_setup_direct_kernel_boot, load_aarch64_image):
a Linux Image at RAM base + text_offset (2 MiB more if that is below 4 KiB), a raw image at RAM
base + 512 KiB, the initial RAM disk at min(half of RAM, 128 MiB) or behind the kernel, the
device tree behind it at the next 2 MiB boundary. Both are entered through QEMU's boot stub at
the base of RAM, which leaves x0 = device tree, x1-x3 = 0, x4 = entry. An ELF file is entered
directly with all registers 0; the device tree then is at the base of RAM if the megabyte
that QEMU's own tree takes fits there. test/capdl/test_guest.py compares this with QEMU itself.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from capdl.elf import check_tables

RAM_BASE = 0x40000000
PAGE = 4096
DTB_ALIGN = 2 << 20
RAW_OFFSET = 0x80000
STUB_BYTES_MAX = 4096
QEMU_TREE_BYTES = 1 << 20
IMAGE_MAGIC_AT = 56
IMAGE_MAGIC = b"ARM\x64"
DECOMPRESSED_BYTES_MAX = 256 << 20
FILE_BYTES_MAX = 1 << 30
# hw/arm/boot.c, bootloader_aarch64: ldr x0, arg; mov x1..x3, xzr; ldr x4, entry; br x4; arg: .quad; entry: .quad
_STUB = (0x580000C0, 0xAA1F03E1, 0xAA1F03E2, 0xAA1F03E3, 0x58000084, 0xD61F0080)

_WORD = (1 << 64) - 1

_MACHINES = {"EM_386": "a 32-bit x86 ELF file", "EM_X86_64": "an x86-64 ELF file", "EM_ARM": "a 32-bit Arm ELF file", "EM_RISCV": "a RISC-V ELF file"}


class ImageError(Exception):
    """An image is refused: id of the diagnostic and its values, the path excepted."""

    def __init__(self, id: str, **values: object):
        super().__init__(id)
        self.id = id
        self.values = values


@dataclass(frozen=True)
class Piece:
    """Bytes that are in the guest's RAM at its first instruction."""

    what: str
    address: int
    data: bytes
    memory_size: int

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.address + self.memory_size


@dataclass(frozen=True)
class Placement:
    """Everything a guest starts with; the device tree is added by `place`'s caller at dtb_address."""

    pieces: tuple[Piece, ...]
    entry: int
    initrd: tuple[int, int] | None
    dtb_address: int | None


def read(path: Path) -> bytes:
    """Read an image file; a gzip file is unpacked as QEMU does."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise ImageError("SEL-S053", reason="it is larger than 1G")
        data = path.read_bytes()
    except OSError as error:
        raise ImageError("SEL-S053", reason=error.strerror or str(error)) from error
    if not data:
        raise ImageError("SEL-S054")
    return data


def unpack(data: bytes) -> bytes:
    """Unpack a gzip file, return anything else as it is."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(DECOMPRESSED_BYTES_MAX + 1)
    except (EOFError, zlib.error, OSError) as error:
        raise ImageError("SEL-S053", reason="the gzip data is cut short or damaged") from error
    if len(unpacked) > DECOMPRESSED_BYTES_MAX:
        raise ImageError("SEL-S053", reason="it unpacks to more than 256M")
    return unpacked


def is_linux_image(data: bytes) -> bool:
    """Tell whether data has the header of an arm64 Image (Documentation/arm64/booting)."""
    return data[IMAGE_MAGIC_AT : IMAGE_MAGIC_AT + 4] == IMAGE_MAGIC


def describe(data: bytes) -> str:
    """Say what a file is, for messages."""
    if is_linux_image(data):
        return "a Linux Image for arm64"
    if data.startswith(b"\x7fELF"):
        try:
            machine = ELFFile(io.BytesIO(data))["e_machine"]
        except Exception:  # pyelftools ends at damage with whatever its parser stumbles over
            return "a damaged ELF file"
        return "an AArch64 ELF file" if machine == "EM_AARCH64" else _MACHINES.get(machine, f"an ELF file for {machine}")
    if data[0x202:0x206] == b"HdrS":
        return "a Linux kernel for x86 (bzImage)"
    if data[36:40] == b"\x18\x28\x6f\x01":
        return "a Linux kernel for 32-bit Arm (zImage)"
    if data.startswith(b"\x27\x05\x19\x56"):
        return "a U-Boot image (uImage)"
    return "of no known kind"


def _check_pe_size(data: bytes) -> None:
    """An Image with EFI stub tells by its PE sections how long the file is."""
    if not data.startswith(b"MZ") or len(data) < 64:
        return
    at = struct.unpack_from("<I", data, 60)[0]
    if at + 24 > len(data) or data[at : at + 4] != b"PE\0\0":
        return
    count, optional = struct.unpack_from("<H", data, at + 6)[0], struct.unpack_from("<H", data, at + 20)[0]
    needed = 0
    for index in range(count):
        entry = at + 24 + optional + 40 * index
        if entry + 40 > len(data):
            return
        size, start = struct.unpack_from("<II", data, entry + 16)
        needed = max(needed, start + size)
    if needed > len(data):
        raise ImageError("SEL-S056", size=len(data), needed=needed)


def _initrd_start(memory: int, image_end: int) -> int:
    start = RAM_BASE + min(memory // 2, 128 << 20)
    start = max(start, image_end)
    return -(-start // PAGE) * PAGE


def stub(dtb: int, entry: int) -> bytes:
    """QEMU's boot stub; addresses that no image can have are refused with the pieces that lie there."""
    return struct.pack("<6I2Q", *_STUB, dtb & _WORD, entry & _WORD)


def place_linux(data: bytes, initrd: bytes | None, memory: int) -> Placement:
    """Place a Linux Image."""
    if not is_linux_image(data):
        raise ImageError("SEL-S055", found=describe(data), wanted="a Linux Image for arm64")
    _check_pe_size(data)
    text_offset, image_size = struct.unpack_from("<QQ", data, 8)
    offset = RAW_OFFSET
    if image_size:
        offset = text_offset + (2 << 20 if text_offset < STUB_BYTES_MAX else 0)
    kernel = Piece("the kernel", RAM_BASE + offset, data, max(image_size, len(data)))
    return _through_stub(kernel, image_size or len(data), initrd, memory)


def place_raw(data: bytes, load: int | None, initrd: bytes | None, memory: int) -> Placement:
    """Place a raw image; load None is QEMU's own choice."""
    address = RAM_BASE + RAW_OFFSET if load is None else load
    return _through_stub(Piece("the image", address, data, len(data)), len(data), initrd, memory)


def _through_stub(kernel: Piece, kernel_size: int, initrd: bytes | None, memory: int) -> Placement:
    start = _initrd_start(memory, kernel.address + kernel_size)
    pieces = [kernel]
    if initrd is not None:
        pieces.append(Piece("the initrd", start, initrd, len(initrd)))
    dtb = -(-(start + len(initrd or b"")) // DTB_ALIGN) * DTB_ALIGN
    boot = Piece("QEMU's boot stub", RAM_BASE, stub(dtb, kernel.address), len(_STUB) * 4 + 16)
    place = (start, len(initrd)) if initrd is not None else None
    return Placement((boot, *pieces), RAM_BASE, place, dtb)


def place_elf(data: bytes) -> Placement:
    """Place an ELF file by its physical addresses."""
    if not data.startswith(b"\x7fELF"):
        raise ImageError("SEL-S055", found=describe(data), wanted="an AArch64 ELF file")
    try:
        pieces, entry = _elf_pieces(data)
    except ImageError:
        raise
    except Exception as error:  # as above
        raise ImageError("SEL-S053", reason="its ELF headers are damaged") from error
    low = min(piece.address for piece in pieces)
    return Placement(tuple(pieces), entry, None, RAM_BASE if low - RAM_BASE >= QEMU_TREE_BYTES else None)


def _elf_pieces(data: bytes) -> tuple[list[Piece], int]:
    elf = ELFFile(io.BytesIO(data))
    check_tables(elf, len(data))
    if elf["e_machine"] != "EM_AARCH64" or elf.elfclass != 64 or not elf.little_endian:
        raise ImageError("SEL-S055", found=describe(data), wanted="an AArch64 ELF file")
    if elf["e_type"] != "ET_EXEC" and elf["e_type"] != "ET_DYN":
        raise ImageError("SEL-S055", found="an ELF file that is not linked", wanted="a statically linked program")
    entry = elf["e_entry"]
    pieces = []
    for index, segment in enumerate(elf.iter_segments()):
        if segment["p_type"] != "PT_LOAD" or not segment["p_memsz"]:
            continue
        end = segment["p_offset"] + segment["p_filesz"]
        if end > len(data):
            raise ImageError("SEL-S056", size=len(data), needed=end)
        first, size = segment["p_vaddr"], segment["p_filesz"]
        if first <= elf["e_entry"] < first + size and segment["p_flags"] & 1:
            entry = elf["e_entry"] - first + segment["p_paddr"]
        content = data[segment["p_offset"] : end]
        pieces.append(Piece(f"segment {index}", segment["p_paddr"], content, segment["p_memsz"]))
    if not pieces:
        raise ImageError("SEL-S055", found="an ELF file without anything to load", wanted="a statically linked program")
    return pieces, entry
