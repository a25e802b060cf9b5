# SPDX-License-Identifier: BSD-2-Clause
"""From the checked model to the plan: every object, capability and mapping that does not depend on linked programs.

The plan is plain data (plan_data.py): expand.py adds what the ELF files decide. Slots of
processes are fixed here, because sel_spec.c is compiled from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from capdl import guest_board, layout, plan_protocols
from capdl.abi import Abi
from capdl.console_links import join_consoles, owner_names, ring_sizes
from capdl.diagnostics import Place, Reporter
from capdl.guest_board import GIC_CPU_INTERFACE, UART
from capdl.guest_image import RAM_BASE, Placement
from capdl.hand import Hand
from capdl.model import Guest, GuestDevice, Process, Shared, System
from capdl.names import DEBUGGER_NAME, seen_name
from capdl.plan_data import GUEST_CPU_INTERFACE, Cap, Map, Object, Plan, PlannedGuest, PlannedProcess, Thread
from capdl.platform import Device

# A passive process starts on a tenth of the processor, in one piece, so that its start-up is not cut up by waiting. A call that
# reaches it before the roottask takes the context back is served on (kernel, H10).
INIT_BUDGET_NS = 50_000_000
INIT_PERIOD_NS = 500_000_000
POWER_OFF_FUNCTION = 0x84000008


class Planner:
    """Builds the plan of one system."""

    def __init__(self, system: System, abi: Abi):
        self.system = system
        self.abi = abi
        self.plan = Plan(system.name, system.platform.name, str(system.spec))
        self.region_at: dict[str, int] = {}
        self.images: dict[str, bytes] = {}
        self.reporter = Reporter()
        self.channels: dict[str, int] = {}
        self.place = Place("")
        self.placed = [0, 0, 0]
        self.badges: dict[tuple[str, str], int] = {}

    def run(self) -> Plan:
        """Plan everything, in an order that only depends on the spec; raises SpecError for what only the plan shows to be wrong."""
        self._consoles()
        self._parts()
        self._from(Place(self.system.shown))
        self._roottask()
        for index, process in enumerate(self.system.processes):
            self._from(process.place)
            self._process(index + 1, process)
        for guest in self.system.guests:
            self._from(guest.place)
            self._guest(guest)
        for process in self.system.processes:
            self._caps(process)
        for region in self.system.shared:
            self._from(region.place)
            self._shared(region)
        self._console_links()
        self._hand()
        for process in self.system.processes:
            self._from(process.place)
            self._finish(process)
        self._from(Place(""))
        self.reporter.stop_if_any()
        return self.plan

    # Objects and capabilities ------------------------------------------------------------------

    def _object(self, name: str, type: str, part: str, size_bits: int | None = None, count: int = 1) -> str:
        bits = self.abi.object_bits(type) if size_bits is None else size_bits
        self.plan.objects.append(Object(name, type, part, bits, count))
        return name

    def _from(self, place: Place) -> None:
        """What is planned from here on comes from a place of the spec; what was planned up to here gets the place before."""
        for number, rows in enumerate((self.plan.objects, self.plan.caps, self.plan.maps)):
            for row in rows[self.placed[number] :]:
                row.place = str(self.place) if self.place.path else ""
            self.placed[number] = len(rows)
        self.place = place

    def _at(self, *path: Any) -> Place:
        """The place of a path of keys in the spec, or of its longest beginning that has one."""
        return self.system.places.of(*path)

    def _places_of(self, process: Process) -> Callable[..., Place]:
        """The place of a path of keys of a process, or of the process: of a VMM, its guest's."""
        if process.guest:
            return lambda *path: process.place
        return lambda *path: self.system.places.of("processes", process.name, *path)

    def _cap(self, process: str, name: str, object: str, rights: tuple[str, ...], badge: int = 0, count: int = 1, move: bool = False) -> int:
        """Give a process a capability under a name; returns its slot."""
        planned = self.plan.get_process(process)
        slot = planned.first_free_slot
        planned.first_free_slot += count
        self._name(planned, "capability", planned.names.caps, name, slot)
        self.plan.caps.append(Cap(f"{process}.cnode", slot, name, object, list(rights), badge, count, move))
        return slot

    def _bit(self, process: str, name: str) -> int:
        """Give a process a bit of its Notification under a name."""
        planned = self.plan.get_process(process)
        bit = 1 << len(planned.names.bits)
        self._name(planned, "bit", planned.names.bits, name, bit)
        return bit

    def _name(self, process: PlannedProcess, kind: str, names: dict[str, Any], name: str, value: Any) -> None:
        """Let a program know something by a name, which nothing else of its kind may have."""
        if name in names:
            place = self.system.get_process(process.name).place
            self.reporter.add("SEL-S027", place, f"process '{process.name}'", name=name, first=f"a {kind}", second=f"another {kind}, made of the spec's names")
        names[name] = value

    def _hand(self) -> None:
        """Capabilities by hand come last: they move no slot of the others."""
        hand = Hand(self.system, self.plan, self.reporter, self._cap, self._know_badge)
        for process in self.system.processes:
            for capability in process.capabilities:
                self._from(self._places_of(process)("capabilities", capability.name))
                hand.give(process, capability)

    # The system's frame ------------------------------------------------------------------------

    def _consoles(self) -> None:
        names = [(guest.name, True) for guest in self.system.guests]
        names += [(process.name, False) for process in self.system.processes if not process.guest]
        names += [(process.name, False) for process in self.system.processes if process.guest]
        server = self.system.console_server
        self.plan.consoles = [
            {"index": index, "name": name, "guest": is_guest, "server": name == server}
            for index, (name, is_guest) in enumerate([("kernel", False), *names])
        ]
        self.channels = {entry["name"]: entry["index"] for entry in self.plan.consoles}
        has_server = server is not None
        self.plan.front = self.system.front if has_server else "kernel"
        self.plan.front_channel = self._channel(self.plan.front or "kernel")

    def _channel(self, name: str) -> int:
        return self.channels[name]

    def _parts(self) -> None:
        self.plan.parts = [{"name": "roottask", "flags": []}, {"name": "shared", "flags": []}]
        for process in self.system.processes:
            if process.guest:
                continue
            flags = ["RESTARTABLE"] + (["MAY_POWER_OFF"] if process.may_power_off else [])
            self.plan.parts.append({"name": process.name, "flags": flags})
        for guest in self.system.guests:
            flags = ["RESTARTABLE"] + (["MAY_POWER_OFF"] if guest.power_off == "system_off" else [])
            self.plan.parts.append({"name": guest.name, "flags": flags})

    def _roottask(self) -> None:
        self._object("roottask.fault", "ENDPOINT", "roottask")
        self._object("roottask.reply", "REPLY", "roottask")

    # Processes ---------------------------------------------------------------------------------

    def _planned(self, index: int, process: Process) -> None:
        """Note a process and where it lies."""
        name, part, base = process.name, process.guest or process.name, layout.window(index)
        planned = PlannedProcess(
            name, part, str(process.source), index, base, process.stack, process.heap, process.has_fpu,
            process.time.is_passive, self._channel(name), free_slots=process.free_slots, guest=process.guest, may_power_off=process.may_power_off,
            page_tables=process.page_tables, place=(process.place.path, process.place.line, process.place.column, process.place.origin.text),
        )
        self.plan.add_process(planned)

    def _process(self, index: int, process: Process) -> None:
        """Objects, memory and thread of a process."""
        name, part, base = process.name, process.guest or process.name, layout.window(index)
        self._planned(index, process)
        at = self._places_of(process)
        self._object(f"{name}.tcb", "TCB", part)
        self._object(f"{name}.context", "SCHED_CONTEXT", part)
        self._object(f"{name}.notification", "NOTIFICATION", part)
        if process.serves or process.guest:
            self._object(f"{name}.reply", "REPLY", part)
        for service in process.serves:
            self._from(at("serves", service))
            self._object(f"{name}.{service}", "ENDPOINT", part)
        if process.has_timer:
            self._from(at("timer"))
            self._object(f"{name}.timer", "TIMER", part)
        for number, size in enumerate(process.untyped):
            self._from(at("untyped", number))
            self._object(f"{name}.untyped{number}", "UNTYPED", part, layout.bits_for(size))
        self._from(process.place)
        self._memory(process, part, base)
        self._thread(process, part, base)

    def _memory(self, process: Process, part: str, base: int) -> None:
        """IPC buffer, stack, heap."""
        name, vspace, rights = process.name, f"{process.name}.vspace", ["READ", "WRITE"]
        for what, size, address in (
            ("ipc_buffer", layout.PAGE, base + layout.IPC_BUFFER),
            ("stack", process.stack, base + layout.STACK_TOP - process.stack),
            ("heap", process.heap, base + layout.HEAP),
        ):
            if size:
                self._from(self._places_of(process)(what))
                count = size // layout.PAGE
                self._object(f"{name}.{what}", "FRAME", part, 12, count)
                self.plan.maps.append(Map(vspace, address, f"{name}.{what}", rights, 0, count))

    def _thread(self, process: Process, part: str, base: int) -> None:
        name, time = process.name, process.time
        flags = ["START"] + (["PASSIVE"] if time.is_passive else [])
        has_own_time = time.budget_ns is not None
        self.plan.threads.append(Thread(
            name, part, flags, time.priority, f"{name}.tcb", f"{name}.cnode", f"{name}.vspace", f"{name}.context",
            f"{name}.notification" if time.is_passive and has_own_time else None,
            time.budget_ns or INIT_BUDGET_NS, time.period_ns or INIT_PERIOD_NS, time.refills, "roottask.fault", process.has_fpu,
            f"{name}.ipc_buffer", base + layout.IPC_BUFFER, base + layout.STACK_TOP, f"{name}.notification", None, name,
        ))

    def _caps(self, process: Process) -> None:
        """The capabilities of a process, in an order that never changes for what is there already."""
        name = process.name
        planned = self.plan.get_process(name)
        at = self._places_of(process)
        self._from(process.place)
        self._cap(name, "notification", f"{name}.notification", ("READ", "WRITE"))
        if process.serves or process.guest:
            self._cap(name, "reply", f"{name}.reply", (), move=True)
        if process.time.is_passive or process.may_power_off or process.guest:
            self._cap(name, "supervisor", "roottask.fault", ("WRITE",), badge=planned.index)  # as the thread's faults have: the threads of processes come first
        if self.system.console_server is None or "console" in process.authority:
            self._from(at("authority", "console"))
            self._cap(name, "console", "kernel.console", ())
            planned.console_kind = "KERNEL"
            self._from(process.place)
        for service in process.serves:
            self._from(at("serves", service))
            self._cap(name, service, f"{name}.{service}", ("READ",))
        for local, server, service in process.uses:
            self._from(at("uses", local))
            badge = self._client_badge(process, local, server, service)
            rights = ("WRITE", "GRANT") if self.system.takes_capabilities(server, service) else ("WRITE",)
            self._cap(name, local, f"{server}.{service}", rights, badge=badge)
        for event in process.events:
            self._bit(name, event)
        for local, target, event in process.signals:
            self._from(at("signals", local))
            self._cap(name, local, f"{target}.notification", ("WRITE",), badge=1 << self._event_index(target, event))
        for local, device in process.devices:
            self._from(at("devices", local))
            self._device(process, local, device)
        self._extras(process)
        self._from(process.place)
        if process.guest:
            self._vmm_caps(process.guest, name)

    def _client_badge(self, client: Process, local: str, server: str, service: str) -> int:
        """Clients of a service are numbered from 1 in the order of the spec; a server without a protocol tells them apart by itself."""
        number = self.badges[server, service] = self.badges.get((server, service), 0) + 1
        self._know_badge(client, local, f"{server}.{service}", number)
        return number

    def _know_badge(self, client: Process, local: str, endpoint: str, badge: int) -> None:
        """Let a server's program know a client's badge by a name."""
        server, service = endpoint.split(".")
        if (server, service) in self.system.spoken:
            return
        owner = self.plan.get_process(server)
        seen = seen_name(client.name, client.instance, self.system.get_process(server).instance)
        self._name(owner, "badge", owner.names.badges, f"{service}_{seen}_{local}", badge)

    def _event_index(self, process: str, event: str) -> int:
        """Events come first among a process's bits, in the order of the spec."""
        return self.system.get_process(process).events.index(event)

    def _device(self, process: Process, local: str, device: Device) -> None:
        """Registers mapped, interrupts bound to the Notification."""
        name, planned = process.name, self.plan.get_process(process.name)
        address = planned.base + layout.DEVICES + self.region_at.setdefault(f"{name}.devices", 0)
        for number, (physical, size) in enumerate(device.registers):
            count = layout.round_up(size, layout.PAGE) // layout.PAGE
            frame = f"{device.name}.registers{number or ''}"
            self.plan.objects.append(Object(frame, "FRAME", "device", 12, count, address=physical))
            self.plan.maps.append(Map(f"{name}.vspace", address, frame, ["READ", "WRITE"], 0, count, "DEVICE", region=f"{local}{number or ''}"))
            self._name(planned, "region", planned.names.regions, f"{local}{number or ''}", (address, count * layout.PAGE, True))
            address += (count + 1) * layout.PAGE
        self.region_at[f"{name}.devices"] = address - planned.base - layout.DEVICES
        for number, interrupt in enumerate(device.interrupts):
            irq = f"{local}_irq{number or ''}"
            handler = f"{device.name}.irq{number or ''}"
            self.plan.objects.append(Object(handler, "IRQ_HANDLER", "device", 0, intid=interrupt.intid, is_edge=interrupt.is_edge))
            self._cap(name, irq, handler, ())
            self.plan.irq_binds.append({"handler": handler, "notification": f"{name}.notification", "badge": self._bit(name, irq)})

    def _extras(self, process: Process) -> None:
        name, at = process.name, self._places_of(process)
        self._from(at("timer"))
        if process.has_timer:
            self._cap(name, "timer", f"{name}.timer", ())
            self.plan.timer_binds.append({"timer": f"{name}.timer", "notification": f"{name}.notification", "badge": self._bit(name, "timer")})
        for number, function in enumerate(process.smc):
            self._from(at("smc", number))
            self._cap(name, f"smc{number or ''}", "kernel.smc", (), badge=function)
        for number, _ in enumerate(process.untyped):
            self._from(at("untyped", number))
            self._cap(name, f"untyped{number or ''}", f"{name}.untyped{number}", (), move=True)
        objects = {"cnode": f"{name}.cnode", "tcb": f"{name}.tcb", "vspace": f"{name}.vspace", "sched_context": f"{name}.context"}
        for authority in process.authority:
            self._from(at("authority", authority))
            if authority in objects:
                self._cap(name, authority, objects[authority], ())
            elif authority != "console":
                self._cap(name, authority, f"kernel.{authority}", (), move=authority == "irq_control")

    # Guests ------------------------------------------------------------------------------------

    def _guest(self, guest: Guest) -> None:
        """Objects of a guest; its VMM is planned already."""
        name, vmm = guest.name, f"vmm_{guest.name}"
        self._object(f"{name}.tcb", "TCB", name)
        self._object(f"{name}.vcpu", "VCPU", name)
        self._object(f"{name}.context", "SCHED_CONTEXT", name)
        self._object(f"{name}.exits", "ENDPOINT", name)
        self._object(f"{name}.cnode", "CNODE", name, self.abi.bits_min("CNODE"))
        ram = self._ram(guest)
        self._from(self._at("guests", name, "memory"))
        for run in ram:
            self._ram_run(name, vmm, **run)
        self._from(guest.place)
        uart_page = (self.plan.get_process(vmm).base + layout.UART_PAGE, UART[0])
        self._uart_page(name, vmm, *uart_page)
        self._cpu_interface(name)
        self._guest_thread(guest, vmm, uart_page, ram)

    def _guest_thread(self, guest: Guest, vmm: str, uart_page: tuple[int, int], ram: list[dict[str, Any]]) -> None:
        """The thread of a guest, and what its VMM knows of it."""
        name = guest.name
        self.plan.threads.append(Thread(
            name, name, ["GUEST"], guest.time.priority, f"{name}.tcb", f"{name}.cnode", f"{name}.vspace", f"{name}.context", None,
            guest.time.budget_ns or 0, guest.time.period_ns or 0, guest.time.refills, f"{name}.exits", guest.has_fpu, vcpu=f"{name}.vcpu",
        ))
        placement = guest.placement
        pieces = self._pieces(placement)
        self.plan.guests.append(PlannedGuest(
            name, vmm, guest.memory, placement.entry, guest.power_off, guest.has_fpu, pieces, uart_page, ram, [_planned_device(device) for device in guest.devices], channel=self._channel(name),
        ))

    def _cpu_interface(self, name: str) -> None:
        """A GICv2's CPU interface for guests is memory; what a guest finds in it is its VCPU's."""
        registers = self.system.platform.guest_cpu_interface()
        if registers is None:
            return
        frame, count = GUEST_CPU_INTERFACE, registers[1] // layout.PAGE
        if not any(item.name == frame for item in self.plan.objects):
            self.plan.objects.append(Object(frame, "FRAME", "device", 12, count, address=registers[0]))
        self.plan.maps.append(Map(f"{name}.vspace", GIC_CPU_INTERFACE[0], frame, ["READ", "WRITE"], 0, count, "DEVICE"))

    def _uart_page(self, name: str, vmm: str, vmm_address: int, guest_address: int) -> None:
        """The UART's registers as the guest may read them without an exit: kept by the VMM, which maps them for the guest at times."""
        frame = self._object(f"{name}.uart_page", "FRAME", name, 12)
        self.plan.maps.append(Map(f"{vmm}.vspace", vmm_address, frame, ["READ", "WRITE"], attribute="DEVICE"))
        self.plan.maps.append(Map(f"{name}.vspace", guest_address, frame, ["READ"], attribute="DEVICE", on_demand=True))

    def _pieces(self, placement: Placement) -> list[dict[str, Any]]:
        """Images by rising address in the guest; in the VMM small ones lie page by page, then large ones at blocks."""
        pieces = sorted((piece for piece in placement.pieces if piece.data), key=lambda piece: piece.address)
        address = layout.IMAGE_BASE
        at: dict[int, int] = {}
        for is_large in (False, True):
            unit = layout.BLOCK if is_large else layout.PAGE
            address = layout.round_up(address, unit)
            for index, piece in enumerate(pieces):
                if layout.is_large_image(len(piece.data)) == is_large:
                    at[index] = address
                    address += layout.round_up(len(piece.data), unit)
        found = []
        for index, piece in enumerate(pieces):
            name = f"images/{hashlib.sha256(piece.data).hexdigest()}.bin"
            self.images[name] = piece.data
            found.append({"what": piece.what, "address": piece.address, "size": len(piece.data), "vmm_address": at[index], "file": name})
        return found

    @staticmethod
    def _ram(guest: Guest) -> list[dict[str, Any]]:
        """2 MiB Frames as far as they go, then 4 KiB ones."""
        large, rest = divmod(guest.memory, layout.BLOCK)
        tail_address = RAM_BASE + large * layout.BLOCK
        runs = [
            {"what": "ram", "address": RAM_BASE, "count": large, "size_bits": 21},
            {"what": "ram_tail", "address": tail_address, "count": rest // layout.PAGE, "size_bits": 12},
        ]
        return [run for run in runs if run["count"]]

    def _ram_run(self, name: str, vmm: str, what: str, address: int, count: int, size_bits: int) -> None:
        """RAM is the VMM's from the beginning; the guest gets each Frame from it when it touches it first."""
        frames = self._object(f"{name}.{what}", "FRAME", name, size_bits, count)
        self.plan.maps.append(Map(f"{vmm}.vspace", address, frames, ["READ", "WRITE"], 0, count))
        self.plan.maps.append(Map(f"{name}.vspace", address, frames, ["READ", "WRITE", "EXECUTE"], 0, count, on_demand=True))

    def _vmm_caps(self, guest_name: str, vmm: str) -> None:
        self._cap(vmm, "exits", f"{guest_name}.exits", ("READ",))
        self._cap(vmm, "guest_tcb", f"{guest_name}.tcb", ())
        self._cap(vmm, "guest_vcpu", f"{guest_name}.vcpu", ())
        self._cap(vmm, "guest_vspace", f"{guest_name}.vspace", ("WRITE",))
        self._cap(vmm, "uart_page", f"{guest_name}.uart_page", ("READ",))
        for run in next(guest for guest in self.plan.guests if guest.name == guest_name).ram:
            self._cap(vmm, run["what"], f"{guest_name}.{run['what']}", ("READ", "WRITE", "EXECUTE"), count=run["count"])

    # Shared regions and consoles ---------------------------------------------------------------

    def _shared(self, region: Shared) -> None:
        count = region.size // layout.PAGE
        self._object(f"shared.{region.name}", "FRAME", "shared", 12, count)
        members = [(name, True) for name in region.writers] + [(name, False) for name in region.readers]
        for name, is_writer in members:
            self._from(self._at("shared", region.name, "writes" if is_writer else "reads", name))
            planned = self.plan.get_process(name)
            key = f"{name}.shared"
            address = planned.base + layout.SHARED + self.region_at.setdefault(key, 0)
            self.region_at[key] += layout.round_up(region.size, layout.PAGE) + layout.PAGE
            rights = ["READ", "WRITE"] if is_writer else ["READ"]
            seen = seen_name(region.name, region.instance, self.system.get_process(name).instance)
            self._name(planned, "region", planned.names.regions, seen, (address, region.size, is_writer))
            self.plan.maps.append(Map(f"{name}.vspace", address, f"shared.{region.name}", rights, 0, count, region=seen))
        if region.has_doorbell:
            self._from(self._at("shared", region.name, "doorbell"))
            self._doorbells(region, [self.system.get_process(name) for name, _ in members])

    def _doorbells(self, region: Shared, members: list[Process]) -> None:
        """Each member has a bit; with two members the other's capability is `REGION_doorbell`, else `REGION_doorbell_MEMBER`."""
        seen = {member.name: seen_name(region.name, region.instance, member.instance) for member in members}
        bits = {member.name: self._bit(member.name, seen[member.name]) for member in members}
        for member in members:
            for other in members:
                if other is not member:
                    behind = "" if len(members) == 2 else f"_{seen_name(other.name, other.instance, member.instance)}"
                    self._cap(member.name, f"{seen[member.name]}_doorbell{behind}", f"{other.name}.notification", ("WRITE",), badge=bits[other.name])

    def _console_links(self) -> None:
        server = self.system.console_server
        if server is None:
            return
        for entry in self.plan.consoles[1:]:
            name = entry["name"]
            if name == server:
                continue
            owner = f"vmm_{name}" if entry["guest"] else name
            self._from(self._at("console", "server"))
            self._console_link(server, owner, entry)
        if self.system.debugged is not None:
            self._debugger_link(server, self.system.debugged)

    def _debugger_link(self, server: str, guest: str) -> None:
        """A channel behind those of all consoles, from whoever debugs a guest to its VMM."""
        channel = len(self.plan.consoles)
        self.plan.debugger = {"guest": guest, "channel": channel}
        self._console_link(server, f"vmm_{guest}", {"index": channel, "name": DEBUGGER_NAME, "guest": False})

    def _console_link(self, server: str, owner: str, entry: dict[str, Any]) -> None:
        """A pair of rings between owner and server, for one channel."""
        name, is_guest = entry["name"], entry["guest"]
        pages = ring_sizes(is_guest)[1]
        frame = self._object(f"shared.console_{name}", "FRAME", "shared", 12, pages)
        for side in (owner, server):
            planned = self.plan.get_process(side)
            key = f"{side}.rings"
            address = planned.base + layout.RINGS + self.region_at.setdefault(key, 0)
            self.region_at[key] += pages * layout.PAGE
            self.plan.maps.append(Map(f"{side}.vspace", address, frame, ["READ", "WRITE"], 0, pages))
        own_bit, own_cap = owner_names(entry)
        owner_bit = self._bit(owner, own_bit)
        server_bit = self._bit(server, f"console_{name}")
        self._cap(owner, own_cap, f"{server}.notification", ("WRITE",), badge=server_bit)
        self._cap(server, f"console_{name}", f"{owner}.notification", ("WRITE",), badge=owner_bit)
        join_consoles(self.plan, server, owner, entry, {row.vspace: row.address for row in self.plan.maps[-2:]})

    def _finish(self, process: Process) -> None:
        """The CNode's size is known when all its capabilities are, and the slots that messages' need come behind them."""
        planned = self.plan.get_process(process.name)
        planned.channels = plan_protocols.channels(self.system, process, planned)
        planned.services = plan_protocols.services(self.system, process, planned, self.abi.limits().message_caps)
        slot_bits_to_size = layout.bits_for(self.abi.limit("SLOT_BYTES"))
        slots = planned.first_free_slot + planned.free_slots
        size_bits = max(layout.bits_for(slots) + slot_bits_to_size, self.abi.bits_min("CNODE"))
        planned.slot_count = 1 << (size_bits - slot_bits_to_size)
        self._object(f"{process.name}.cnode", "CNODE", process.guest or process.name, size_bits)


def _planned_device(device: GuestDevice) -> dict[str, Any]:
    """A guest's device as its VMM's data and the build need it."""
    intid = guest_board.SPI_BASE + device.interrupt if device.interrupt is not None else 0
    return {"name": device.name, "model": device.model.name, "address": device.address, "setting": device.setting, "intid": intid, "bytes": device.model.register_bytes, "source": str(device.model.path)}
