# SPDX-License-Identifier: BSD-2-Clause
"""A system under question: closures and graphs made when first needed, one for each set of trusted subjects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from capdl.authority import schedule
from capdl.authority.access import Access
from capdl.authority.closure import Closure
from capdl.authority.facts import Facts, gather
from capdl.authority.flow import Flow
from capdl.authority.links import Words
from capdl.authority.schedule import Gained, Schedule
from capdl.model import System
from capdl.plan_data import Plan

Found = TypeVar("Found")


class View:
    """The system if some subjects hand nothing on."""

    def __init__(self, facts: Facts, trusted: frozenset[str]):
        self.facts = facts
        self.closure = Closure(facts, trusted)
        self.flow = Flow(self.closure)
        self.words = Words(self.closure)
        self.access = Access(self.flow, self.words)


class Analysis:
    """Everything that can be asked of a planned system; `settings` are the words of `--set` that it was planned with."""

    def __init__(self, system: System, plan: Plan, settings: tuple[str, ...] = ()):
        self.facts = gather(system, plan)
        self.settings = settings
        self._views: dict[tuple[frozenset[str], frozenset[str]], View] = {}
        self._schedule: Schedule | None = None
        self._gained: Gained | None = None

    def view(self, trusted: tuple[str, ...] = (), doubted: frozenset[str] = frozenset()) -> View:
        """The system if these hand nothing on, and if nobody believed that these channels keep their clients apart."""
        key = (frozenset(trusted), doubted)
        if key not in self._views:
            facts = replace(self.facts, separating=self.facts.separating - doubted) if doubted else self.facts
            self._views[key] = View(facts, key[0])
        return self._views[key]

    def rests_on(self, decide: Callable[[View], Found], trusted: tuple[str, ...] = ()) -> list[str]:
        """The separators that an answer rests on, in words: with these alone it is the same, and without any one of them it is not."""
        every = frozenset(self.facts.separating)
        answer = decide(self.view(trusted))

        def is_enough(kept: list[str]) -> bool:
            return decide(self.view(trusted, every - set(kept))) == answer

        if not every or is_enough([]):
            return []
        kept = sorted(every)
        size = len(kept)
        while size:
            start = 0
            while start < len(kept):
                fewer = kept[:start] + kept[start + size :]
                if is_enough(fewer):
                    kept = fewer
                else:
                    start += size
            size //= 2
        return [self.facts.channel_text(channel) for channel in kept]

    @property
    def schedule(self) -> Schedule:
        """Its time."""
        if self._schedule is None:
            self._schedule = schedule.analyse(self.facts)
        return self._schedule

    @property
    def gained(self) -> Gained:
        """Its time, as it may come to be spent."""
        if self._gained is None:
            self._gained = schedule.gained(self.facts, self.schedule, self.view().access.spending)
        return self._gained
