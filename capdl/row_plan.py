# SPDX-License-Identifier: BSD-2-Clause
"""The plan of a spec in expanded form: its rows are taken as they stand, and what follows from them is worked out as for any other."""

from __future__ import annotations

from typing import Any

from capdl import layout
from capdl.abi import Abi
from capdl.console_links import join_consoles, owner_names
from capdl.model import Process, Row, System
from capdl.planner import Planner
from capdl.plan_data import GUEST_CPU_INTERFACE, Cap, Map, Object
from capdl.row_check import RowChecker

#: What a process or guest cannot be without: kind and type of the object.
_NEEDED = (("tcb", "TCB"), ("context", "SCHED_CONTEXT"), ("notification", "NOTIFICATION"), ("ipc_buffer", "FRAME"), ("stack", "FRAME"))
_NEEDED_GUEST = (("tcb", "TCB"), ("vcpu", "VCPU"), ("context", "SCHED_CONTEXT"), ("exits", "ENDPOINT"), ("cnode", "CNODE"), ("uart_page", "FRAME"))
_NEEDED_ROOTTASK = (("fault", "ENDPOINT"), ("reply", "REPLY"))
#: What programs are told by these names (templates/sel_spec.c.j2).
_NEEDED_CAPS = {"notification": "{0}.notification"}
_NEEDED_VMM_CAPS = {
    "exits": "{1}.exits", "guest_tcb": "{1}.tcb", "guest_vcpu": "{1}.vcpu", "guest_vspace": "{1}.vspace", "uart_page": "{1}.uart_page", "timer": "{0}.timer",
}


class RowPlanner(Planner):
    """Plans a system that has rows; every fault is reported, then SpecError is raised."""

    def __init__(self, system: System, abi: Abi):
        super().__init__(system, abi)
        assert system.rows is not None
        self.rows = system.rows
        self.check = RowChecker(system, abi, self.reporter)

    def run(self) -> Any:
        """Plan everything in the order of the rows."""
        self._consoles()
        self._parts()
        for index, process in enumerate(self.system.processes):
            self._planned(index + 1, process)
            self._thread(process, process.guest or process.name, layout.window(index + 1))
        self._objects()
        for row in self.rows.mappings:
            self._row_map(row)
        for guest in self.system.guests:
            self._guest_thread(guest, f"vmm_{guest.name}", self._uart_addresses(guest.name), self._ram_at(guest.name))
        self.reporter.stop_if_any()
        for process in self.system.processes:
            for name in self.rows.bits[process.name]:
                self._bit(process.name, name)
        for row in self.rows.capabilities:
            self._row_cap(row)
        for row in self.rows.signals:
            self._row_signal(row)
        self._check_needs()
        self._check_memory()
        self._check_cpu_interface()
        self.reporter.stop_if_any()
        self._join()
        for process in self.system.processes:
            self._finish(process)
            self.plan.objects[-1].place = process.written_at or str(process.place)
        self.check.mappings(self.plan)
        self.reporter.stop_if_any()
        return self.plan

    def _objects(self) -> None:
        for row in self.rows.objects:
            item = self.check.object(row)
            if item is not None:
                item.place = row.written_at or str(row.place)
                self.plan.objects.append(item)
        for owners, needed in (
            ([process.name for process in self.system.processes], _NEEDED), ([guest.name for guest in self.system.guests], _NEEDED_GUEST), (["roottask"], _NEEDED_ROOTTASK),
        ):
            for owner in owners:
                for kind, type in needed:
                    self.check.needs_object(owner, kind, type)

    def _row_map(self, row: Row) -> None:
        values = row.values
        item = self.check.mapping(row)
        if item is None:
            return
        attribute = "DEVICE" if values["device"] else "NORMAL"
        place = row.written_at or str(row.place)
        self.plan.maps.append(Map(values["space"], values["at"], item.name, values["rights"], 0, item.count, attribute, values["on_demand"], values["region"], place))
        owner = values["space"].split(".")[0]
        if values["region"] and owner in self.system.by_name:
            region = (values["at"], item.count << item.size_bits, "WRITE" in values["rights"])
            planned = self.plan.get_process(owner)
            self._name(planned, "region", planned.names.regions, values["region"], region)

    def _row_cap(self, row: Row) -> None:
        values = row.values
        item = self.check.capability(row)
        if item is None:
            return
        process = self.system.get_process(values["process"])
        self._cap(process.name, values["name"], item.name, tuple(values["rights"]), values["badge"], self._cap_count(item), self.check.is_moved(item))
        cap: Cap = self.plan.caps[-1]
        cap.place = row.written_at or str(row.place)
        owner = item.name.split(".")[0]
        if item.name == "kernel.console" and cap.name == "console":
            self.plan.get_process(process.name).console_kind = "KERNEL"
        if item.type == "ENDPOINT" and cap.badge and owner in self.system.by_name:
            self._know_badge(process, cap.name, item.name, cap.badge)

    @staticmethod
    def _cap_count(item: Object) -> int:
        """A capability to Frames is one to each."""
        return item.count if item.type == "FRAME" else 1

    def _row_signal(self, row: Row) -> None:
        item = self.check.signal(row)
        if item is None:
            return
        key, binds = ("timer", self.plan.timer_binds) if item.type == "TIMER" else ("handler", self.plan.irq_binds)
        binds.append({key: item.name, "notification": row.values["to"], "badge": row.values["badge"]})

    def _uart_addresses(self, guest: str) -> tuple[int, int]:
        """Where the page of the UART's registers is in the VMM and in the guest."""
        at = {row.vspace: row.address for row in self.plan.maps if row.object == f"{guest}.uart_page"}
        for space in (f"vmm_{guest}.vspace", f"{guest}.vspace"):
            if space not in at:
                self.check.lacks(guest, f"a mapping of {guest}.uart_page in {space}")
        return at.get(f"vmm_{guest}.vspace", 0), at.get(f"{guest}.vspace", 0)

    def _check_cpu_interface(self) -> None:
        """Where the board's interrupt controller has registers for guests, each guest's device tree names them."""
        mapped = {(row.vspace, row.object) for row in self.plan.maps}
        for guest in self.system.guests if self.system.platform.guest_cpu_interface() else []:
            if (f"{guest.name}.vspace", GUEST_CPU_INTERFACE) not in mapped:
                self.check.lacks(guest.name, f"a mapping of {GUEST_CPU_INTERFACE} in {guest.name}.vspace")

    def _ram_at(self, guest: str) -> list[dict[str, Any]]:
        """The runs of a guest's RAM, and where it has them; its VMM has them at the same addresses."""
        at = {(row.vspace, row.object): row.address for row in self.plan.maps}
        runs = []
        for what in ("ram", "ram_tail"):
            frames = self.check.objects.get(f"{guest}.{what}")
            if frames is None:
                continue
            address = at.get((f"{guest}.vspace", frames.name))
            if address is None or at.get((f"vmm_{guest}.vspace", frames.name)) != address:
                self.check.lacks(guest, f"mappings of {frames.name} in {guest}.vspace and vmm_{guest}.vspace, at one address")
            runs.append({"what": what, "address": address or 0, "count": frames.count, "size_bits": frames.size_bits})
        return runs

    def _check_needs(self) -> None:
        """Programs rely on some capabilities and bits."""
        by_cnode: dict[str, dict[str, str]] = {}
        for cap in self.plan.caps:
            by_cnode.setdefault(cap.cnode, {})[cap.name] = cap.object
        for process in self.system.processes:
            needed = {**_NEEDED_CAPS, **(_NEEDED_VMM_CAPS if process.guest else {})}
            needed |= {run["what"]: f"{{1}}.{run['what']}" for guest in self.plan.guests if guest.name == process.guest for run in guest.ram}
            held = by_cnode.get(f"{process.name}.cnode", {})
            needed |= {service: f"{{0}}.{service}" for service in process.serves if (process.name, service) in self.system.spoken}
            for name, pattern in needed.items():
                object = pattern.format(process.name, process.guest)
                if held.get(name) != object:
                    self.check.lacks(process.name, f"a capability '{name}' to {object}")
            if process.guest and "timer" not in self.plan.get_process(process.name).names.bits:
                self.check.lacks(process.name, "a bit 'timer'")

    def _check_memory(self) -> None:
        """A program's stack, heap and IPC buffer are where it is told that they are."""
        mapped = {(row.vspace, row.object, row.address) for row in self.plan.maps}
        for process in self.system.processes:
            base = self.plan.get_process(process.name).base
            for kind, address in (
                ("ipc_buffer", base + layout.IPC_BUFFER), ("stack", base + layout.STACK_TOP - process.stack), ("heap", base + layout.HEAP if process.heap else None),
            ):
                frames = f"{process.name}.{kind}"
                if address is not None and (f"{process.name}.vspace", frames, address) not in mapped:
                    self.check.lacks(process.name, f"a mapping of {frames} at {address:#x}")

    def _join(self) -> None:
        """Consoles whose rings are there."""
        server = self.system.console_server
        rings: dict[str, dict[str, int]] = {}
        for row in self.plan.maps:
            if row.object.startswith("shared.console_"):
                rings.setdefault(row.object, {})[row.vspace] = row.address
        for entry in self.plan.consoles[1:] if server else []:
            owner = f"vmm_{entry['name']}" if entry["guest"] else entry["name"]
            addresses = rings.get(f"shared.console_{entry['name']}")
            if entry["name"] == server or addresses is None:
                continue
            if self._is_console_whole(server or "", owner, entry, addresses):
                join_consoles(self.plan, server or "", owner, entry, addresses)
        self.reporter.stop_if_any()

    def _is_console_whole(self, server: str, owner: str, entry: dict[str, Any], addresses: dict[str, int]) -> bool:
        """Both sides have the rings, a bit and a capability to signal the other."""
        name = entry["name"]
        bit, peer = owner_names(entry)
        lacking = [f"a mapping of shared.console_{name} in {side}.vspace" for side in (owner, server) if f"{side}.vspace" not in addresses]
        for side, cap, own in ((owner, peer, bit), (server, f"console_{name}", f"console_{name}")):
            names = self.plan.get_process(side).names
            lacking += [f"a capability '{cap}' of '{side}'"] if cap not in names.caps else []
            lacking += [f"a bit '{own}' of '{side}'"] if own not in names.bits else []
        for what in lacking:
            self.check.lacks(owner, what)
        return not lacking
