# SPDX-License-Identifier: BSD-2-Clause
"""The seam to capdl/authority: all that the report says of policy, time, trusts and licences comes from there, by this module."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capdl.authority import command
from capdl.authority.analysis import Analysis
from capdl.authority.who import who
from capdl.diagnostics import Place
from capdl.model import System
from capdl.plan_data import Plan


@dataclass(frozen=True)
class Decided:
    """What was decided of a system. `time`, `policy`: as `./sel who SYSTEM time --json` and `policy --json` have them."""

    time: dict[str, Any]
    policy: list[dict[str, Any]]
    licences: dict[str, str | None]
    trusts: list[str]
    stops_all: list[str]


class Authority:
    """A planned system under question."""

    def __init__(self, spec: Path, shown: str, board: str | None = None, settings: list[str] | None = None):
        self.shown = shown
        self._analysis: Analysis = command.load(spec, shown, board, settings)

    @property
    def system(self) -> System:
        """The checked spec."""
        return self._analysis.facts.system

    @property
    def plan(self) -> Plan:
        """Its plan, without guests' images."""
        return self._analysis.facts.plan

    def decide(self) -> Decided:
        """Decide policy, time, trusts and licences."""
        found: dict[str, Any] = command.report(self._analysis)
        stops_all = who(self._analysis, "trusts").facts["stops_all"]
        return Decided(found["time"], found["policy"], found["licences"], found["trusts"], stops_all)

    def type_of(self, object: str) -> str:
        """The type of an object of the plan or of the kernel."""
        return self._analysis.facts.types.get(object) or object.removeprefix("kernel.").upper()

    def thing(self, object: str) -> str:
        """An object of the plan in the words of the spec."""
        return self._analysis.view().words.thing(object)

    def place_of_subject(self, name: str) -> str:
        """Where the spec has a process, guest or VMM."""
        return _spot(self._analysis.facts.places.of_subject(name))

    def place_of_cap(self, process: str, name: str) -> str:
        """What in the spec gave a process the capability that it knows by that name."""
        return _spot(self._analysis.facts.places.of_cap(process, name))

    def place_of_map(self, subject: str, object: str) -> str:
        """What in the spec gave a process or guest the mapping of an object."""
        return _spot(self._analysis.facts.places.of_map(subject, object))

    def place_of_device(self, subject: str, device: str) -> str:
        """Where the spec gives a device to a process."""
        return _spot(self._analysis.facts.places.of_device(subject, device))

    def place_of_time(self, subject: str) -> str:
        """Where the spec has a subject's time."""
        return _spot(self._analysis.facts.places.of_time(subject))

    def place(self, *path: Any) -> str:
        """The place of a path of keys, or of its longest beginning that the spec has."""
        return _spot(self._analysis.facts.places.of(*path))


def _spot(place: Place) -> str:
    return f"{place.path}:{place.line}"
