# SPDX-License-Identifier: BSD-2-Clause
"""Writes an expansion as spec.bin, for the roottask."""

from __future__ import annotations

from collections import Counter
from typing import Any

from capdl.abi import Abi
from capdl.expand import Expansion
from capdl.layout import ROOT_FIRST_SLOT, ROOT_SKIP_SLOTS
from capdl.plan_data import Plan
from capdl.spec_format import CONSTANTS, SpecFile

_NUMBER = {constant.name: constant.number for constant in CONSTANTS}


class _Writer:
    """Fills the tables of one spec.bin."""

    def __init__(self, plan: Plan, abi: Abi, expansion: Expansion):
        self.plan = plan
        self.abi = abi
        self.expansion = expansion
        self.file = SpecFile()

    def slot(self, name: str | None) -> int:
        """Own slot of an object or a further capability; None is none."""
        if name is None:
            return 0
        if name.startswith("kernel."):
            return self.abi.initial_slot(name.split(".")[1].upper())
        return self.expansion.slot[name]

    def write(self, is_audit: bool) -> bytes:
        """Fill everything."""
        self._header(is_audit)
        self._parts()
        self._objects()
        self._capabilities()
        self._contents()
        self._threads()
        return self.file.write()

    def _header(self, is_audit: bool) -> None:
        self.file.header = {
            "slots_end": self.expansion.slots_end, "skip_slot": ROOT_FIRST_SLOT, "skip_count": ROOT_SKIP_SLOTS,
            "fault_endpoint_slot": self.slot("roottask.fault"), "reply_slot": self.slot("roottask.reply"), "power_off_slot": self.slot("roottask.power_off"),
            "system_name": self.file.string(self.plan.name), "flags": _NUMBER["FLAG_AUDIT"] if is_audit else 0,
        }

    def _parts(self) -> None:
        order = self._part_numbers()
        first: dict[str, int] = {}
        for index, item in enumerate(self.expansion.untypeds):
            first.setdefault(item["part"], index)
            self.file.add("untyped", slot=item["slot"], part=order[item["part"]], size_bits=item["size_bits"])
        counts = Counter(item["part"] for item in self.expansion.untypeds)
        for part in self.plan.parts:
            count = counts[part["name"]]
            flags = sum(_NUMBER[f"PART_{flag}"] for flag in part["flags"])
            self.file.add("part", name=self.file.string(part["name"]), flags=flags, first_untyped=first.get(part["name"], 0), untyped_count=count)

    def _part_numbers(self) -> dict[str, int]:
        """The parts' numbers by name."""
        return {part["name"]: number for number, part in enumerate(self.plan.parts)}

    def _objects(self) -> None:
        for made in self.expansion.made:
            self.file.add(
                "object", slot=made.slot, count=made.count, untyped=made.untyped, type=self.abi.object_type(made.type),
                size_bits=made.size_bits, name=self.file.string(made.name),
            )
        for item in self.expansion.fixed:
            self.file.add(
                "fixed_frame", address=item.address, slot=item.slot, count=item.count, kind=_NUMBER[f"FIXED_{item.kind}"],
                size_bits=item.size_bits, name=self.file.string(item.name),
            )
        for item in self.expansion.irqs:
            trigger = self.abi.constant("irq_trigger", "EDGE" if item["is_edge"] else "LEVEL")
            self.file.add("irq_handler", slot=item["slot"], intid=item["intid"], trigger=trigger, name=self.file.string(item["name"]))

    def _capabilities(self) -> None:
        for row in self.expansion.caps:
            source = self.slot(row["object"]) + row["first"]
            for index in range(row["count"]):
                self.file.add(
                    "capability", source=source + index, cnode=self.slot(row["cnode"]), index=row["slot"] + index, rights=self._rights(row["rights"]),
                    badge=row["badge"], name=self.file.string(row["name"]), flags=_NUMBER["CAPABILITY_MOVE"] if row["move"] else 0,
                )

    def _rights(self, names: list[str]) -> int:
        return self.abi.right(*names) if names else self.abi.all_rights

    def _contents(self) -> None:
        for row in self.expansion.copies:
            self.file.add("copy", source=row["offset"], source_slot=self.slot(row["source"]), frame_slot=self.slot(row["frame"]), length=row["length"])
        for row in self.expansion.maps:
            self.file.add(
                "mapping", vaddr=row["address"], frame_slot=row["slot"], vspace_slot=self.slot(row["vspace"]), count=row["count"], size_bits=row["size_bits"],
                rights=self.abi.right(*row["rights"]), attribute=self.abi.constant("frame_attribute", row["attribute"]),
                flags=_NUMBER["MAPPING_ON_DEMAND"] if row["on_demand"] else 0,
            )

    def _threads(self) -> None:
        for row in self.expansion.scheds:
            self.file.add(
                "sched", budget_ns=row["budget_ns"], period_ns=row["period_ns"], badge=row["badge"], slot=self.slot(row["context"]), refills=row["refills"],
                thread_slot=self.slot(row["thread"]), home_slot=self.slot(row["home"]),
            )
        order = self._part_numbers()
        for row in self.expansion.threads:
            self.file.add("thread", **self._thread(row, order))
        for row in self.expansion.irq_binds:
            self.file.add("irq_bind", handler_slot=self.slot(row["handler"]), notification_slot=self.slot(row["notification"]))
        for row in self.expansion.timer_binds:
            self.file.add("timer_bind", timer_slot=self.slot(row["timer"]), notification_slot=self.slot(row["notification"]))
        for slot in self.expansion.give_up:
            self.file.add("give_up", slot=slot)
        for address, size, name in self.expansion.symbols:
            self.file.add("symbol", vaddr=address, size=size, name=self.file.string(name))

    def _thread(self, row: dict[str, Any], order: dict[str, int]) -> dict[str, int]:
        return {
            "pc": row["pc"], "sp": row["sp"], "buffer_vaddr": row["buffer_address"], "name": self.file.string(row["name"]),
            "flags": sum(_NUMBER[f"THREAD_{flag}"] for flag in row["flags"]), "part": order[row["part"]],
            "tcb_slot": self.slot(row["tcb"]), "cspace_slot": self.slot(row["cnode"]), "vspace_slot": self.slot(row["vspace"]),
            "buffer_slot": self.slot(row["buffer"]), "buffer_offset": 0, "priority": row["priority"], "max_priority": row["priority"],
            "fault_slot": self.slot(row["fault"]), "timeout_slot": 0, "notification_slot": self.slot(row["notification"]), "vcpu_slot": self.slot(row["vcpu"]),
            "features": self.abi.constant("tcb_feature", "FPU") if row["has_fpu"] else 0, "sched": row["sched"] + 1,
            "first_symbol": row["first_symbol"], "symbol_count": row["symbol_count"],
        }


def spec_bytes(plan: Plan, abi: Abi, expansion: Expansion, is_audit: bool) -> bytes:
    """Return spec.bin."""
    return _Writer(plan, abi, expansion).write(is_audit)
