# SPDX-License-Identifier: BSD-2-Clause
"""Guests: where images lie (rules of QEMU's hw/arm/boot.c, worked out by hand) and the device tree."""

from __future__ import annotations

import gzip
import re
import shutil
import struct
import subprocess
from pathlib import Path

import libfdt
import pytest
from conftest import elf_bytes, linux_image

from capdl import guest_fdt, guest_image
from capdl.guest_image import ImageError

MIB = 1 << 20
BASE = 0x40000000


def pieces(placement: guest_image.Placement) -> list[tuple[str, int, int]]:
    """What lies where."""
    return [(piece.what, piece.address, len(piece.data)) for piece in placement.pieces]


def test_linux_image_in_a_large_guest() -> None:
    """512 MiB: kernel at text_offset, initrd at 128 MiB, tree at the next 2 MiB behind it."""
    placement = guest_image.place_linux(linux_image(text_offset=0x200000), b"i" * 5000, 512 * MIB)
    assert pieces(placement) == [("QEMU's boot stub", BASE, 40), ("the kernel", BASE + 0x200000, 4096), ("the initrd", BASE + 128 * MIB, 5000)]
    assert placement.dtb_address == BASE + 130 * MIB
    assert placement.entry == BASE
    assert placement.initrd == (BASE + 128 * MIB, 5000)


def test_small_guest_without_initrd() -> None:
    """64 MiB: the tree is at half of RAM, where the initrd would begin."""
    placement = guest_image.place_linux(linux_image(), None, 64 * MIB)
    assert placement.dtb_address == BASE + 32 * MIB
    assert placement.initrd is None


def test_kernel_larger_than_half_of_ram() -> None:
    """The initrd goes behind image_size, rounded up to a page."""
    placement = guest_image.place_linux(linux_image(image_size=40 * MIB + 1), b"i", 64 * MIB)
    assert placement.initrd == (BASE + 42 * MIB + 4096, 1)
    assert placement.dtb_address == BASE + 44 * MIB


def test_text_offset_at_the_boot_stub() -> None:
    """A text_offset below 4 KiB moves up by 2 MiB; one of 4 KiB stays; without image_size it is 512 KiB."""
    assert guest_image.place_linux(linux_image(text_offset=0), None, 64 * MIB).pieces[1].address == BASE + 2 * MIB
    assert guest_image.place_linux(linux_image(text_offset=0x1000), None, 64 * MIB).pieces[1].address == BASE + 0x1000
    assert guest_image.place_linux(linux_image(text_offset=0, image_size=0), None, 64 * MIB).pieces[1].address == BASE + 0x80000


def test_raw_image() -> None:
    """QEMU's own place is 512 KiB above the base; a load address of the spec wins."""
    assert guest_image.place_raw(b"x" * 100, None, None, 64 * MIB).pieces[1].address == BASE + 0x80000
    assert guest_image.place_raw(b"x" * 100, BASE + 0x5000, None, 64 * MIB).pieces[1].address == BASE + 0x5000


def test_stub_loads_the_tree_and_jumps() -> None:
    """The stub's two literals are the tree and the entry; disassembled: ldr x0, mov x1..x3, ldr x4, br x4."""
    stub = guest_image.stub(0x1122334455667788, 0x99AABBCCDDEEFF00)
    assert struct.unpack("<2Q", stub[24:]) == (0x1122334455667788, 0x99AABBCCDDEEFF00)
    objdump = shutil.which("llvm-mc-19")
    assert objdump, "llvm-19 is one of the project's tools"
    text = " ".join(f"0x{byte:02x}" for byte in stub[:24])
    listing = subprocess.run([objdump, "--disassemble", "--triple=aarch64"], input=text, capture_output=True, text=True, check=True).stdout
    code = [" ".join(line.split()) for line in listing.splitlines() if line.strip() and not line.strip().startswith(".")]
    assert code == ["ldr x0, #24", "mov x1, xzr", "mov x2, xzr", "mov x3, xzr", "ldr x4, #16", "br x4"]


def test_elf_is_entered_directly() -> None:
    """Physical addresses count; the tree is at the base of RAM when the program leaves room."""
    placement = guest_image.place_elf(elf_bytes([(BASE + 0x100000, 5, b"code", 0x100)], BASE + 0x100000))
    assert pieces(placement) == [("segment 0", BASE + 0x100000, 4)]
    assert placement.entry == BASE + 0x100000
    assert placement.dtb_address == BASE


def test_elf_near_the_base_gets_no_tree() -> None:
    """QEMU's tree takes a megabyte: where that does not fit, there is none in RAM."""
    for low in (BASE, BASE + 0xFF000):
        assert guest_image.place_elf(elf_bytes([(low, 5, b"code", 4)], low)).dtb_address is None


QEMU = ["qemu-system-aarch64", "-M", "virt,gic-version=3,dtb-randomness=off", "-cpu", "cortex-a57", "-m", "64M", "-nic", "none", "-display", "none", "-serial", "none", "-monitor", "stdio", "-S"]


def qemu_memory(arguments: list[str], addresses: list[int]) -> tuple[int, dict[int, bytes]]:
    """PC and 40 bytes at each address before the first instruction of bare QEMU."""
    script = "info registers\n" + "".join(f"xp /40bx {address:#x}\n" for address in addresses) + "quit\n"
    output = subprocess.run([*QEMU, *arguments], input=script, capture_output=True, text=True, timeout=60, check=True).stdout
    found: dict[int, bytearray] = {}
    for address, values in re.findall(r"^([0-9a-f]{16}): ((?:0x[0-9a-f]{2} ?)+)", output, re.MULTILINE):
        start = next(base for base in addresses if base <= int(address, 16) < base + 40)
        found.setdefault(start, bytearray()).extend(int(value, 16) for value in values.split())
    counter = re.search(r"PC=([0-9a-f]+)", output)
    assert counter
    return int(counter[1], 16), {address: bytes(data) for address, data in found.items()}


@pytest.mark.parametrize("kind", ["kernel", "large_kernel", "kernel_and_initrd", "raw", "elf", "elf_near_the_base"])
def test_placement_is_qemus(kind: str, tmp_path: Path) -> None:
    """The same image given to bare QEMU: same PC, same bytes at every piece, a tree exactly where ours is."""
    image, initrd = tmp_path / "image", tmp_path / "initrd"
    initrd.write_bytes(b"initial RAM disk" * 300)
    arguments = ["-kernel", str(image)]
    if kind == "raw":
        image.write_bytes(b"\x1f\x20\x03\xd5" * 2048)
        placement = guest_image.place_raw(image.read_bytes(), None, None, 64 * MIB)
    elif kind.startswith("elf"):
        low = BASE + (0x80000 if kind == "elf_near_the_base" else 0x200000)
        image.write_bytes(elf_bytes([(low, 5, b"\x1f\x20\x03\xd5" * 64, 256)], low + 8))
        placement = guest_image.place_elf(image.read_bytes())
    else:
        image.write_bytes(linux_image(image_size=40 * MIB if kind == "large_kernel" else 0x10000))
        has_initrd = kind == "kernel_and_initrd"
        arguments += ["-initrd", str(initrd)] if has_initrd else []
        placement = guest_image.place_linux(image.read_bytes(), initrd.read_bytes() if has_initrd else None, 64 * MIB)
    tree_at = placement.dtb_address
    addresses = [piece.address for piece in placement.pieces] + ([tree_at] if tree_at else [BASE])
    counter, memory = qemu_memory(arguments, sorted(set(addresses)))
    assert counter == placement.entry
    for piece in placement.pieces:
        assert memory[piece.address][: len(piece.data)] == piece.data[:40], piece.what
    assert (memory[tree_at or BASE][:4] == b"\xd0\x0d\xfe\xed") == (tree_at is not None)


def test_gzip_is_unpacked_and_bounded() -> None:
    assert guest_image.unpack(gzip.compress(b"kernel")) == b"kernel"
    with pytest.raises(ImageError) as caught:
        guest_image.unpack(gzip.compress(bytes(guest_image.DECOMPRESSED_BYTES_MAX + 1), 1))
    assert caught.value.values["reason"] == "it unpacks to more than 256M"


@pytest.mark.parametrize("size", [0, 1, 4, 63, 64, 100, 512])
def test_rubbish_never_breaks_the_reader(size: int) -> None:
    """Headers cut anywhere are refused by name, never by an exception of another kind."""
    whole = elf_bytes([(BASE, 5, b"code", 4)], BASE)
    for data in (whole[:size], b"\x7fELF" + bytes([0xFF]) * size, linux_image(file_size=4096)[:size], b"MZ" + bytes([0xFF]) * size):
        for place in (guest_image.place_elf, lambda data: guest_image.place_linux(data, None, 64 * MIB)):
            try:
                place(data)
            except ImageError:
                pass


def tree() -> libfdt.Fdt:
    """A device tree with everything in it."""
    return libfdt.Fdt(guest_fdt.build(256 * MIB, "console=ttyAMA0", (0x48000000, 1000)))


def test_tree_is_qemus_board() -> None:
    """Addresses and interrupts of QEMU's virt board with gic-version=3."""
    fdt = tree()

    def cells(path: str, name: str) -> list[int]:
        data = bytes(fdt.getprop(fdt.path_offset(path), name))
        return list(struct.unpack(f">{len(data) // 4}I", data))

    assert cells("/pl011@9000000", "reg") == [0, 0x9000000, 0, 0x1000]
    assert cells("/pl011@9000000", "interrupts") == [0, 1, 4]
    assert cells("/intc@8000000", "reg") == [0, 0x8000000, 0, 0x10000, 0, 0x80A0000, 0, 0xF60000]
    assert cells("/timer", "interrupts") == [1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4]
    assert cells("/memory@40000000", "reg") == [0, BASE, 0, 256 * MIB]
    assert cells("/chosen", "linux,initrd-start") == [0x48000000]
    assert cells("/chosen", "linux,initrd-end") == [0x48000000 + 1000]
    assert fdt.getprop(fdt.path_offset("/psci"), "method").as_str() == "hvc"
    assert fdt.getprop(fdt.path_offset("/chosen"), "bootargs").as_str() == "console=ttyAMA0"


def test_tree_names_only_devices_the_vmm_has() -> None:
    """No virtio, PCI, flash, RTC, fw_cfg or ITS."""
    fdt = tree()
    names, node = [], fdt.first_subnode(0)
    while node >= 0:
        names.append(fdt.get_name(node))
        node = fdt.next_subnode(node, libfdt.QUIET_NOTFOUND)
    assert names == ["psci", "memory@40000000", "pl011@9000000", "intc@8000000", "cpus", "timer", "apb-pclk", "chosen"]


def test_long_command_line_fits(tmp_path: Path) -> None:
    """The longest command line a spec may have."""
    path = tmp_path / "tree.dtb"
    path.write_bytes(guest_fdt.build(64 * MIB, "x" * 2047, None))
    assert b"x" * 2047 in path.read_bytes()
