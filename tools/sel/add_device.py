# SPDX-License-Identifier: BSD-2-Clause
"""Puts a new device into a guest of a spec, as text; at a place that is free there, where `virt` has room for devices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sel import ROOT
from sel.add_to import Addition, end_of_block, name_from
from sel.errors import BadInput, nearest

if TYPE_CHECKING:
    from capdl.yaml_source import Mapping, Node

#: Between one added device and the next.
STEP = 0x10000


class DeviceAddition(Addition):
    """A device of one guest."""

    what = "device"

    def __init__(self, system: str, name: str, folder: Path, compatible: str, guest: str | None):
        super().__init__(system)
        lines, top = self.load()
        chosen, keys = self._guest(lines, top, guest)
        self.guest = chosen
        indent = next(iter(keys.key_places.values())).column - 1
        at, head, inner = end_of_block(lines, list(keys.key_places.values())[-1].line, indent), [" " * indent + "devices:"], indent + 2
        devices: dict[str, Node] = {}
        if "devices" in keys.items:
            block = self.block(lines, keys.items["devices"], f"`devices` of guest '{chosen}'", "device")
            if name in block.key_places:
                raise BadInput(f"--add-to {self.shown}: guest '{chosen}' has a device '{name}' already, in line {block.key_places[name].line}; choose another name")
            places = list(block.key_places.values())
            devices, head, inner = block.items, [], places[0].column - 1
            at = end_of_block(lines, places[-1].line, inner)
        address, interrupt = _free(devices)
        values = f'compatible: "{compatible}", address: {address:#010x}, interrupt: {interrupt}'
        if not folder.is_relative_to(ROOT / "vmm" / "devices"):
            values += f", source: {name_from(folder / f'{name}.c', self.spec.parent, ('systems',))}"
        self.insert(lines, at, [*head, f"{' ' * inner}{name}: {{{values}}}"])

    def _guest(self, lines: list[str], top: Mapping, wanted: str | None) -> tuple[str, Mapping]:
        """The guest that is meant, by name or as the only one, and its keys."""
        if "guests" not in top.items:
            raise BadInput(f"--add-to {self.shown}: the file has no guests; a device is a guest's")
        guests = self.block(lines, top.items["guests"], "`guests`", "guest").items
        if wanted is None and len(guests) > 1:
            raise BadInput(f"--add-to {self.shown}: which guest is given it? name one by --guest: {', '.join(guests)}")
        chosen = next(iter(guests)) if wanted is None else wanted
        if chosen not in guests:
            raise BadInput(f"--add-to {self.shown}: there is no guest '{chosen}'{nearest(chosen, list(guests))}; there are: {', '.join(guests)}")
        return chosen, self.block(lines, guests[chosen], f"guest '{chosen}'", "key")


def _free(devices: dict[str, Node]) -> tuple[int, int]:
    """An address behind all that a guest's devices have where there is room, and an interrupt that none of them has."""
    from capdl.guest_board import FREE, FREE_SPI

    addresses = [number for number in _numbers(devices, "address") if number in range(FREE[0], sum(FREE))]
    taken = set(_numbers(devices, "interrupt"))
    return max((number // STEP * STEP + STEP for number in addresses), default=FREE[0]), next(number for number in range(FREE_SPI, FREE_SPI + 64) if number not in taken)


def _numbers(devices: dict[str, Node], key: str) -> list[int]:
    """The values of a key, where they are numbers (a parameter is none)."""
    texts = [getattr(getattr(device, "items", {}).get(key), "text", "") for device in devices.values()]
    return [int(text, 0) for text in texts if text.isdecimal() or text.startswith("0x")]
