# SPDX-License-Identifier: BSD-2-Clause
"""A system under question: closures and graphs made when first needed, one for each set of trusted subjects."""

from __future__ import annotations

from capdl.authority import schedule
from capdl.authority.access import Access
from capdl.authority.closure import Closure
from capdl.authority.facts import Facts, gather
from capdl.authority.flow import Flow
from capdl.authority.links import Words
from capdl.authority.schedule import Schedule
from capdl.model import System
from capdl.plan_data import Plan


class View:
    """The system if some subjects hand nothing on."""

    def __init__(self, facts: Facts, trusted: frozenset[str]):
        self.facts = facts
        self.closure = Closure(facts, trusted)
        self.flow = Flow(self.closure)
        self.words = Words(self.closure)
        self.access = Access(self.flow, self.words)


class Analysis:
    """Everything that can be asked of a planned system."""

    def __init__(self, system: System, plan: Plan):
        self.facts = gather(system, plan)
        self._views: dict[frozenset[str], View] = {}
        self._schedule: Schedule | None = None

    def view(self, trusted: tuple[str, ...] = ()) -> View:
        """The system if these hand nothing on."""
        key = frozenset(trusted)
        if key not in self._views:
            self._views[key] = View(self.facts, key)
        return self._views[key]

    @property
    def schedule(self) -> Schedule:
        """Its time."""
        if self._schedule is None:
            self._schedule = schedule.analyse(self.facts)
        return self._schedule
