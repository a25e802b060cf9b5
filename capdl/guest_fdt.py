# SPDX-License-Identifier: BSD-2-Clause
"""The device tree of a guest: QEMU's `virt` board as a guest at EL1 sees it.

Addresses, interrupts and names are those of QEMU 7.2 with gic-version=3, or 2 where the host's GIC is a
GICv2; only devices that the VMM really has are in it. A native run on bare QEMU can take the very same tree.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import libfdt

from capdl.guest_board import GIC_CPU_INTERFACE, GIC_DISTRIBUTOR, GIC_REDISTRIBUTORS, GICV2_DISTRIBUTOR, UART, UART_SPI
from capdl.guest_image import RAM_BASE
from capdl.model import Guest, GuestDevice
from capdl.platform import Platform

_CLOCK_PHANDLE = 0x8000
_CPU_PHANDLE = 0x8001
_GIC_PHANDLE = 0x8002
_LEVEL_HIGH = 4
_PPI_CPUS_SHIFT = 8
_BYTES_MAX = 1 << 20
_PRIMECELL = "arm,primecell"


class _Writer:
    """libfdt's sequential writer, growing as needed."""

    def __init__(self) -> None:
        self.fdt = libfdt.FdtSw()
        self.grow(self.fdt.finish_reservemap)

    def grow(self, call: Callable[..., int], *arguments: object) -> None:
        """Call until there is room."""
        while call(*arguments) == -libfdt.NOSPACE:
            self.fdt.resize(self.fdt.totalsize() * 2)

    def cells(self, name: str, *values: int) -> None:
        """A property of 32-bit cells."""
        self.data(name, struct.pack(f">{len(values)}I", *values))

    def wide(self, name: str, *values: int) -> None:
        """A property of 64-bit cells."""
        self.data(name, struct.pack(f">{len(values)}Q", *values))

    def text(self, name: str, *values: str) -> None:
        """A property of strings."""
        self.data(name, b"".join(value.encode("utf-8") + b"\0" for value in values))

    def data(self, name: str, value: bytes) -> None:
        """A property of bytes."""
        self.fdt.property(name, value)

    @contextmanager
    def node(self, name: str) -> Iterator[None]:
        """A node."""
        self.fdt.begin_node(name)
        yield
        self.fdt.end_node()


def of_guest(guest: Guest, board: Platform) -> bytes:
    """Return the tree of a checked guest."""
    return build(guest.memory, guest.cmdline, guest.placement.initrd, devices=guest.devices, **board.guest_tree)


def build(
    memory: int, cmdline: str, initrd: tuple[int, int] | None, cpu_count: int = 1, compatible: str = "arm,cortex-a57", gic_version: int = 3,
    devices: tuple[GuestDevice, ...] = (),
) -> bytes:
    """Return the flattened tree; initrd is (address, size), devices are those besides UART and GIC."""
    ppi = _LEVEL_HIGH if gic_version == 3 else (1 << cpu_count) - 1 << _PPI_CPUS_SHIFT | _LEVEL_HIGH
    writer = _Writer()
    with writer.node(""):
        writer.cells("interrupt-parent", _GIC_PHANDLE)
        writer.text("model", "linux,dummy-virt")
        writer.cells("#size-cells", 2)
        writer.cells("#address-cells", 2)
        writer.text("compatible", "linux,dummy-virt")
        _psci(writer)
        with writer.node(f"memory@{RAM_BASE:x}"):
            writer.wide("reg", RAM_BASE, memory)
            writer.text("device_type", "memory")
        _uart(writer)
        for device in devices:
            _device(writer, device)
        _interrupt_controller(writer, gic_version)
        _cpus(writer, cpu_count, compatible)
        with writer.node("timer"):
            writer.cells("interrupts", 1, 13, ppi, 1, 14, ppi, 1, 11, ppi, 1, 10, ppi)
            writer.data("always-on", b"")
            writer.text("compatible", "arm,armv8-timer", "arm,armv7-timer")
        _clock(writer)
        _chosen(writer, cmdline, initrd)
    fdt = writer.fdt.as_fdt()
    fdt.pack()
    return bytes(fdt.as_bytearray()[: fdt.totalsize()])


def _psci(writer: _Writer) -> None:
    with writer.node("psci"):
        writer.cells("migrate", 0xC4000005)
        writer.cells("cpu_on", 0xC4000003)
        writer.cells("cpu_off", 0x84000002)
        writer.cells("cpu_suspend", 0xC4000001)
        writer.text("method", "hvc")
        writer.text("compatible", "arm,psci-1.0", "arm,psci-0.2", "arm,psci")


def _uart(writer: _Writer) -> None:
    with writer.node(f"pl011@{UART[0]:x}"):
        writer.text("clock-names", "uartclk", "apb_pclk")
        writer.cells("clocks", _CLOCK_PHANDLE, _CLOCK_PHANDLE)
        writer.cells("interrupts", 0, UART_SPI, _LEVEL_HIGH)
        writer.wide("reg", *UART)
        writer.text("compatible", "arm,pl011", _PRIMECELL)


def _device(writer: _Writer, device: GuestDevice) -> None:
    """A device of the spec. A PrimeCell has a clock: Linux gives it no driver without (Devicetree binding arm,primecell)."""
    with writer.node(f"{device.name}@{device.address:x}"):
        if _PRIMECELL in device.model.compatible:
            writer.text("clock-names", "apb_pclk")
            writer.cells("clocks", _CLOCK_PHANDLE)
        if device.interrupt is not None:
            writer.cells("interrupts", 0, device.interrupt, _LEVEL_HIGH)
        writer.wide("reg", device.address, device.model.register_bytes)
        writer.text("compatible", *device.model.compatible)


def _interrupt_controller(writer: _Writer, version: int) -> None:
    with writer.node(f"intc@{GIC_DISTRIBUTOR[0]:x}"):
        writer.cells("phandle", _GIC_PHANDLE)
        if version == 3:
            writer.wide("reg", *GIC_DISTRIBUTOR, *GIC_REDISTRIBUTORS)
            writer.cells("#redistributor-regions", 1)
            writer.text("compatible", "arm,gic-v3")
        else:
            writer.wide("reg", *GICV2_DISTRIBUTOR, *GIC_CPU_INTERFACE)
            writer.text("compatible", "arm,cortex-a15-gic")
        writer.data("ranges", b"")
        writer.cells("#size-cells", 2)
        writer.cells("#address-cells", 2)
        writer.data("interrupt-controller", b"")
        writer.cells("#interrupt-cells", 3)


def _cpus(writer: _Writer, count: int, compatible: str) -> None:
    with writer.node("cpus"):
        writer.cells("#size-cells", 0)
        writer.cells("#address-cells", 1)
        for index in range(count):
            with writer.node(f"cpu@{index:x}"):
                writer.cells("phandle", _CPU_PHANDLE if index == 0 else _CLOCK_PHANDLE + 16 + index)
                writer.cells("reg", index)
                if count > 1:
                    writer.text("enable-method", "psci")
                writer.text("compatible", compatible)
                writer.text("device_type", "cpu")


def _clock(writer: _Writer) -> None:
    with writer.node("apb-pclk"):
        writer.cells("phandle", _CLOCK_PHANDLE)
        writer.text("clock-output-names", "clk24mhz")
        writer.cells("clock-frequency", 24_000_000)
        writer.cells("#clock-cells", 0)
        writer.text("compatible", "fixed-clock")


def _chosen(writer: _Writer, cmdline: str, initrd: tuple[int, int] | None) -> None:
    with writer.node("chosen"):
        if initrd is not None:
            start, size = initrd
            pack = writer.cells if start + size < 1 << 32 else writer.wide
            pack("linux,initrd-end", start + size)
            pack("linux,initrd-start", start)
        if cmdline:
            writer.text("bootargs", cmdline)
        writer.text("stdout-path", f"/pl011@{UART[0]:x}")
