# SPDX-License-Identifier: BSD-2-Clause
"""Which protocol is spoken on which service of a spec, and what each client may call there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capdl import inputs, protocol
from capdl.checker import Checker
from capdl.diagnostics import Place, SpecError, listing, nearest
from capdl.limits import Limits
from capdl.model import System
from capdl.protocol import Protocol, Spoken
from capdl.value_types import Struct, Value

FOLDER = "protocols"


@dataclass(frozen=True)
class Asked:
    """What a spec says of a service's protocol: its name, if any, and each role with the clients that have it."""

    protocol: Value
    has_cnode: bool
    roles: list[tuple[str, Place, list[Value]]]
    roles_place: Place | None = None
    takes_capabilities_place: Place | None = None


def asked(top: Struct) -> dict[tuple[str, str], Asked]:
    """What is asked for by the entries of `serves` of a checked spec."""
    found = {}
    for process, value in _entries(top["processes"]).items():
        has_cnode = any(item.data == "cnode" for item in value.data.get_data("authority"))
        for service, entry in _entries(value.data["serves"]).items():
            keys: Struct = entry.data
            roles = [(role, names.place, names.data) for role, names in _entries(keys["roles"]).items()]
            found[process, service] = Asked(keys["protocol"], has_cnode, roles, _place(keys["roles"]), _place(keys["takes_capabilities"]))
    return found


def _place(value: Value) -> Place | None:
    """Where a key is written, if it is."""
    return value.place if value.given else None


class _Uses:
    """Goes through the services of a spec; each protocol file is read once."""

    def __init__(self, system: System, checker: Checker, project: Path, limits: Limits):
        self.system = system
        self.spec = checker.spec
        self.folder = checker.folder
        self.project = project
        self.limits = limits
        self.reporter = checker.reporter
        self.files: dict[Path, Protocol | None] = {}
        self.named: dict[str, Path] = {}
        self.clients: dict[tuple[str, str], list[str]] = {}
        for process in system.processes:
            for _, server, service in process.uses:
                names = self.clients.setdefault((server, service), [])
                if process.name not in names:
                    names.append(process.name)

    def run(self, asked: dict[tuple[str, str], Asked]) -> dict[tuple[str, str], Spoken]:
        spoken = {}
        for (process, service), each in asked.items():
            found = self._service(process, service, each)
            if found is not None:
                spoken[process, service] = found
        return spoken

    def _service(self, process: str, service: str, asked: Asked) -> Spoken | None:
        subject = f"process '{process}'"
        if not asked.protocol.given:
            if asked.roles_place is not None:
                self.reporter.add("SEL-P015", asked.roles_place, subject)
            return None
        found = self._load(asked.protocol, subject)
        if found is None:
            return None
        if asked.takes_capabilities_place is not None:
            self.reporter.add("SEL-P017", asked.takes_capabilities_place, subject, name=found.name)
        if found.get_cap_count() and not asked.has_cnode:
            self.reporter.add("SEL-P016", asked.protocol.place, subject, name=found.name)
        clients = self.clients.get((process, service), [])
        roles = self._roles(clients, asked, found, subject)
        return Spoken(found, {client: found.methods_of(roles.get(client, ())) for client in clients}, {client: tuple(each) for client, each in roles.items()})

    def _roles(self, clients: list[str], asked: Asked, spoken: Protocol, subject: str) -> dict[str, list[str]]:
        """Roles of each client."""
        roles: dict[str, list[str]] = {}
        for role, place, names in asked.roles:
            if role not in spoken.roles:
                self.reporter.add("SEL-P009", place, subject, name=role, nearest=nearest(role, spoken.roles), permitted=listing(spoken.roles))
            for name in names:
                if name.data not in clients:
                    self.reporter.add("SEL-P014", name.place, subject, process=name.data, permitted=listing(clients))
                held = roles.setdefault(name.data, [])
                if role not in held:
                    held.append(role)
        return roles

    def _load(self, value: Value, subject: str) -> Protocol | None:
        path = self._find(value, subject)
        if path is None:
            return None
        if path not in self.files:
            first = self.named.setdefault(path.stem, path)
            if first != path:
                self.reporter.add("SEL-P013", value.place, subject, name=path.stem, first=self._shown(first), second=self._shown(path))
                return None
            self.files[path] = self._read(path)
        return self.files[path]

    def _read(self, path: Path) -> Protocol | None:
        try:
            return protocol.load(path, self._shown(path), self.limits, self.reporter)
        except SpecError as error:
            self.reporter.diagnostics.extend(error.diagnostics)
            return None

    def _find(self, value: Value, subject: str) -> Path | None:
        """The file of a built-in name, or of a path beside the file that names it or in the project."""
        name = value.data
        if "/" not in name and not name.endswith(".yaml"):
            known = sorted(path.stem for path in (self.project / FOLDER).glob("*.yaml"))
            if name in known:
                return (self.project / FOLDER / f"{name}.yaml").resolve()
            self.reporter.add("SEL-P001", value.place, subject, name=name[:60], nearest=nearest(name, known), permitted=listing(known))
            return None
        candidates = [self.folder(value.place) / name, self.project / name]
        found = inputs.first_of(candidates, inputs.FILE)
        if found is None:
            self.reporter.add("SEL-P002", value.place, subject, path=name[:200], hint=inputs.hint_of_other(candidates))
            return None
        return found.resolve()

    def _shown(self, path: Path) -> str:
        """How messages name a file: as people do who stand where the spec's path is from."""
        folder = self.spec.resolve().parent
        return str(self.spec.parent / path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _entries(value: Value) -> dict[str, Any]:
    """Entries of a Table, which may be absent."""
    return value.data or {}


def check(asked: dict[tuple[str, str], Asked], system: System, checker: Checker, project: Path, limits: Limits) -> dict[tuple[str, str], Spoken]:
    """The protocols of all services of a system, by process and service; faults go to the checker's reporter."""
    return _Uses(system, checker, project, limits).run(asked)
