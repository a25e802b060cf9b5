# SPDX-License-Identifier: BSD-2-Clause
"""Checks of the emulated devices that a spec gives a guest: which, where, on which interrupt."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from capdl import PROJECT, device_model, guest_board, inputs
from capdl.checker import Checker
from capdl.device_model import DeviceModel, ModelError
from capdl.diagnostics import listing, nearest
from capdl.guest_image import RAM_BASE
from capdl.layout import PAGE, round_up
from capdl.model import GuestDevice
from capdl.quantity import range_text
from capdl.value_types import Struct, Value

COUNT_MAX = 16


class _Devices:
    """The devices of one guest, checked in the order of the spec."""

    def __init__(self, checker: Checker, subject: str, gic_version: int):
        self.checker = checker
        self.subject = subject
        self.regions = [(what, start, start + size) for what, start, size in guest_board.regions(gic_version)]
        self.interrupts = {guest_board.UART_SPI: "that of the UART"}
        self.models: dict[str, Path] = {}

    def one(self, name: str, value: Value) -> GuestDevice | None:
        """Check a device; None was reported."""
        keys: Struct = value.data
        model = self._model(keys)
        if model is None:
            return None
        if self.models.setdefault(model.name, model.path) != model.path:
            self.checker.add("SEL-S147", keys["compatible"].place, self.subject, name=model.name, first=self.models[model.name].name, second=model.path.name)
            return None
        self._place(name, keys["address"], model)
        self._interrupt(name, keys, model)
        if not keys["address"].given:
            return None
        return GuestDevice(name, model, keys.get_data("address"), keys.get_data("interrupt"), keys.get_data("setting"), keys["source"].given)

    def _model(self, keys: Struct) -> DeviceModel | None:
        """Find what `compatible` and `source` name."""
        wanted, source = keys["compatible"], keys["source"]
        if not wanted.given:
            return None
        if not source.given:
            known = device_model.of_project(PROJECT)
            if wanted.data not in known:
                self.checker.add("SEL-S140", wanted.place, self.subject, compatible=wanted.data[:80], nearest=nearest(wanted.data, known), permitted=listing(known))
            return known.get(wanted.data)
        candidates = [self.checker.folder(source.place) / source.data, PROJECT / source.data]
        path = inputs.first_of(candidates, inputs.FILE)
        if path is None:
            self.checker.add("SEL-S141", source.place, self.subject, path=source.data[:200], hint=inputs.hint_of_other(candidates))
            return None
        try:
            model = device_model.read(path.resolve())
        except ModelError as error:
            self.checker.add("SEL-S142", source.place, self.subject, path=source.data[:200], reason=error)
            return None
        if wanted.data != model.compatible[0]:
            self.checker.add("SEL-S143", wanted.place, self.subject, path=source.data[:200], found=model.compatible[0], compatible=wanted.data[:80])
            return None
        return model

    def _place(self, name: str, address: Value, model: DeviceModel) -> None:
        """Registers begin at a page and lie on nothing else."""
        if not address.given:
            return
        start = address.data
        if start % PAGE:
            self.checker.add("SEL-S144", address.place, self.subject, address=hex(start), unit=hex(PAGE), rounded=hex(start // PAGE * PAGE))
            return
        end = start + model.register_bytes
        for what, first, last in (*self.regions, ("the guest's RAM", RAM_BASE, 1 << 64)):
            if start < last and first < end:
                other = range_text(first, last) if first < RAM_BASE else f"from {RAM_BASE:#x} on"
                self.checker.add("SEL-S145", address.place, self.subject, name=name, range=range_text(start, end), what=what, other=other, free=hex(self._free(model.register_bytes)))
                return
        self.regions.append((f"device '{name}'", start, end))

    def _free(self, size: int) -> int:
        """The lowest address for so many bytes where `virt` has room for devices."""
        start = guest_board.FREE[0]
        for _, first, last in sorted(self.regions, key=lambda region: region[1]):
            if start < last and first < start + size:
                start = round_up(last, PAGE)
        return start

    def _interrupt(self, name: str, keys: Struct, model: DeviceModel) -> None:
        """A device that has an interrupt is given one of its own."""
        interrupt = keys["interrupt"]
        free = next(number for number in (*range(guest_board.FREE_SPI, guest_board.SPI_COUNT), *range(guest_board.FREE_SPI)) if number not in self.interrupts)
        if interrupt.given != model.has_interrupt:
            what, remedy = ("and none is given", f"add for example `interrupt: {free}`") if model.has_interrupt else ("but one is given", "remove `interrupt`")
            place = interrupt.place if interrupt.given else keys["compatible"].place
            self.checker.add("SEL-S148", place, self.subject, compatible=model.compatible[0], has="an interrupt" if model.has_interrupt else "no interrupt", what=what, remedy=remedy)
        elif interrupt.given and interrupt.data in self.interrupts:
            self.checker.add("SEL-S146", interrupt.place, self.subject, number=interrupt.data, whose=self.interrupts[interrupt.data], free=free)
        elif interrupt.given:
            self.interrupts[interrupt.data] = f"that of device '{name}'"


def devices(checker: Checker, keys: Struct, subject: str, gic_version: int) -> tuple[GuestDevice, ...]:
    """Check `devices` of a guest; those without faults."""
    given: Iterable[tuple[str, Value]] = dict(keys.get_data("devices")).items()
    if len(dict(given)) > COUNT_MAX:
        checker.add("SEL-S149", keys["devices"].place, subject, count=len(dict(given)), bound=COUNT_MAX)
    checked = _Devices(checker, subject, gic_version)
    return tuple(found for name, value in given if (found := checked.one(name, value)) is not None)
