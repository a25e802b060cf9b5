# SPDX-License-Identifier: BSD-2-Clause
"""From the plan and the linked programs to every object, capability and mapping, with slots and offsets.

The result (`Expansion`) is what system.cdl, system.json and spec.bin are three writings of.
A *slot* is an index in the roottask's CNode. The payload is the part of image.bin behind
the kernel; its pages that stay where they are become fixed Frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capdl import layout
from capdl.abi import Abi
from capdl.allocate import Wanted, allocate
from capdl.diagnostics import Origin, Place, Reporter
from capdl.elf import Program, Segment
from capdl.layout import BLOCK, PAGE, round_up
from capdl.plan_data import Cap, Map, Object, Plan, PlannedProcess, Thread
from capdl.quantity import range_text

@dataclass(frozen=True)
class Chunk:
    """Bytes of the payload: a range of a file, after `head` zero bytes."""

    offset: int
    size: int
    file: str
    file_offset: int
    what: str


@dataclass(frozen=True)
class Fixed:
    """`count` Frames at a fixed place: payload offset or physical address."""

    name: str
    kind: str
    address: int
    count: int
    size_bits: int
    slot: int


@dataclass(frozen=True)
class Made:
    """A run of objects made from an Untyped."""

    name: str
    first: int
    count: int
    type: str
    size_bits: int
    untyped: int
    slot: int


@dataclass
class Expansion:
    """Everything the roottask does, by name and by slot."""

    untypeds: list[dict[str, Any]] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    fixed: list[Fixed] = field(default_factory=list)
    irqs: list[dict[str, Any]] = field(default_factory=list)
    caps: list[dict[str, Any]] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)
    maps: list[dict[str, Any]] = field(default_factory=list)
    scheds: list[dict[str, Any]] = field(default_factory=list)
    threads: list[dict[str, Any]] = field(default_factory=list)
    irq_binds: list[dict[str, Any]] = field(default_factory=list)
    timer_binds: list[dict[str, Any]] = field(default_factory=list)
    give_up: list[int] = field(default_factory=list)
    symbols: list[tuple[int, int, str]] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    slots_end: int = 0
    slot: dict[str, int] = field(default_factory=dict)
    spec_offset: int = 0
    payload_size: int = 0


class Expander:
    """Expands one plan."""

    def __init__(self, plan: Plan, abi: Abi, programs: dict[str, Program], roottask: Program, plan_folder: Path):
        self.plan = plan
        self.abi = abi
        self.programs = programs
        self.roottask = roottask
        self.plan_folder = plan_folder
        self.out = Expansion()
        self.reporter = Reporter()
        self.objects: dict[str, Object] = {item.name: item for item in plan.objects}
        self.maps: list[Map] = []
        self.payload_runs: dict[str, tuple[int, int, int]] = {}
        self.copy_rows: list[tuple[str, str, int]] = []
        self.next_slot = layout.ROOT_FIRST_SLOT
        self.is_mapped: set[str] = set()

    def run(self, spec_size: int) -> Expansion:
        """Expand; spec_size is the size of spec.bin, which lies before all other contents."""
        self.out.spec_offset = PAGE + self._roottask_size()
        offset = round_up(self.out.spec_offset + spec_size, PAGE)
        self._roottask_chunks()
        offset = self._programs(offset)
        offset = self._images(offset)
        self.out.payload_size = round_up(offset, PAGE)
        self.maps += self.plan.maps
        self._vspaces()
        self.reporter.stop_if_any()
        self._allocate()
        self._fixed()
        self._irqs()
        self._capabilities()
        self._mappings()
        self._threads()
        self._symbols()
        self.out.slots_end = self.next_slot
        return self.out

    # The payload -------------------------------------------------------------------------------

    def roottask_memory(self) -> tuple[int, int, int, int]:
        """Base, size in the file, size in memory, first writable address of the roottask."""
        segments = self.roottask.segments
        base = segments[0].address
        file_end = max(segment.address + segment.data_pages * PAGE for segment in segments)
        end = max(segment.address + segment.pages * PAGE for segment in segments)
        writable = min((segment.address for segment in segments if segment.is_writable), default=end)
        return base, file_end - base, end - base, writable

    def _roottask_size(self) -> int:
        return self.roottask_memory()[1]

    def _roottask_chunks(self) -> None:
        base = self.roottask_memory()[0]
        for segment in self.roottask.segments:
            if segment.file_size:
                at = PAGE + segment.address - base + segment.head
                self.out.chunks.append(Chunk(at, segment.file_size, str(self.roottask.path), segment.file_offset, "roottask"))

    def _programs(self, offset: int) -> int:
        """Segments: read-only pages stay in the payload, writable ones are copied into Frames of the part."""
        for process in self.plan.processes:
            program = self.programs[process.name]
            low, high = process.base, process.base + layout.HEAP
            path, line, column, origin = process.place
            place = Place(path, line, column, Origin(origin))
            self._fpu(process, program, place)
            for segment in program.segments:
                if segment.address < low or segment.address + segment.pages * PAGE > high:
                    window = range_text(low, high)
                    self.reporter.add("SEL-E003", place, f"process '{process.name}'", segment=segment.index, address=hex(segment.address), window=window)
                if segment.is_writable and segment.is_executable:
                    self.reporter.add("SEL-E005", place, f"process '{process.name}'", segment=segment.index)
                offset = self._segment(process.name, process.part, program, segment, offset)
        return offset

    def _fpu(self, process: PlannedProcess, program: Program, place: Place) -> None:
        """A process that may not use the FPU has no instruction that does."""
        found = None if process.has_fpu else program.first_simd()
        if found is not None:
            self.reporter.add("SEL-E007", place, f"process '{process.name}'", function=program.function_at(found), address=hex(found))

    def _segment(self, name: str, part: str, program: Program, segment: Segment, offset: int) -> int:
        what = f"{name}.segment{segment.index}"
        vspace = f"{name}.vspace"
        source = f"{what}.initial" if segment.is_writable else what
        if segment.file_size:
            self.out.chunks.append(Chunk(offset + segment.head, segment.file_size, str(program.path), segment.file_offset, source))
            self.payload_runs[source] = (offset, segment.data_pages, 12)
        if segment.is_writable:
            self.objects[what] = Object(what, "FRAME", part, 12, segment.pages)
            self.maps.append(Map(vspace, segment.address, what, ["READ", "WRITE"], 0, segment.pages))
            if segment.file_size:
                self.copy_rows.append((source, what, segment.head + segment.file_size))
        else:
            rights = ["READ"] + (["EXECUTE"] if segment.is_executable else [])
            self.maps.append(Map(vspace, segment.address, what, rights, 0, segment.data_pages))
        return offset + segment.data_pages * PAGE

    def _images(self, offset: int) -> int:
        """Guests' pristine images, one copy per content: small ones in pages, large ones in blocks behind everything."""
        small: dict[str, tuple[str, int]] = {}
        large: dict[str, tuple[str, int]] = {}
        for guest in self.plan.guests:
            for piece in guest.pieces:
                store = large if layout.is_large_image(piece["size"]) else small
                store.setdefault(piece["file"], (f"image.{Path(piece['file']).stem[:16]}", piece["size"]))
        for store, unit, bits in ((small, PAGE, 12), (large, BLOCK, 21)):
            if store:
                offset = round_up(offset, unit)
            for file, (name, size) in store.items():
                count = round_up(size, unit) // unit
                self.out.chunks.append(Chunk(offset, size, str(self.plan_folder / file), 0, name))
                self.payload_runs[name] = (offset, count, bits)
                offset += count * unit
        self._map_images(small | large)
        return offset

    def _map_images(self, names: dict[str, tuple[str, int]]) -> None:
        for guest in self.plan.guests:
            for piece in guest.pieces:
                unit = BLOCK if layout.is_large_image(piece["size"]) else PAGE
                count = round_up(piece["size"], unit) // unit
                self.maps.append(Map(f"{guest.vmm}.vspace", piece["vmm_address"], names[piece["file"]][0], ["READ"], 0, count))

    # Objects -----------------------------------------------------------------------------------

    def _frame_bits(self, name: str) -> int:
        if name in self.objects:
            return self.objects[name].size_bits
        return self.payload_runs[name][2]

    def _vspaces(self) -> None:
        """A VSpace is its header, its root table and exactly the tables its mappings need, rounded up."""
        tables: dict[str, set[tuple[int, int]]] = {}
        for item in self.maps:
            bits = self._frame_bits(item.object)
            used = tables.setdefault(item.vspace, set())
            last = item.address + (item.count << bits) - 1
            used.update((2, at) for at in range(item.address >> 30, (last >> 30) + 1))
            if bits == 12:
                used.update((3, at) for at in range(item.address >> 21, (last >> 21) + 1))
        guests = {guest.name for guest in self.plan.guests}
        parts = {thread.vspace: thread.part for thread in self.plan.threads}
        spare = {f"{process.name}.vspace": process.page_tables for process in self.plan.processes}
        for vspace, part in parts.items():
            count = len(tables.get(vspace, ())) + spare.get(vspace, 0)
            size_bits = max(layout.bits_for((2 + count) * PAGE), self.abi.bits_min("VSPACE"))
            kind = "VSPACE_GUEST" if vspace.split(".")[0] in guests else "VSPACE"
            self.objects[vspace] = Object(vspace, kind, part, size_bits)

    def _take_slots(self, count: int) -> int:
        first = self.next_slot
        self.next_slot += count
        return first

    def _allocate(self) -> None:
        """Untypeds and objects of every part; slots follow the objects' order."""
        self.next_slot += layout.ROOT_SKIP_SLOTS
        by_part: dict[str, list[Object]] = {part["name"]: [] for part in self.plan.parts}
        for item in self.objects.values():
            if item.part in by_part:
                by_part[item.part].append(item)
        placed_by_part = {}
        untypeds = []
        for index, (part, items) in enumerate(by_part.items()):
            if items:
                sizes, placed = allocate([Wanted(item.name, item.size_bits, item.count) for item in items])
                placed_by_part[part] = placed
                untypeds += [{"part": part, "part_index": index, "piece": piece, "size_bits": bits} for piece, bits in enumerate(sizes)]
        untypeds.sort(key=lambda item: (-item["size_bits"], item["part_index"], item["piece"]))
        for item in untypeds:
            item["slot"] = self._take_slots(1)
        self.out.untypeds = untypeds
        untyped_of = {(item["part"], item["piece"]): at for at, item in enumerate(untypeds)}
        for part, placed in placed_by_part.items():
            self._slots_for(part, placed, untyped_of)

    def _slots_for(self, part: str, placed: list[Any], untyped_of: dict[tuple[str, int], int]) -> None:
        """Give a part's objects their slots: an object's run is consecutive even if it spans two Untypeds."""
        for run in placed:
            item = self.objects[run.name]
            if run.first == 0:
                self.out.slot[run.name] = self._take_slots(item.count)
            slot = self.out.slot[run.name] + run.first
            self.out.made.append(Made(run.name, run.first, run.count, item.type, run.size_bits, untyped_of[part, run.untyped], slot))

    def _fixed(self) -> None:
        """Frames at fixed places, by kind and address."""
        runs = [("DEVICE", item.address, item.name, item.count, item.size_bits) for item in self.objects.values() if item.address is not None]
        runs += [("PAYLOAD", offset, name, count, bits) for name, (offset, count, bits) in self.payload_runs.items()]
        for kind, address, name, count, bits in sorted(runs, key=lambda run: (run[0], run[1])):
            self.out.slot[name] = self._take_slots(count)
            self.out.fixed.append(Fixed(name, kind, address or 0, count, bits, self.out.slot[name]))
        for source, target, length in self.copy_rows:
            row = {"source": source, "frame": target, "length": length, "offset": self.payload_runs[source][0]}
            self.out.copies.append(row)

    def _irqs(self) -> None:
        for item in self.objects.values():
            if item.type == "IRQ_HANDLER":
                self.out.slot[item.name] = self._take_slots(1)
                self.out.irqs.append({"name": item.name, "intid": item.intid, "is_edge": item.is_edge, "slot": self.out.slot[item.name]})

    # Capabilities ------------------------------------------------------------------------------

    def _root_cap(self, name: str, object: str, rights: list[str], badge: int = 0, first: int = 0, count: int = 1) -> int:
        """A further capability in the roottask's own CNode."""
        slot = self._take_slots(count)
        self.out.slot[name] = slot
        row = {"cnode": None, "slot": slot, "name": name, "object": object, "first": first, "rights": rights, "badge": badge, "count": count, "move": False}
        self.out.caps.append(row)
        return slot

    def _capabilities(self) -> None:
        """First those the roottask needs for itself, then those of the processes; moves come last."""
        for index, thread in enumerate(self.plan.threads):
            rights = ["WRITE", "GRANT"]
            self._root_cap(f"{thread.name}.fault", thread.fault, rights, badge=index + 1)
        self._root_cap("roottask.power_off", "kernel.smc", [], badge=0x84000008)
        for row in self.plan.irq_binds:
            self._bind(row, "handler", self.out.irq_binds)
        for row in self.plan.timer_binds:
            self._bind(row, "timer", self.out.timer_binds)
        rows = [self._cap_row(cap) for cap in self.plan.caps]
        self._extra_mappings()
        self.out.caps += sorted(rows, key=lambda row: row["move"])

    def _bind(self, row: dict[str, Any], what: str, out: list[dict[str, Any]]) -> None:
        name = f"{row[what]}.signal"
        self._root_cap(name, row["notification"], ["WRITE"], badge=row["badge"])
        out.append({what: row[what], "notification": name, "object": row["notification"], "badge": row["badge"]})

    @staticmethod
    def _cap_row(cap: Cap) -> dict[str, Any]:
        return {**vars(cap), "first": 0}

    def _extra_mappings(self) -> None:
        """A capability maps a Frame once: every further mapping gets copies of its own."""
        for item in self.maps:
            frames = item.object
            if frames in self.is_mapped and not item.on_demand:
                name = f"{item.vspace}.{frames}"
                self._root_cap(name, frames, item.rights, first=item.first, count=item.count)
                frames = name
            self.is_mapped.add(frames)
            self.out.maps.append({
                "vspace": item.vspace, "address": item.address, "object": item.object, "first": item.first, "count": item.count,
                "size_bits": self._frame_bits(item.object), "rights": item.rights, "attribute": item.attribute,
                "on_demand": item.on_demand,
                "slot": self.out.slot[frames] + (item.first if frames == item.object else 0),
            })

    def _mappings(self) -> None:
        self.out.maps.sort(key=lambda row: (row["vspace"], row["address"]))

    # Threads -----------------------------------------------------------------------------------

    def _threads(self) -> None:
        for index, thread in enumerate(self.plan.threads):
            self.out.threads.append(self._thread(index, thread))

    def _thread(self, index: int, thread: Thread) -> dict[str, Any]:
        has_home = thread.home is not None
        self.out.scheds.append({
            "context": thread.context, "budget_ns": thread.budget_ns, "period_ns": thread.period_ns, "refills": thread.refills,
            "badge": index + 1, "thread": thread.tcb, "home": thread.home if has_home else None,
        })
        program = self.programs.get(thread.process or "")
        return {
            "name": thread.name, "part": thread.part, "flags": thread.flags, "pc": program.entry if program else 0, "sp": thread.sp,
            "buffer_address": thread.buffer_address, "tcb": thread.tcb, "cnode": thread.cnode, "vspace": thread.vspace, "buffer": thread.buffer,
            "priority": thread.priority, "fault": f"{thread.name}.fault", "notification": thread.notification, "vcpu": thread.vcpu,
            "has_fpu": thread.has_fpu, "sched": index, "first_symbol": 0, "symbol_count": 0,
        }

    def _symbols(self) -> None:
        for row in self.out.threads:
            program = self.programs.get(row["name"])
            if program:
                row["first_symbol"] = len(self.out.symbols)
                row["symbol_count"] = len(program.symbols)
                self.out.symbols += [(symbol.address, min(symbol.size, 0xFFFFFFFF), symbol.name) for symbol in program.symbols]
