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
from capdl.diagnostics import PlatformError

#: What the root of QEMU's `virt` is compatible with, and of no board that was built.
_EMULATORS_BOARD = "linux,dummy-virt"

#: Drivers in kernel/drivers, of which one of each kind is linked.
UART_DRIVERS = ("cadence", "pl011")
INTERRUPT_DRIVERS = ("gicv2", "gicv3")
#: In the words of `qemu:`, the device tree's file.
DEVICE_TREE = "{device_tree}"

SPI_BASE = 32
PPI_BASE = 16


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
    uart_driver: str
    interrupt_driver: str
    cpu: str
    is_emulated: bool
    qemu: tuple[str, ...]
    #: Words besides, by the version of QEMU (`8.2`) from which on they are needed.
    qemu_since: dict[str, list[str]]
    tree: bytes
    #: The files in bindings/ that say what its devices are, bus masters or not.
    bindings: tuple[Path, ...] = ()

    @property
    def gic_version(self) -> int:
        """Of the interrupt controller: 2 or 3."""
        return int(self.interrupt_driver.removeprefix("gicv"))

    @property
    def guest_tree(self) -> dict[str, Any]:
        """What of a guest's tree follows from the board: arguments of guest_fdt.build()."""
        return {"compatible": self.cpu, "gic_version": self.gic_version}

    def guest_cpu_interface(self) -> tuple[int, int] | None:
        """Where a guest's GIC has its CPU interface in the board's own address space (GICV, IHI 0048, 5.5); None: in system registers."""
        return _two_pages(self.interrupt_controller.registers[3]) if self.gic_version == 2 else None


class _Tree:
    """Reads properties of a flattened device tree with two address and two size cells."""

    def __init__(self, source: Path):
        run = subprocess.run(["dtc", "-I", "dts", "-O", "dtb", str(source)], capture_output=True, check=False)
        if run.returncode:
            raise PlatformError(f"{source}: {run.stderr.decode(errors='replace').strip().splitlines()[-1]}")
        self.data = run.stdout
        self.fdt = libfdt.Fdt(run.stdout)
        self.source = source

    def node(self, path: str) -> int:
        """Offset of a node."""
        try:
            return self.fdt.path_offset(path)
        except libfdt.FdtException as error:
            raise PlatformError(f"{self.source}: there is no node {path}") from error

    def compatible(self, path: str) -> list[str]:
        """What the node at path is compatible with; / is the board as a whole."""
        return bytes(self.fdt.getprop(self.node(path), "compatible")).rstrip(b"\0").decode().split("\0")

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
            Interrupt(irq[at + 1] + (PPI_BASE if irq[at] else SPI_BASE), irq[at + 2] & 0xF in (1, 2)) for at in range(0, len(irq), 3)
        )
        compatible = bytes(self.fdt.getprop(node, "compatible")).split(b"\0")[0].decode()
        return Device(name, compatible, registers, interrupts)


def _yaml(path: Path) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlatformError(f"{path}: {error.strerror}") from error


def _two_pages(registers: tuple[int, int]) -> tuple[int, int]:
    """Address and size of a GICv2's CPU interface, two pages; GIC-400 may be wired so that each page appears 16 times (Linux, gic_check_eoimode)."""
    address, size = registers
    return (address + 0xF000 if size == 0x20000 else address), 0x2000


def _driver(bindings: Path, folder: Path, device: Device, known: tuple[str, ...]) -> str:
    """The driver in kernel/drivers that the device's binding names."""
    path = bindings / f"{device.compatible}.yaml"
    driver = _yaml(path).get("driver") if path.exists() else None
    if driver not in known:
        raise PlatformError(f"{folder}/platform.yaml: the kernel has no driver for a {device.compatible}; {path.name} in bindings/ must name one of: {', '.join(known)}")
    return driver


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
    uart = tree.device("uart", kernel["uart"])
    interrupt_controller = tree.device("gic", kernel["interrupt_controller"])
    return Platform(
        name=data["name"],
        folder=folder,
        kernel_base=kernel["base"],
        kernel_reserved=reserved,
        ram=(memory[0] << 32 | memory[1], memory[2] << 32 | memory[3]),
        devices=devices,
        console_devices=tuple(data["consoles"]),
        uart=uart,
        interrupt_controller=interrupt_controller,
        timer=tree.device("timer", kernel["timer"]),
        timer_frequency_hz=data["timer_frequency_hz"],
        uart_driver=_driver(bindings, folder, uart, UART_DRIVERS),
        interrupt_driver=_driver(bindings, folder, interrupt_controller, INTERRUPT_DRIVERS),
        cpu=tree.compatible("/cpus/cpu@0")[0],
        is_emulated=_EMULATORS_BOARD in tree.compatible("/"),
        qemu=tuple(str(word) for word in data["qemu"]),
        qemu_since={str(version): [str(word) for word in words] for version, words in data.get("qemu_since", {}).items()},
        tree=tree.data,
        bindings=tuple(sorted({bindings / f"{device.compatible}.yaml" for device in (*devices.values(), uart, interrupt_controller)})),
    )


def _gic_numbers(platform: Platform) -> dict[str, int]:
    """The interrupt controller's frames; from GIC_BASE to GIC_END no process has anything."""
    frames = platform.interrupt_controller.registers
    if platform.gic_version == 2:
        own = {"GICC_BASE": _two_pages(frames[1])[0], "GICH_BASE": frames[2][0]}
        last = frames[2]
    else:
        own = {"GICR_BASE": frames[1][0], "GICR_SIZE": frames[1][1]}
        last = frames[1]
    return {"GIC_BASE": frames[0][0], "GIC_END": sum(last), "GICD_BASE": frames[0][0], **own}


def header_text(platform: Platform) -> str:
    """Return gen/platform.h, the board as the kernel compiles it in."""
    numbers = {
        "KERNEL_BASE": platform.kernel_base,
        "RAM_BASE": platform.ram[0],
        "UART_BASE": platform.uart.registers[0][0],
        "UART_SIZE": platform.uart.registers[0][1],
        "UART_INTID": platform.uart.interrupts[0].intid,
        **_gic_numbers(platform),
        "MAINTENANCE_INTID": platform.interrupt_controller.interrupts[0].intid,
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
        f'#define PLATFORM_GIC_HEADER "kernel/drivers/{platform.interrupt_driver}.h"',
    ]
    lines += [f"#define PLATFORM_{name} {value:#x}" for name, value in numbers.items()]
    return "\n".join(lines) + "\n"
