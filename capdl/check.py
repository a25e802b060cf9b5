# SPDX-License-Identifier: BSD-2-Clause
"""What the values of a spec mean together; makes the model of a spec without faults."""

from __future__ import annotations

import re
from pathlib import Path

from capdl import PROJECT, check_guest, language, places, platform, protocol_use
from capdl.authority import policy_check
from capdl.compose import compose
from capdl.expanded_read import ExpandedReader, is_expanded
from capdl.diagnostics import Place, Reporter, listing, nearest
from capdl.language import Limits
from capdl.value_types import Context, Struct, Value
from capdl.model import Capability, Process, Shared, System, Time
from capdl.names import SYSTEM_NAMES, seen_name
from capdl.quantity import size_text, time_text
from capdl.yaml_source import Mapping

NOTIFICATION_BITS = 64
PROCESS_COUNT_MAX = 1024
REGION_WINDOW = 48 << 20
RESERVED_NAMES = ("notification", "reply", "supervisor", "console", "timer", "smc", "exits", "guest_tcb", "guest_vcpu", "guest_console", *language.AUTHORITY)


class Checker:
    """Checks one spec; every method reports and goes on."""

    def __init__(self, spec: Path, shown: str, board: str | None, settings: list[str], reads_images: bool):
        self.spec = spec
        self.shown = shown
        self.reporter = Reporter()
        self.forced_board = board
        self.reads_images = reads_images
        self.process_count_max = PROCESS_COUNT_MAX
        self.settings = settings
        self.folders: dict[str, Path] = {}
        self.offered: dict[tuple[str, str], dict[str, None]] = {}
        self.guest_bytes = 0
        self.seen: dict[str, tuple[str, Place]] = {}

    def run(self, limits: Limits) -> System:
        """Check everything."""
        composed = compose(self.spec, self.shown, self.settings, language.part(limits), self.reporter)
        self.folders = composed.folders
        if is_expanded(composed.tree):
            system = ExpandedReader(self, limits).read(composed.tree)
            system.files.extend(composed.files)
            return system
        context = Context(self.reporter, "", "the spec")
        top = language.system_keys(limits).check(composed.tree, context)
        self.reporter.stop_if_any()
        self.check_version(top)
        system = System(system_name(self.spec), self.spec, self.board(top), shown=self.shown, places=places.index(top, self.shown))
        self.names(top)
        for name, value in _items(top["processes"]):
            system.add_process(self._process(name, value, top, system))
        system.spoken = protocol_use.check(protocol_use.asked(top), system, self, PROJECT, limits)
        system.files.extend(spoken.protocol.path for spoken in system.spoken.values())
        self._circles(system, top)
        for name, value in _items(top["guests"]):
            self._guest(name, value, system)
        for name, value in _items(top["shared"]):
            system.shared.append(self._shared(name, value, top))
        self.console(top, system)
        self._local_names(system, top)
        system.policy_tree = composed.tree.items.get("policy") if isinstance(composed.tree, Mapping) else None
        system.policy = policy_check.rules(self, top, system)
        if len(system.processes) > PROCESS_COUNT_MAX:
            self.add("SEL-S045", top["processes"].place, count=len(system.processes), bound=PROCESS_COUNT_MAX)
        self.reporter.stop_if_any()
        system.files.extend(composed.files)
        return system

    def add(self, id: str, place: Place, subject: str = "", **values: object) -> None:
        """Report."""
        self.reporter.add(id, place, subject, **values)

    def folder(self, place: Place) -> Path:
        """The folder that a relative path counts from: that of the file that names it."""
        return self.folders.get(place.base, self.spec.parent)

    def check_version(self, top: Struct) -> None:
        version = top["version"]
        if version.data != language.SCHEMA_VERSION:
            self.add("SEL-S017", version.place, value=version.data, known=language.SCHEMA_VERSION)
            self.reporter.stop_if_any()

    def board(self, top: Struct) -> platform.Platform:
        boards = sorted(path.parent.name for path in (PROJECT / "platform").glob("*/platform.yaml"))
        value = top["board"]
        name = self.forced_board or value.data
        if name not in boards:
            self.add("SEL-S020", value.place, board=name[:60], nearest=nearest(name, boards), permitted=listing(boards))
            self.reporter.stop_if_any()
        return platform.load(PROJECT / "platform" / name)

    def names(self, top: Struct) -> None:
        """Processes, guests and shared regions share one space of names; an expanded spec has the VMMs among the processes."""
        is_expanded_spec = "form" in top
        for kind, key in (("process", "processes"), ("guest", "guests"), ("shared region", "shared")):
            for name, value in _items(top[key]) if key in top else []:
                if name in SYSTEM_NAMES:
                    self.add("SEL-S018", value.place, f"{kind} '{name}'", name=name, reserved=listing(SYSTEM_NAMES))
                if name in self.seen:
                    first_kind, first = self.seen[name]
                    self.add("SEL-S025", value.place, f"{kind} '{name}'", name=name, kind=f"a {first_kind}", first=first.seen_from(value.place))
                else:
                    self.seen[name] = (kind, value.place)
        for name, value in _items(top["guests"]):
            taken = self.seen.get(f"vmm_{name}")
            if taken and not is_expanded_spec:
                self.add("SEL-S025", value.place, f"guest '{name}'", name=f"vmm_{name}", kind=f"a {taken[0]}", first=taken[1].seen_from(value.place))
        if not top["processes"].data and not top["guests"].data:
            self.add("SEL-S029", top.place)

    def time(self, value: Value, subject: str, may_be_passive: bool) -> Time:
        """Check `time`."""
        keys: Struct = value.data
        budget, period = keys["budget"], keys["period"]
        is_passive = keys.get_data("passive") and may_be_passive
        for key in ("budget", "period"):
            other = period if key == "budget" else budget
            if not keys[key].given and (not is_passive or other.given):
                self.add("SEL-S032", value.place, subject, key=key)
        if budget.given and period.given and budget.data > period.data:
            self.add("SEL-S014", budget.place, subject, budget=time_text(budget.data), period=time_text(period.data))
        return Time(keys.get_data("priority"), budget.data, period.data, is_passive, keys.get_data("refills") or 0)

    def whole_pages(self, keys: Struct, key: str, subject: str) -> int:
        """A size that must be a multiple of a page."""
        size = keys.get_data(key)
        if size % 4096:
            self.add("SEL-S037", keys[key].place, subject, key=key, size=size_text(size), unit="4K", rounded=size_text(-(-size // 4096) * 4096))
        return size

    def source(self, value: Value, subject: str) -> Path:
        """Find a component's folder: beside the spec or in the project."""
        candidates = [self.folder(value.place) / value.data, PROJECT / value.data]
        folder = next((path for path in candidates if path.is_dir()), None)
        if folder is None:
            self.add("SEL-S030", value.place, subject, path=value.data[:200])
            return candidates[0]
        if not (folder / "CMakeLists.txt").is_file():
            self.add("SEL-S031", value.place, subject, path=value.data[:200], name=folder.name)
        return folder.resolve()

    def _process(self, name: str, value: Value, top: Struct, system: System) -> Process:
        keys: Struct = value.data
        subject = f"process '{name}'"
        process = Process(
            name=name,
            source=self.source(keys["source"], subject),
            time=self.time(keys["time"], subject, True),
            stack=self.whole_pages(keys, "stack", subject),
            heap=self.whole_pages(keys, "heap", subject),
            has_fpu=keys.get_data("fpu"),
            devices=tuple(self._devices(keys, subject, system)),
            serves=tuple(name for name, _ in _items(keys["serves"])),
            separates=tuple(name for name, service in _items(keys["serves"]) if service.data.get_data("separates_clients")),
            takes_capabilities=tuple(name for name, service in _items(keys["serves"]) if service.data.get_data("takes_capabilities")),
            uses=tuple(self._references(keys, "uses", "serves", "SEL-S022", name, top)),
            events=tuple(event.data for event in keys.get_data("events")),
            signals=tuple(self._references(keys, "signals", "events", "SEL-S026", name, top)),
            has_timer=keys.get_data("timer"),
            smc=tuple(item.data for item in keys.get_data("smc")),
            untyped=tuple(self._powers(keys, subject)),
            authority=tuple(item.data for item in keys.get_data("authority")),
            free_slots=keys.get_data("free_slots"),
            page_tables=keys.get_data("page_tables"),
            may_power_off=keys.get_data("may_power_off"),
            licence=keys.get_data("licence"),
            place=value.place,
            capabilities=tuple(self._capability(local, item) for local, item in _items(keys["capabilities"])),
        )
        self._passive(process, keys, subject)
        return process

    @staticmethod
    def _capability(name: str, value: Value) -> Capability:
        """A capability given by hand; hand.py checks it against the plan's objects."""
        keys: Struct = value.data
        rights = tuple(item.data.upper() for item in keys.get_data("rights")) if keys["rights"].given else None
        return Capability(name, keys.get_data("object") or "", rights, keys.get_data("badge"), keys["object"].place, keys["rights"].place, keys["badge"].place)

    def _circles(self, system: System, top: Struct) -> None:
        """Passive processes that use each other in a circle; each is told once."""
        passive = {process.name: process for process in system.processes if process.time.is_passive}
        uses = {name: [server for _, server, _ in process.uses if server != name and server in passive] for name, process in passive.items()}
        while True:
            while ends := [name for name, servers in uses.items() if not any(server in uses for server in servers)]:
                for name in ends:
                    del uses[name]
            if not uses:
                return
            path = [next(iter(uses))]
            while path[-1] not in path[:-1]:
                path.append(next(server for server in uses[path[-1]] if server in uses))
            path = path[path.index(path[-1]) :]
            place = top["processes"].data[path[0]].data["uses"].place
            self.add("SEL-S046", place, f"process '{path[0]}'", path=" -> ".join(path))
            for name in path[1:]:
                del uses[name]

    def _powers(self, keys: Struct, subject: str) -> list[int]:
        """Sizes of Untypeds are powers of two."""
        sizes = []
        for item in keys.get_data("untyped"):
            if item.data & (item.data - 1):
                rounded = 1 << item.data.bit_length()
                self.add("SEL-S038", item.place, subject, key="untyped", size=size_text(item.data), rounded=size_text(rounded))
            sizes.append(item.data)
        return sizes

    def _passive(self, process: Process, keys: Struct, subject: str) -> None:
        """A passive process must be reachable by somebody's time."""
        time = process.time
        if not time.is_passive:
            return
        place = keys["time"].place
        wakers = [word for word, there in (("devices", process.devices), ("events", process.events), ("a timer", process.has_timer)) if there]
        if time.budget_ns is None and wakers:
            self.add("SEL-S034", place, subject, what=" and ".join(wakers))
        elif time.budget_ns is None and not process.serves:
            self.add("SEL-S033", place, subject)

    def _devices(self, keys: Struct, subject: str, system: System) -> list[tuple[str, platform.Device]]:
        """Local name and device."""
        devices = []
        for local, item in _items(keys["devices"]):
            device = system.platform.devices.get(item.data)
            if device is None:
                known = system.platform.devices
                self.add("SEL-S023", item.place, subject, name=item.data, nearest=nearest(item.data, known), permitted=listing(known))
                continue
            owner = self.seen.get(f"device {item.data}")
            if owner:
                self.add("SEL-S024", item.place, subject, name=item.data, first=owner[0])
                continue
            self.seen[f"device {item.data}"] = (subject.split("'")[1], item.place)
            devices.append((local, device))
        return devices

    def _references(self, keys: Struct, key: str, target_key: str, id: str, own: str, top: Struct) -> list[tuple[str, str, str]]:
        """`uses` and `signals`: local name -> (process, name there)."""
        found = []
        processes = top["processes"].data or {}
        for local, value in _items(keys[key]):
            server, name = value.data
            subject = f"process '{own}'"
            if server not in processes:
                self.add("SEL-S021", value.place, subject, name=server, nearest=nearest(server, processes), permitted=listing(processes))
                continue
            names = self._offered(server, processes[server], target_key)
            if name not in names:
                self.add(id, value.place, subject, server=server, name=name, nearest=nearest(name, names), permitted=listing(names))
                continue
            if server == own and key == "uses":
                self.add("SEL-S035", value.place, subject, name=name)
            found.append((local, server, name))
        return found

    def _offered(self, server: str, value: Value, key: str) -> dict[str, None]:
        """The names that a process has under `serves` or `events`."""
        if (server, key) not in self.offered:
            self.offered[server, key] = {item if isinstance(item, str) else item.data: None for item in value.data.get_data(key)}
        return self.offered[server, key]

    def _guest(self, name: str, value: Value, system: System) -> None:
        keys: Struct = value.data
        subject = f"guest '{name}'"
        time = self.time(keys["time"], subject, False)
        guest = check_guest.guest(self, name, keys, time, subject, value.place, system.platform)
        if guest is None:
            return
        system.guests.append(guest)
        self.guest_bytes += guest.memory
        total, ram = self.guest_bytes, system.platform.ram[1]
        if total >= ram:
            self.add("SEL-S063", keys["memory"].place, subject, needed=size_text(total), available=size_text(ram))
        system.files.extend((*guest.image_files, *(device.model.path for device in guest.devices)))
        system.add_process(check_guest.vmm(self, guest, keys))

    def _shared(self, name: str, value: Value, top: Struct) -> Shared:
        keys: Struct = value.data
        subject = f"shared region '{name}'"
        processes, guests = top["processes"].data or {}, top["guests"].data or {}
        seen: set[str] = set()
        members: dict[str, list[str]] = {"writes": [], "reads": []}
        for key, verb in (("writes", "writes"), ("reads", "reads")):
            for item in keys.get_data(key):
                if item.data in guests:
                    self.add("SEL-S041", item.place, subject)
                elif item.data not in processes:
                    self.add("SEL-S021", item.place, subject, name=item.data, nearest=nearest(item.data, processes), permitted=listing(processes))
                elif item.data in seen:
                    self.add("SEL-S039", item.place, subject, name=item.data)
                seen.add(item.data)
                members[key].append(item.data)
            if not keys.get_data(key) and (key == "writes" or len(members["writes"]) < 2):
                self.add("SEL-S040", value.place, subject, verb=verb, key=key)
        size = self.whole_pages(keys, "size", subject)
        return Shared(name, size, tuple(members["writes"]), tuple(members["reads"]), keys.get_data("doorbell"), value.place)

    def console(self, top: Struct, system: System) -> None:
        processes = [name for name, _ in _items(top["processes"])]
        guests = [name for name, _ in _items(top["guests"])]
        console = top["console"].data
        server = console["server"] if console else None
        if server is not None and server.given:
            if server.data not in processes:
                self.add("SEL-S021", server.place, "console", name=server.data, nearest=nearest(server.data, processes), permitted=listing(processes))
            elif not any(device.name in system.platform.console_devices for _, device in system.get_process(server.data).devices):
                self.add("SEL-S043", server.place, "console", server=server.data)
            system.console_server = server.data
            system.console_separates = console.get_data("separates_clients")
        front = console["front"] if console else None
        if front is not None and front.given:
            if front.data not in processes + guests:
                self.add("SEL-S044", front.place, "console", name=front.data, permitted=listing(guests + processes))
            system.front = front.data
        else:
            system.front = next(iter(guests + processes), None)

    def _local_names(self, system: System, top: Struct) -> None:
        """Inside a process every name means one thing; its Notification has 64 bits; its window has an end."""
        places = {name: value.place for name, value in (*_items(top["processes"]), *_items(top["guests"]))}
        regions: dict[str, list[Shared]] = {}
        for region in system.shared:
            for member in dict.fromkeys(region.writers + region.readers):
                regions.setdefault(member, []).append(region)
        for process in system.processes:
            place = places[process.guest or process.name]
            shared = regions.get(process.name, [])
            self._unique(process, shared, place)
            bits = len(process.events) + sum(len(device.interrupts) for _, device in process.devices) + process.has_timer
            bits += sum(region.has_doorbell for region in shared) + 1
            if process.name == system.console_server:
                bits += len(system.processes) + len(system.guests)
            if bits > NOTIFICATION_BITS:
                self.add("SEL-S036", place, f"process '{process.name}'", count=bits)
            total = sum(region.size for region in shared)
            if total > REGION_WINDOW:
                self.add("SEL-S042", place, f"process '{process.name}'", name=process.name, size=size_text(total), bound=size_text(REGION_WINDOW))

    def _unique(self, process: Process, shared: list[Shared], place: Place) -> None:
        names = [(name, "a service") for name in process.serves]
        names += [(name, "a used service") for name, _, _ in process.uses]
        names += [(name, "an event") for name in process.events]
        names += [(name, "a signal") for name, _, _ in process.signals]
        names += [(name, "a device") for name, _ in process.devices]
        names += [(seen_name(region.name, region.instance, process.instance), "a shared region") for region in shared]
        names += [(capability.name, "a capability by hand") for capability in process.capabilities]
        first: dict[str, str] = dict.fromkeys(RESERVED_NAMES, "a word of the language")
        for name, kind in names:
            if name in first:
                self.add("SEL-S027", place, f"process '{process.name}'", name=name, first=first[name], second=kind)
            first.setdefault(name, kind)


def system_name(spec: Path) -> str:
    """A system is named by its folder, or by its file if that is not called system.yaml; only plain characters reach generated files."""
    spec = spec.resolve()
    name = spec.parent.name if spec.name == "system.yaml" else spec.stem
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name) or "system"


def _items(value: Value) -> list[tuple[str, Value]]:
    """Entries of a Table value, which may be absent."""
    return list(value.data.items()) if value.data else []


def load_system(
    spec: Path, shown: str, limits: Limits, board: str | None = None, settings: list[str] | None = None, reads_images: bool = True,
) -> System:
    """Load and check a spec with the values of `--set NAME=VALUE`; raises SpecError with every fault found.

    Without its images a guest has nothing to boot: enough for questions.
    """
    return Checker(spec, shown, board, settings or [], reads_images).run(limits)
