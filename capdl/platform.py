# SPDX-License-Identifier: BSD-2-Clause
"""A board: its device tree (libfdt) and platform.yaml, as the tool needs them.

The board's files are part of the project, not user input: a fault in them is told as
PlatformError, one sentence with the file's name.
"""

from __future__ import annotations

import functools
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import libfdt
from ruamel.yaml import YAML

from capdl import quantity

#: What the root of QEMU's `virt` is compatible with, and of no board that was built.
_EMULATORS_BOARD = "linux,dummy-virt"

SPI_BASE = 32
PPI_BASE = 16


class PlatformError(Exception):
    """A board's files are wrong or cannot be read."""


@dataclass(frozen=True)
class Interrupt:
    """An INTID and its trigger."""

    intid: int
    is_edge: bool


@dataclass(frozen=True)
class Device:
    """A device of the board: its register pages and interrupts; a bus master reads and writes memory by itself (DMA)."""

    name: str
    compatible: str
    registers: tuple[tuple[int, int], ...]
    interrupts: tuple[Interrupt, ...]
    is_bus_master: bool = True


@dataclass(frozen=True)
class Platform:
    """A board."""

    name: str
    folder: Path
    kernel_base: int
    kernel_reserved: int
    ram: tuple[int, int]
    devices: dict[str, Device]
    console_devices: tuple[str, ...]
    uart: Device
    interrupt_controller: Device
    timer: Device
    timer_frequency_hz: int
    is_emulated: bool
    qemu: tuple[str, ...]


class _Tree:
    """Reads properties of a flattened device tree with two address and two size cells."""

    def __init__(self, source: Path):
        run = subprocess.run(["dtc", "-I", "dts", "-O", "dtb", str(source)], capture_output=True, check=False)
        if run.returncode:
            raise PlatformError(f"{source}: {run.stderr.decode(errors='replace').strip().splitlines()[-1]}")
        self.fdt = libfdt.Fdt(run.stdout)
        self.source = source

    def node(self, path: str) -> int:
        """Offset of a node."""
        try:
            return self.fdt.path_offset(path)
        except libfdt.FdtException as error:
            raise PlatformError(f"{self.source}: there is no node {path}") from error

    def compatible(self) -> list[str]:
        """What the board as a whole is compatible with."""
        return bytes(self.fdt.getprop(self.node("/"), "compatible")).rstrip(b"\0").decode().split("\0")

    def cells(self, node: int, name: str) -> list[int]:
        """A property as 32-bit cells, [] if absent."""
        prop = self.fdt.getprop(node, name, libfdt.QUIET_NOTFOUND)
        if isinstance(prop, int):
            return []
        data = bytes(prop)
        return [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]

    def device(self, name: str, path: str) -> Device:
        """Describe the node at path."""
        node = self.node(path)
        reg = self.cells(node, "reg")
        registers = tuple((reg[at] << 32 | reg[at + 1], reg[at + 2] << 32 | reg[at + 3]) for at in range(0, len(reg), 4))
        irq = self.cells(node, "interrupts")
        interrupts = tuple(
            Interrupt(irq[at + 1] + (PPI_BASE if irq[at] else SPI_BASE), irq[at + 2] in (1, 2)) for at in range(0, len(irq), 3)
        )
        compatible = bytes(self.fdt.getprop(node, "compatible")).split(b"\0")[0].decode()
        return Device(name, compatible, registers, interrupts)


def _yaml(path: Path) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlatformError(f"{path}: {error.strerror}") from error


@functools.cache
def load(folder: Path) -> Platform:
    """Read the board in folder."""
    data = _yaml(folder / "platform.yaml")
    tree = _Tree(folder / data["device_tree"])
    kernel = data["kernel"]
    memory = tree.cells(tree.node("/memory"), "reg")
    devices = {name: tree.device(name, path) for name, path in data["devices"].items()}
    bindings = folder.parent.parent / "bindings"
    for name, device in devices.items():
        binding = bindings / f"{device.compatible}.yaml"
        if binding.exists():
            devices[name] = replace(device, is_bus_master=_yaml(binding).get("bus_master", True))
        else:
            raise PlatformError(f"{folder}/platform.yaml: device '{device.name}' is a {device.compatible}, which has no file in bindings/")
    reserved = quantity.parse(kernel["reserved"], quantity.SIZE_UNITS)
    if reserved is None:
        raise PlatformError(f"{folder}/platform.yaml: kernel.reserved is '{kernel['reserved']}', a size such as 16M is needed")
    return Platform(
        name=data["name"],
        folder=folder,
        kernel_base=kernel["base"],
        kernel_reserved=reserved,
        ram=(memory[0] << 32 | memory[1], memory[2] << 32 | memory[3]),
        devices=devices,
        console_devices=tuple(data["consoles"]),
        uart=tree.device("uart", kernel["uart"]),
        interrupt_controller=tree.device("gic", kernel["interrupt_controller"]),
        timer=tree.device("timer", kernel["timer"]),
        timer_frequency_hz=data["timer_frequency_hz"],
        is_emulated=_EMULATORS_BOARD in tree.compatible(),
        qemu=tuple(str(word) for word in data["qemu"]),
    )


def header_text(platform: Platform) -> str:
    """Return gen/platform.h, the board as the kernel compiles it in."""
    gic = platform.interrupt_controller
    numbers = {
        "KERNEL_BASE": platform.kernel_base,
        "RAM_BASE": platform.ram[0],
        "UART_BASE": platform.uart.registers[0][0],
        "UART_SIZE": platform.uart.registers[0][1],
        "UART_INTID": platform.uart.interrupts[0].intid,
        "GICD_BASE": gic.registers[0][0],
        "GICD_SIZE": gic.registers[0][1],
        "GICR_BASE": gic.registers[1][0],
        "GICR_SIZE": gic.registers[1][1],
        "MAINTENANCE_INTID": gic.interrupts[0].intid,
        "TIMER_PHYSICAL_INTID": platform.timer.interrupts[1].intid,
        "TIMER_VIRTUAL_INTID": platform.timer.interrupts[2].intid,
        "TIMER_HYPERVISOR_INTID": platform.timer.interrupts[3].intid,
        "IS_EMULATED": int(platform.is_emulated),
    }
    lines = [
        f"/* Generated by capdl from platform/{platform.name}; do not edit. */",
        "/* SPDX-License-Identifier: BSD-2-Clause */",
        "/* The board's facts that the kernel compiles in; plain numbers, usable in assembly and linker scripts. */",
        "#pragma once",
        "",
        f'#define PLATFORM_NAME "{platform.name}"',
    ]
    lines += [f"#define PLATFORM_{name} {value:#x}" for name, value in numbers.items()]
    return "\n".join(lines) + "\n"
