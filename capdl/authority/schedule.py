# SPDX-License-Identifier: BSD-2-Clause
"""Time: utilisation of the core, and how late a budget can come at the worst.

The analysis is Joseph and Pandya's for fixed priorities with preemption ("Finding response times in a real-time system", The Computer
Journal 29(5), 1986), in the form of Audsley and others ("Applying new scheduling theory to static priority pre-emptive scheduling", SEJ
8(5), 1993): the least R with R = C + sum of ceil(R / Tj) * Cj over all j that can run before. A context takes no more than its budget C in any
window of its period T (ADR 0008), so the bound needs no term for budgets used back to back, as deferrable servers do.

A passive server works on its caller's context at its own priority: a context counts before others at the highest priority it can run at, and is
itself delayed as at the lowest. Equal priorities take turns and count as before each other.

`analyse` looks at who calls whom from the start, which is how a system works; `gained` at what each may come to spend and to call (spending.py),
which is what a bound must stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from capdl.authority.facts import Facts
from capdl.authority.spending import Spending

#: Steps of the recurrence after which a response counts as without bound; each step adds at least one budget.
STEPS_MAX = 100_000


@dataclass
class Context:
    """A budget: whose, of what size, at which priorities it may be used, and when at the worst it has been had."""

    name: str
    priority: int
    budget_ns: int
    period_ns: int
    chain: tuple[str, ...] = ()
    lowest: int = 0
    highest: int = 0
    response_ns: int | None = None

    @property
    def share(self) -> Fraction:
        """Of the core."""
        return Fraction(self.budget_ns, self.period_ns)

    @property
    def is_unlimited(self) -> bool:
        """Budget = period: it may run without pause."""
        return self.budget_ns == self.period_ns

    @property
    def margin_ns(self) -> int | None:
        """How long before the end of the period the whole budget has been had; None if that is not sure."""
        return None if self.response_ns is None else self.period_ns - self.response_ns


@dataclass
class Inversion:
    """A caller that can wait for others of lower priority."""

    caller: str
    server: str
    text: str


@dataclass
class Schedule:
    """The core's time."""

    contexts: list[Context] = field(default_factory=list)
    passive: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inversions: list[Inversion] = field(default_factory=list)

    @property
    def utilisation(self) -> Fraction:
        """Sum of all shares."""
        return sum((context.share for context in self.contexts), Fraction(0))

    def of(self, name: str) -> Context | None:
        """The context of a subject."""
        return next((context for context in self.contexts if context.name == name), None)


def analyse(facts: Facts) -> Schedule:
    """Analyse a system; guests and VMMs count as processes do."""
    calls = _calls(facts)
    schedule = Schedule()
    for name, thread in facts.threads.items():
        if "PASSIVE" in thread.flags and thread.home is None:
            schedule.passive[name] = tuple(caller for caller in facts.threads if name in calls[caller])
            continue
        chain = _reach(name, calls, facts)
        priorities = [thread.priority, *(facts.threads[server].priority for server in chain)]
        schedule.contexts.append(
            Context(name, thread.priority, thread.budget_ns, thread.period_ns, chain, min(priorities), max(priorities)))
    for context in schedule.contexts:
        context.response_ns = response(context, [other for other in schedule.contexts if other is not context and other.highest >= context.lowest])
    schedule.inversions = _inversions(facts, calls)
    return schedule


@dataclass
class Gained:
    """The worst that may come: contexts as they may come to be spent, and of each why it is more than from the start."""

    contexts: list[Context] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    def before(self, context: Context) -> list[Context]:
        """Those that can run before one."""
        return [other for other in self.contexts if other.name != context.name and other.highest >= context.lowest]


def gained(facts: Facts, schedule: Schedule, spending: Spending) -> Gained:
    """Raise each context to the highest priority of who may come to spend it, and to any size where somebody may set it."""
    found = Gained()
    for context in schedule.contexts:
        more = replace(context)
        top = max(spending.spenders(context.name), key=lambda each: spending.priorities[each])
        if spending.priorities[top] > context.highest:
            more.highest = spending.priorities[top]
            found.reasons[context.name] = _higher(facts, spending, top, context.name)
        makers = spending.makers_of(context.name)
        if makers:
            more.budget_ns = more.period_ns
            found.reasons[context.name] = budget_set(makers[0], context.name)
        found.contexts.append(more)
    for name in spending.making():
        top = max(spending.priorities[each] for each in spending.spenders(name))
        found.contexts.append(Context(f"{name}, by contexts that it makes", top, 1, 1, lowest=top, highest=top))
        found.reasons[found.contexts[-1].name] = f"{name} may make itself contexts of any budget, at priority {top}"
    return found


def _higher(facts: Facts, spending: Spending, top: str, name: str) -> str:
    """Why a context may come to be spent at a higher priority: whose it is may be raised, or somebody above may spend it."""
    high, raised = spending.priorities[top], spending.raised.get(top)
    if raised is None:
        return f"{top} (priority {high}) may come to run on the time of {name}"
    by, held = raised
    who = "itself" if by == top else top
    place = f"{held.place.path}:{held.place.line}"
    had = f"has {facts.owners[held.object]}'s thread ({place})" if held.holder == by else f"may come to have {facts.owners[held.object]}'s thread, which {held.holder} has ({place})"
    spends = "" if top == name else f", where {top} may come to run on the time of {name}"
    return f"{by} {had}, by which it may raise {who} from priority {facts.threads[top].priority} to {high}{spends}: take that capability away"


def budget_set(maker: str, name: str) -> str:
    """That somebody may set a budget, its own or another's."""
    return f"{maker} may set its own budget" if maker == name else f"{maker} may set the budget of {name}"


def response(context: Context, before: list[Context]) -> int | None:
    """The least fixed point of the recurrence within the period; None if there is none."""
    time = context.budget_ns
    for _ in range(STEPS_MAX):
        needed = context.budget_ns + sum(-(-time // other.period_ns) * other.budget_ns for other in before)
        if needed > context.period_ns:
            return None
        if needed == time:
            return time
        time = needed
    return None


def _calls(facts: Facts) -> dict[str, list[str]]:
    """Whom each subject calls: by capabilities, and a guest its VMM by exits."""
    receivers: dict[str, str] = {}
    for held in facts.caps:
        if held.type == "ENDPOINT" and held.has("READ"):
            receivers.setdefault(held.object, held.holder)
    calls: dict[str, dict[str, None]] = {name: {} for name in facts.threads}
    for held in facts.caps:
        if held.type == "ENDPOINT" and held.has("WRITE") and receivers.get(held.object, held.holder) != held.holder:
            calls[held.holder].setdefault(receivers[held.object])
    for name, vmm in facts.guests.items():
        calls[name].setdefault(vmm)
    return {name: list(servers) for name, servers in calls.items()}


def _reach(name: str, calls: dict[str, list[str]], facts: Facts) -> tuple[str, ...]:
    """The passive servers that work on a subject's time, through chains; an active one works on its own."""
    found: dict[str, None] = {}
    pending = [name]
    while pending:
        for server in calls[pending.pop()]:
            if "PASSIVE" in facts.threads[server].flags and server not in found and server != name:
                found[server] = None
                pending.append(server)
    return tuple(found)


def _inversions(facts: Facts, calls: dict[str, list[str]]) -> list[Inversion]:
    """Servers below their callers, and passive servers that work on the time of a caller below another."""
    found = []
    callers: dict[str, list[str]] = {}
    for caller, servers in calls.items():
        for server in servers:
            callers.setdefault(server, []).append(caller)
    for server, names in callers.items():
        own = facts.threads[server]
        for caller in names:
            high = facts.threads[caller].priority
            if own.priority < high:
                between = [name for name, thread in facts.threads.items() if own.priority <= thread.priority < high and name not in (server, caller)]
                who = f": {', '.join(between)} can delay it" if between else ""
                found.append(Inversion(caller, server, f"{caller} (priority {high}) calls {server} (priority {own.priority}), which is below it{who}"))
            lower = [name for name in names if facts.threads[name].priority < high and not facts.is_guest(name)]
            if "PASSIVE" in own.flags and lower:
                found.append(Inversion(
                    caller, server,
                    f"{caller} (priority {high}) can wait for {' or '.join(lower)}, below it: {server} serves one call to its end, on its caller's time, and stands still while that is used up"))
    return found
