# SPDX-License-Identifier: BSD-2-Clause
"""Checks the rows of an expanded spec: what they name exists, types and rights go together, nothing overlaps, nobody is impersonated."""

from __future__ import annotations

from capdl import layout
from capdl.abi import Abi
from capdl.diagnostics import Place, Reporter, listing, nearest
from capdl.guest_board import GIC_CPU_INTERFACE
from capdl.guest_image import RAM_BASE
from capdl.hand import RIGHTS
from capdl.model import Row, System
from capdl.plan_data import GUEST_CPU_INTERFACE, Map, Object, Plan
from capdl.plan_protocols import clients_of
from capdl.quantity import range_text

#: Types whose one capability moves to its holder.
MOVED = ("REPLY", "UNTYPED", "IRQ_CONTROL")
_KERNEL = {"console": "CONSOLE", "smc": "SMC", "sched_control": "SCHED_CONTROL", "irq_control": "IRQ_CONTROL"}
_FRAME_BITS = (12, 21, 30)


class RowChecker:
    """Remembers the objects; each method returns the object a row is about, None if the row was refused."""

    def __init__(self, system: System, abi: Abi, reporter: Reporter):
        self.system = system
        self.abi = abi
        self.reporter = reporter
        self.objects: dict[str, Object] = {}
        self.guests = {guest.name: guest for guest in system.guests}
        self.devices = self._devices()
        self.first: dict[tuple[str, object], Place] = {}
        self.derived = self._derived()
        self.numbers = {process.name: number + 1 for number, process in enumerate(system.processes)}

    def _devices(self) -> dict[str, Object]:
        """The Frames and interrupts of the board's devices; an expanded spec only says which are used."""
        found = {}
        for device in self.system.platform.devices.values():
            for number, (physical, size) in enumerate(device.registers):
                name = f"{device.name}.registers{number or ''}"
                found[name] = Object(name, "FRAME", "device", 12, layout.round_up(size, layout.PAGE) // layout.PAGE, address=physical)
            for number, interrupt in enumerate(device.interrupts):
                name = f"{device.name}.irq{number or ''}"
                found[name] = Object(name, "IRQ_HANDLER", "device", 0, intid=interrupt.intid, is_edge=interrupt.is_edge)
        registers = self.system.platform.guest_cpu_interface()
        if registers is not None:
            found[GUEST_CPU_INTERFACE] = Object(GUEST_CPU_INTERFACE, "FRAME", "device", 12, registers[1] // layout.PAGE, address=registers[0])
        return found

    def _derived(self) -> dict[str, Object]:
        """Objects that follow from the rest, and the kernel's."""
        found = {f"kernel.{name}": Object(f"kernel.{name}", type, "kernel", 0) for name, type in _KERNEL.items()}
        for process in self.system.processes:
            for kind, type in (("cnode", "CNODE"), ("vspace", "VSPACE")):
                found[f"{process.name}.{kind}"] = Object(f"{process.name}.{kind}", type, process.guest or process.name, 0)
        return found | {f"{name}.vspace": Object(f"{name}.vspace", "VSPACE_GUEST", name, 0) for name in self.guests}

    def add(self, id: str, row: Row, **values: object) -> None:
        """Report at a row."""
        self.reporter.add(id, row.place, "", **values)

    def lacks(self, owner: str, what: str) -> None:
        """Report something that a process or guest cannot be without."""
        place = self.system.by_name[owner].place if owner in self.system.by_name else self.guests[owner].place if owner in self.guests else Place(self.system.shown)
        self.reporter.add("SEL-S114", place, f"'{owner}'", what=what)

    def _once(self, row: Row, what: str, key: object) -> bool:
        """Tell whether this is the first of something that there is once."""
        first = self.first.setdefault((what, key), row.place)
        if first is not row.place:
            self.add("SEL-S115", row, what=f"{what} {key}", first=first.seen_from(row.place))
        return first is row.place

    # Objects -----------------------------------------------------------------------------------

    def object(self, row: Row) -> Object | None:
        """The object of a row."""
        values = row.values
        name, type = values["name"], values["type"].upper()
        owner = name.split(".")[0]
        if not self._once(row, "object", name):
            return None
        if owner in self.system.platform.devices or name == GUEST_CPU_INTERFACE:
            return self._device(row, name, type)
        process = self.system.by_name.get(owner)
        part = (process.guest or owner) if process else owner if owner in self.guests or owner in ("shared", "roottask") else None
        if part is None or name in self.derived:
            owners = [*self.system.by_name, *self.guests, "shared"]
            self.add("SEL-S116", row, name=name, reason="it follows from the rest" if part else f"there is no '{owner}'", permitted=listing(owners))
            return None
        bits = self._bits(row, type)
        if bits is None:
            return None
        self.objects[name] = Object(name, type, part, bits, values["count"])
        return self.objects[name]

    def _device(self, row: Row, name: str, type: str) -> Object | None:
        item = self.devices.get(name)
        if item is None or item.type != type:
            known = [each for each, item in self.devices.items() if item.type == type]
            self.reporter.add("SEL-S094", row.place, "", name=name, nearest=nearest(name, known), permitted=f"objects of devices there are: {listing(known)}")
            return None
        self.objects[name] = item
        return item

    def _bits(self, row: Row, type: str) -> int | None:
        """The size of an object, where its type has several."""
        given = row.values["size_bits"]
        sizes = None if type == "IRQ_HANDLER" else self.abi.data["cap_types"][type]["object_bits"]
        if sizes is None or isinstance(sizes, int):
            possible = [sizes]
        else:
            possible = _FRAME_BITS if type == "FRAME" else range(max(sizes["min"], 12 if type == "UNTYPED" else 0), min(sizes["max"], 30) + 1)
        if type == "IRQ_HANDLER" or (given is None and len(possible) > 1) or (given is not None and given not in possible):
            self.add("SEL-S117", row, type=type.lower(), given="none" if given is None else given, permitted=listing(map(str, possible)) if sizes else "none: only devices have one")
            return None
        return given if given is not None else possible[0]

    def needs_object(self, owner: str, kind: str, type: str) -> None:
        """Report an owner without an object that it needs, or with one of another type."""
        item = self.objects.get(f"{owner}.{kind}")
        is_one = item is not None and (item.count == 1 or kind == "stack")
        if item is None or item.type != type or not is_one or (type == "FRAME" and item.size_bits != 12):
            self.lacks(owner, f"one object {owner}.{kind} of type {type.lower()}" + (" with size_bits 12" if type == "FRAME" else ""))

    def _find(self, row: Row, name: str) -> Object | None:
        item = self.objects.get(name) or self.derived.get(name)
        if item is None:
            owner = name.split(".")[0]
            every = [*self.objects, *self.derived]
            known = [each for each in every if each.startswith(f"{owner}.")]
            permitted = f"objects there are: {listing(known)}" if known else f"owners of objects are: {listing(dict.fromkeys(each.split('.')[0] for each in every))}"
            self.reporter.add("SEL-S094", row.place, "", name=name, nearest=nearest(name, known or every), permitted=permitted)
        return item

    def is_moved(self, item: Object) -> bool:
        """Tell whether the one capability to an object moves to its holder."""
        return item.type in MOVED

    # Capabilities, signals ---------------------------------------------------------------------

    def capability(self, row: Row) -> Object | None:
        """The object of a capability that a process may have."""
        values = row.values
        if values["process"] not in self.system.by_name:
            known = self.system.by_name
            self.add("SEL-S021", row, name=values["process"], nearest=nearest(values["process"], known), permitted=listing(known))
            return None
        item = self._find(row, values["object"])
        if item is None or not self._are_rights_possible(row, item) or not self._is_badge_possible(row, item):
            return None
        if (item.type in MOVED or item.type == "IRQ_HANDLER") and not self._once(row, "capability to", item.name):
            return None
        refused = self._refused(values, item)
        if refused:
            self.add("SEL-S097", row, object=item.name, reason=refused, remedy="remove this line")
            return None
        return item

    def _refused(self, values: dict[str, object], item: Object) -> str:
        """Say why a process may not have a capability; nothing if it may."""
        process = self.system.by_name[str(values["process"])]
        owner, kind = item.name.split(".")
        if owner == "roottask":
            number = self.numbers[process.name]
            is_own = kind == "fault" and values["rights"] == ["WRITE"] and values["badge"] == number
            return "" if is_own else f"it is the roottask's own, and process '{process.name}' may only write to roottask.fault, with badge {number}"
        if owner in self.guests and kind == "exits" and (process.guest != owner or values["rights"] != ["READ"]):
            return "its messages come from the kernel, for the VMM alone"
        if item.address is not None:
            return "a device has one driver, by a mapping"
        return ""

    def _are_rights_possible(self, row: Row, item: Object) -> bool:
        rights, has = row.values["rights"], RIGHTS.get(item.type, ())
        for right in rights:
            if right not in has:
                remedy = f"it has: {listing(each.lower() for each in has)}" if has else "leave `rights` out: the capability is complete by itself"
                self.add("SEL-S095", row, object=item.name, kind=f"of type {item.type.lower()}", right=right.lower(), remedy=remedy)
                return False
        if item.type in ("ENDPOINT", "NOTIFICATION", "FRAME") and not rights:
            self.add("SEL-S011", row, key="rights", example=f"[{has[0].lower()}]")
            return False
        vmm_of = self.system.by_name[row.values["process"]].guest
        is_own_ram = vmm_of is not None and item.name in (f"{vmm_of}.ram", f"{vmm_of}.ram_tail")  # which the guest gets from it
        if item.type == "FRAME" and {"WRITE", "EXECUTE"} <= set(rights) and not is_own_ram:
            self.add("SEL-S097", row, object=item.name, reason="nothing is both writable and executable", remedy="remove one of the two rights")
            return False
        return True

    def _is_badge_possible(self, row: Row, item: Object) -> bool:
        badge, rights = row.values["badge"], row.values["rights"]
        if badge and item.type not in ("ENDPOINT", "NOTIFICATION", "SMC"):
            self.add("SEL-S096", row, object=item.name, kind=f"of type {item.type.lower()}")
            return False
        own = item.name == f"{row.values['process']}.notification"
        if not badge and ((item.type == "ENDPOINT" and "WRITE" in rights) or (item.type == "NOTIFICATION" and rights == ["WRITE"] and not own) or item.type == "SMC"):
            owner = {"ENDPOINT": "server tells its clients", "NOTIFICATION": "owner tells its events"}.get(item.type, "kernel tells functions")
            self.add("SEL-S099", row, object=item.name, owner=owner, free=1 if item.type != "SMC" else hex(0x84000000))
            return False
        return item.type != "ENDPOINT" or not badge or (self._once(row, "badge of", f"{item.name}: {badge}") and self._is_number_of_client(row, item))

    def _is_number_of_client(self, row: Row, item: Object) -> bool:
        """Where a protocol is spoken, the library counts the clients from 1 in the order of the processes."""
        owner, kind = item.name.split(".")
        if (owner, kind) not in self.system.spoken or "WRITE" not in row.values["rights"]:
            return True
        number = clients_of(self.system, owner, kind).index((row.values["process"], row.values["name"])) + 1
        if row.values["badge"] != number:
            self.add("SEL-S120", row, object=item.name, badge=row.values["badge"], protocol=self.system.spoken[owner, kind].protocol.name, number=number)
        return row.values["badge"] == number

    def signal(self, row: Row) -> Object | None:
        """The interrupt or timer of a signal."""
        values = row.values
        item, target = self._find(row, values["source"]), self._find(row, values["to"])
        if item is None or target is None:
            return None
        for found, types in ((item, ("IRQ_HANDLER", "TIMER")), (target, ("NOTIFICATION",))):
            if found.type not in types:
                self.add("SEL-S118", row, name=found.name, type=found.type.lower(), wanted=" or ".join(each.lower() for each in types))
                return None
        if not values["badge"]:
            self.add("SEL-S099", row, object=target.name, owner="owner tells its events", free=1)
            return None
        return item if self._once(row, "signal of", item.name) else None

    # Mappings ----------------------------------------------------------------------------------

    def mapping(self, row: Row) -> Object | None:
        """The Frames of a mapping, at a possible address."""
        values = row.values
        space, item = self._find(row, values["space"]), self._find(row, values["object"])
        if space is None or item is None:
            return None
        for found, types in ((space, ("VSPACE", "VSPACE_GUEST")), (item, ("FRAME",))):
            if found.type not in types:
                self.add("SEL-S118", row, name=found.name, type=found.type.lower(), wanted=" or ".join(each.lower() for each in types))
                return None
        rights = set(values["rights"])
        if not rights or not rights <= {"READ", "WRITE", "EXECUTE"} or "READ" not in rights:
            self.add("SEL-S119", row, reason="it needs `read`, and may have `write` or `execute`", remedy="write for example `rights: [read, write]`")
            return None
        if space.type == "VSPACE" and {"WRITE", "EXECUTE"} <= rights:
            self.add("SEL-S119", row, reason="nothing of a process is both writable and executable", remedy="remove one of the two rights")
            return None
        if item.name == GUEST_CPU_INTERFACE:
            return self._cpu_interface(row, space, item)
        if item.address is not None and (not values["device"] or space.type != "VSPACE"):
            remedy = "map them in the VSpace of its driver" if values["device"] else "add `device: true`"
            self.add("SEL-S119", row, reason="registers of a device are mapped once, in its driver, as device memory", remedy=remedy)
            return None
        if item.address is not None and not self._once(row, "mapping of", item.name):
            return None
        return item if self._is_address_possible(row, space, item) else None

    def _cpu_interface(self, row: Row, space: Object, item: Object) -> Object | None:
        """What a GICv2 has for guests is mapped for them alone, where their device tree says."""
        if space.type == "VSPACE_GUEST" and row.values["device"] and row.values["at"] == GIC_CPU_INTERFACE[0]:
            return item
        self.add("SEL-S119", row, reason=f"a guest has {item.name} at {GIC_CPU_INTERFACE[0]:#x}, as device memory, and nobody else has it", remedy="expand the spec anew")
        return None

    def _is_address_possible(self, row: Row, space: Object, item: Object) -> bool:
        at, size = row.values["at"], item.count << item.size_bits
        if at % (1 << item.size_bits) or at + size > 1 << self.abi.limit("ADDRESS_BITS"):
            self.add("SEL-S119", row, reason=f"{at:#x} is no multiple of the Frames' size, or beyond the address space", remedy="choose another address")
            return False
        owner = space.name.split(".")[0]
        if space.type == "VSPACE_GUEST":
            return True
        process = self.system.by_name[owner]
        base = layout.window(self.numbers[owner])
        ranges = [(base + layout.HEAP, base + layout.WINDOW_BYTES)]
        if process.guest:
            ranges.append((RAM_BASE, RAM_BASE + self.guests[process.guest].memory))
        if any(low <= at and at + size <= high for low, high in ranges):
            return True
        where = " and ".join(range_text(low, high) for low, high in ranges)
        self.add("SEL-S119", row, reason=f"{at:#x} is outside what the process has: {where}", remedy="choose an address inside; programs lie below")
        return False

    def mappings(self, plan: Plan) -> None:
        """No two mappings of a VSpace overlap."""
        spaces: dict[str, list[tuple[int, int, Map, Row]]] = {}
        assert self.system.rows is not None
        for item, row in zip(plan.maps, self.system.rows.mappings):
            spaces.setdefault(item.vspace, []).append((item.address, item.address + (item.count << self.objects[item.object].size_bits), item, row))
        for ranges in spaces.values():
            ranges.sort(key=lambda each: each[:2])
            for first, second in zip(ranges, ranges[1:]):
                if first[1] > second[0]:
                    reason = f"it overlaps with {first[2].object} at {first[0]:#x}, {first[3].place.seen_from(second[3].place)}"
                    self.add("SEL-S119", second[3], reason=reason, remedy="choose another address")
