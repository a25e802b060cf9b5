# SPDX-License-Identifier: BSD-2-Clause
"""What a guest has where, as it sees it: its memory, and the devices that its spec gives it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Space:
    """By the guest's own addresses; devices by their names in the spec."""

    ram: range = range(0)
    devices: Mapping[str, range] = field(default_factory=dict)

    def device_at(self, address: int) -> str:
        """A device and an offset in it, or nothing: the registers' names are its C file's affair."""
        return next((f"{name}+{address - area.start:#x}" for name, area in self.devices.items() if address in area), "")


def load_spaces(build: Path) -> dict[str, Space]:
    """What each guest has where, as the guest sees it, from a build's plan."""
    plan = json.loads((build / "gen/plan.json").read_text(encoding="utf-8"))
    return {guest["name"]: _space(guest) for guest in plan["guests"]}


def _space(guest: dict) -> Space:
    first, last = guest["ram"][0], guest["ram"][-1]
    devices = {each["name"]: range(each["address"], each["address"] + each["bytes"]) for each in guest["devices"]}
    return Space(range(first["address"], last["address"] + (last["count"] << last["size_bits"])), devices)
