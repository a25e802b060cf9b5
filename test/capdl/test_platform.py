# SPDX-License-Identifier: BSD-2-Clause
"""Boards: what the kernel and a guest's device tree are told of one with a GICv2, worked out by hand from its tree."""

from __future__ import annotations

import re
import shutil
import struct
from pathlib import Path

import libfdt
import pytest
from conftest import ROOT, write_images
from capdl import check, guest_fdt, platform
from capdl.abi import load_default
from capdl.diagnostics import PlatformError
from capdl.plan import make

MIB = 1 << 20
ZCU102 = ROOT / "platform" / "xlnx-zcu102"
GUEST = "  {}: {{image: {{raw: guest.bin}}, memory: 16M, time: {{priority: 9, budget: 1ms, period: 10ms}}}}\n"


def numbers(folder: Path) -> dict[str, str]:
    """The macros of gen/platform.h."""
    return dict(re.findall(r"^#define PLATFORM_(\w+) (.+)$", platform.header_text(platform.load(folder)), re.MULTILINE))


def test_header_of_a_board_with_gicv2() -> None:
    """GIC-400's pages appear 16 times each: the CPU interface's two pages are the last of the first and the first of the second."""
    found = numbers(ZCU102)
    expected = {
        "NAME": '"xlnx-zcu102"', "GIC_HEADER": '"kernel/drivers/gicv2.h"', "KERNEL_BASE": "0x200000", "RAM_BASE": "0x0",
        "UART_BASE": "0xff000000", "UART_SIZE": "0x1000", "UART_INTID": hex(32 + 21),
        "GIC_BASE": "0xf9010000", "GIC_END": "0xf9060000", "GICD_BASE": "0xf9010000", "GICC_BASE": "0xf902f000", "GICH_BASE": "0xf9040000",
        "MAINTENANCE_INTID": hex(16 + 9), "TIMER_PHYSICAL_INTID": hex(16 + 14), "TIMER_VIRTUAL_INTID": hex(16 + 11),
        "TIMER_HYPERVISOR_INTID": hex(16 + 10), "IS_EMULATED": "0x0",
    }
    assert found == expected


def test_header_of_a_board_with_gicv3() -> None:
    """Nobody gets what lies between distributor and redistributors."""
    found = numbers(ROOT / "platform" / "qemu-virt-aarch64")
    assert (found["GIC_HEADER"], found["GIC_BASE"], found["GIC_END"]) == ('"kernel/drivers/gicv3.h"', "0x8000000", hex(0x80A0000 + 0xF60000))
    assert "GICC_BASE" not in found


def test_interrupts_of_a_gicv2_tree() -> None:
    """The third cell's upper bits say which cores a private interrupt goes to, not how it triggers."""
    board = platform.load(ZCU102)
    assert [interrupt.is_edge for interrupt in board.timer.interrupts] == [False] * 4
    assert board.guest_cpu_interface() == (0xF906F000, 0x2000)
    assert platform.load(ROOT / "platform" / "qemu-virt-aarch64").guest_cpu_interface() is None


def test_guest_tree_with_gicv2() -> None:
    """QEMU's virt board with gic-version=2, but for the size of the CPU interface: what is mapped, two pages."""
    fdt = libfdt.Fdt(guest_fdt.build(64 * MIB, "", None, **platform.load(ZCU102).guest_tree))

    def cells(path: str, name: str) -> list[int]:
        data = bytes(fdt.getprop(fdt.path_offset(path), name))
        return list(struct.unpack(f">{len(data) // 4}I", data))

    assert cells("/intc@8000000", "reg") == [0, 0x8000000, 0, 0x1000, 0, 0x8010000, 0, 0x2000]
    assert fdt.getprop(fdt.path_offset("/intc@8000000"), "compatible").as_str() == "arm,cortex-a15-gic"
    assert cells("/timer", "interrupts") == [1, 13, 0x104, 1, 14, 0x104, 1, 11, 0x104, 1, 10, 0x104]
    assert fdt.getprop(fdt.path_offset("/cpus/cpu@0"), "compatible").as_str() == "arm,cortex-a53"


@pytest.mark.parametrize("board", [None, "xlnx-zcu102"])
def test_guests_share_the_cpu_interface(board: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object, mapped into each guest and nobody else; a GICv3's is no memory. The board given wins over the spec's."""
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path)
    spec = tmp_path / "system.yaml"
    spec.write_text("version: 1\nboard: qemu-virt-aarch64\nguests:\n" + GUEST.format("x") + GUEST.format("y"), encoding="utf-8")
    abi = load_default()
    plan, _ = make(check.load_system(spec, "system.yaml", abi.limits(), board), abi)
    rows = [(row.vspace, row.address, row.count, row.rights, row.attribute) for row in plan.maps if row.object == "gic.guest_cpu_interface"]
    places = [(item.address, item.count) for item in plan.objects if item.name == "gic.guest_cpu_interface"]
    if board is None:
        assert rows == [] and places == []
    else:
        assert rows == [(f"{name}.vspace", 0x8010000, 2, ["READ", "WRITE"], "DEVICE") for name in "xy"]
        assert places == [(0xF906F000, 2)]


@pytest.mark.parametrize(("binding", "text"), [
    ("arm,gic-400.yaml", "compatible: arm,gic-400\n"), ("xlnx,zynqmp-uart.yaml", "compatible: xlnx,zynqmp-uart\ndriver: pl999\n"),
])
def test_a_board_needs_drivers_that_exist(binding: str, text: str, tmp_path: Path) -> None:
    """The sentence says which file in bindings/ and what it may say."""
    shutil.copytree(ROOT / "bindings", tmp_path / "bindings")
    shutil.copytree(ZCU102, tmp_path / "platform" / "xlnx-zcu102")
    (tmp_path / "bindings" / binding).write_text(text, encoding="utf-8")
    known = "gicv2, gicv3" if "gic" in binding else "cadence, pl011"
    with pytest.raises(PlatformError, match=f"the kernel has no driver for a {binding[:-5]}; {binding} in bindings/ must name one of: {known}"):
        platform.load(tmp_path / "platform" / "xlnx-zcu102")
