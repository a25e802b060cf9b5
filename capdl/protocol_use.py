# SPDX-License-Identifier: BSD-2-Clause
"""Which protocol is spoken on which service of a spec, and what each client may call there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capdl import protocol
from capdl.diagnostics import Reporter, SpecError, listing, nearest
from capdl.language import Limits
from capdl.protocol import Protocol
from capdl.value_types import Struct, Value

FOLDER = "protocols"


@dataclass(frozen=True)
class Spoken:
    """A service's protocol, and for each client process the methods it may call (Protocol.methods_of)."""

    protocol: Protocol
    methods: dict[str, int]


class _Uses:
    """Goes through the services of a spec; each protocol file is read once."""

    def __init__(self, top: Struct, spec: Path, project: Path, limits: Limits, reporter: Reporter):
        self.processes: dict[str, Value] = top["processes"].data or {}
        self.spec = spec
        self.project = project
        self.limits = limits
        self.reporter = reporter
        self.files: dict[Path, Protocol | None] = {}
        self.named: dict[str, Path] = {}

    def run(self) -> dict[tuple[str, str], Spoken]:
        spoken = {}
        for process, value in self.processes.items():
            for service, entry in _entries(value.data["serves"]).items():
                found = self._service(process, service, value.data, entry.data)
                if found is not None:
                    spoken[process, service] = found
        return spoken

    def _service(self, process: str, service: str, keys: Struct, entry: Struct) -> Spoken | None:
        subject = f"process '{process}'"
        if not entry["protocol"].given:
            if entry["roles"].given:
                self.reporter.add("SEL-P015", entry["roles"].place, subject)
            return None
        found = self._load(entry["protocol"], subject)
        if found is None:
            return None
        if entry["takes_capabilities"].given:
            self.reporter.add("SEL-P017", entry["takes_capabilities"].place, subject, name=found.name)
        held = [item.data for item in keys.get_data("authority")]
        if found.get_cap_count() and "cnode" not in held:
            self.reporter.add("SEL-P016", entry["protocol"].place, subject, name=found.name)
        roles = self._roles(process, service, entry["roles"], found, subject)
        return Spoken(found, {client: found.methods_of(roles.get(client, ())) for client in self._clients(process, service)})

    def _clients(self, process: str, service: str) -> list[str]:
        return [name for name, value in self.processes.items() if any(use.data == (process, service) for use in _entries(value.data["uses"]).values())]

    def _roles(self, process: str, service: str, value: Value, spoken: Protocol, subject: str) -> dict[str, list[str]]:
        """Roles of each client."""
        clients = self._clients(process, service)
        roles: dict[str, list[str]] = {}
        for role, names in _entries(value).items():
            if role not in spoken.roles:
                self.reporter.add("SEL-P009", names.place, subject, name=role, nearest=nearest(role, spoken.roles), permitted=listing(spoken.roles))
            for name in names.data:
                if name.data not in clients:
                    self.reporter.add("SEL-P014", name.place, subject, process=name.data, permitted=listing(clients))
                roles.setdefault(name.data, []).append(role)
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
        """The file of a built-in name, or of a path beside the spec or in the project."""
        name = value.data
        if "/" not in name and not name.endswith(".yaml"):
            known = sorted(path.stem for path in (self.project / FOLDER).glob("*.yaml"))
            if name in known:
                return (self.project / FOLDER / f"{name}.yaml").resolve()
            self.reporter.add("SEL-P001", value.place, subject, name=name[:60], nearest=nearest(name, known), permitted=listing(known))
            return None
        try:
            found = next((path.resolve() for path in (self.spec.parent / name, self.project / name) if path.is_file()), None)
        except (OSError, ValueError):
            found = None
        if found is None:
            self.reporter.add("SEL-P002", value.place, subject, path=name[:200])
        return found

    def _shown(self, path: Path) -> str:
        """How messages name a file: as people do who stand where the spec's path is from."""
        folder = self.spec.resolve().parent
        return str(self.spec.parent / path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _entries(value: Value) -> dict[str, Any]:
    """Entries of a Table, which may be absent."""
    return value.data or {}


def check(top: Struct, spec: Path, project: Path, limits: Limits, reporter: Reporter) -> dict[tuple[str, str], Spoken]:
    """The protocols of all services of a checked spec, by process and service; faults go to the reporter."""
    return _Uses(top, spec, project, limits, reporter).run()
