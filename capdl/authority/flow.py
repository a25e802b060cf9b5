# SPDX-License-Identifier: BSD-2-Clause
"""Where data can go: a graph of subjects and of what they share, and shortest paths in it.

Everything shared is a node between who puts data in and who takes it out (memory, a call, an answer, a signal, an object without an
owner); control of one subject by another is an edge each way. A path that enters a server on a service that keeps its clients apart does
not leave it on the same service. What a trusted subject does passes nothing on; what others can take from it still does, and so does
what they do in its name.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from capdl.authority.closure import Closure, is_omnipotent
from capdl.authority.facts import POWERS, ROOTTASK, Held

MEMORY, CALL, ANSWER, SIGNAL, INTERRUPT, CONTROL, INFLUENCE = "memory", "call", "answer", "signal", "interrupt", "control", "influence"
#: Taking what others wait for, too, which they see is gone.
TAKING = "taking"
#: What a path remembers of a trusted subject whose doing is another's, who controls it: it may leave every way.
ACTED = "(acted)"


#: A node, and what a path must remember there.
State = tuple[str, "str | None"]


@dataclass(frozen=True)
class Edge:
    """Half of a link (subject to shared thing or back), or a whole one between subjects.

    `held` gives it (None: a thread's faults), got in round `round` of the closure as number `number` (-1: a mapping).
    `is_given`: it is the source's own doing.
    """

    source: str
    target: str
    kind: str
    held: Held | None
    number: int = -1
    round: int = 0
    channel: str | None = None
    is_given: bool = True

    @property
    def cost(self) -> int:
        """In 32nds of a link: each message that carried its capability is a link more, and of equal ways the one with fewer such comes first."""
        return (16 if ":" in self.source or ":" in self.target else 32) + 33 * self.round


Test = Callable[[Edge], bool]


def takes_memory(edge: Edge) -> bool:
    """Tell whether an edge takes what is in its source's memory from the start, without the source's words."""
    return (edge.kind == MEMORY and not edge.round) or (edge.kind == CONTROL and not edge.is_given)


def puts_memory(edge: Edge) -> bool:
    """Tell whether an edge changes its target's memory from the start, without the target's doing."""
    return (edge.kind == MEMORY and not edge.round) or (edge.kind == CONTROL and edge.is_given)


def acts(edge: Edge) -> bool:
    """Tell whether an edge is control that its source has of its target."""
    return edge.kind == CONTROL and edge.is_given


class Flow:
    """The graph of one closure; built once, searched often."""

    def __init__(self, closure: Closure):
        self.closure = closure
        self.facts = closure.facts
        self.edges: dict[str, list[Edge]] = defaultdict(list)
        self.readers: dict[str, list[tuple[str, Held | None, int, int]]] = defaultdict(list)
        self.signals: dict[str, set[str]] = defaultdict(set)
        self.timers: dict[str, list[tuple[str, Held | None, int, int]]] = defaultdict(list)
        for held in self.facts.maps:
            self._memory(held.holder, held, -1, 0)
        for subject in self.facts.subjects:
            for number, held, round in closure.moving(subject):
                self._add(subject, held, number, round)
        for held in self.facts.maps:
            if is_omnipotent(self.facts, held):
                self._all(held.holder, held, -1, 0)
        self._faults()
        self._bound()
        self._interrupts()
        self._timers()
        self._notified()
        self._taken()

    def _put(self, source: str, target: str, kind: str, held: Held | None, number: int = -1, round: int = 0, channel: str | None = None, is_given: bool = True) -> None:
        self.edges[source].append(Edge(source, target, kind, held, number, round, channel, is_given))

    def _add(self, subject: str, held: Held, number: int, round: int) -> None:
        """The edges that one capability gives its holder."""
        owner = self.facts.owners.get(held.object)
        at = (held, number, round)
        if held.type == "FRAME":
            self._memory(subject, *at)
        elif held.type == "ENDPOINT":
            self._endpoint(subject, *at)
        elif held.type == "NOTIFICATION":
            self._notification(subject, *at)
        elif held.type in POWERS:
            self._power(subject, owner, *at)
        elif held.type in ("IRQ_HANDLER", "UNTYPED"):
            node, kind = (f"irq:{held.object}", INTERRUPT) if held.type == "IRQ_HANDLER" else (f"memory:{held.object}", MEMORY)
            self._put(subject, node, kind, *at)
            self._put(node, subject, kind, *at)
        if is_omnipotent(self.facts, held):
            self._all(subject, *at)

    def _power(self, subject: str, owner: str | None, held: Held, number: int, round: int) -> None:
        """Control of whose object it is, or influence each way: of its owner, or of all who hold one that has none. A VSpace is seen by any right, and changed by WRITE."""
        if held.type == "TIMER":
            self.timers[held.object].append((subject, held, number, round))
        if owner is None:
            if held.type != "VSPACE" or held.has("WRITE"):
                self._put(subject, f"meeting:{held.object}", INFLUENCE, held, number, round)
            self._put(f"meeting:{held.object}", subject, INFLUENCE, held, number, round)
        elif owner != subject:
            is_control = self.closure.gives_control(subject, held) is not None
            if is_control or held.type != "VSPACE" or held.has("WRITE"):
                self._put(subject, owner, CONTROL if is_control else INFLUENCE, held, number, round)
            self._put(owner, subject, CONTROL if is_control else INFLUENCE, held, number, round, is_given=False)

    def _separated(self, subject: str, held: Held) -> str | None:
        channel = self.facts.channel_of(held)
        return channel if self.facts.is_separator(subject, channel) else None

    def _memory(self, subject: str, held: Held, number: int, round: int) -> None:
        channel, node = self._separated(subject, held), f"memory:{held.object}"
        if held.has("WRITE"):
            is_given = not self.facts.is_private(held.object, subject)
            self._put(subject, node, MEMORY, held, number, round, channel, is_given)
        if held.has("READ") or held.has("EXECUTE"):
            self._put(node, subject, MEMORY, held, number, round, channel)
        self._controlling(subject, held, number, round)

    def _endpoint(self, subject: str, held: Held, number: int, round: int) -> None:
        channel, call, answer = self._separated(subject, held), f"call:{held.object}", f"answer:{held.object}"
        if held.has("WRITE"):
            self._put(subject, call, CALL, held, number, round)
            self._put(answer, subject, ANSWER, held, number, round)
        if held.has("READ"):
            # Without a Reply it still answers: a send that does not wait tells whether anybody receives (WOULD_BLOCK of nb_send, libsel/abi/syscalls.yaml).
            self._put(call, subject, CALL, held, number, round, channel)
            self._put(subject, answer, ANSWER, held, number, round, channel)
            self.readers[held.object].append((subject, held, number, round))
            self._controlling(subject, held, number, round)

    def _controlling(self, subject: str, held: Held, number: int, round: int) -> None:
        """Control by what is there for something else: another's own memory, its faults."""
        owner = self.facts.controlled(held)
        if owner is not None and owner != subject:
            self._put(subject, owner, CONTROL, held, number, round)
            self._put(owner, subject, CONTROL, held, number, round, is_given=False)

    def _notification(self, subject: str, held: Held, number: int, round: int) -> None:
        channel = self.facts.channel_of(held)
        node = f"signal:{held.object}" + (f":{channel}" if channel else "")
        self.signals[held.object].add(node)
        if held.has("WRITE"):
            self._put(subject, node, SIGNAL, held, number, round, self._separated(subject, held))
        if held.has("READ"):
            self.readers[held.object].append((subject, held, number, round))

    def _notified(self) -> None:
        """Who waits for a Notification gets its signals of every channel."""
        for object, readers in self.readers.items():
            for node in sorted(self.signals.get(object, ())):
                channel = node.split(":")[2] if node.count(":") == 2 else None
                for subject, held, number, round in readers:
                    separated = channel if self.facts.is_separator(subject, channel) else None
                    self._put(node, subject, SIGNAL, held, number, round, separated)

    def _all(self, subject: str, held: Held, number: int, round: int) -> None:
        """A bus master without an IOMMU, and firmware that may do anything, read and write everybody's memory."""
        for other in self.facts.subjects:
            if other != subject:
                self._put(subject, other, CONTROL, held, number, round)
                self._put(other, subject, CONTROL, held, number, round, is_given=False)

    def _faults(self) -> None:
        """Faults and exits are calls in the thread's name, which it cannot keep back."""
        for thread in self.facts.plan.threads:
            if not thread.fault.startswith(f"{ROOTTASK}."):
                self._put(thread.name, f"call:{thread.fault}", CALL, None, is_given=False)
                self._put(f"answer:{thread.fault}", thread.name, ANSWER, None)

    def _bound(self) -> None:
        """A thread gets the signals of the Notification that is bound to it without a capability."""
        for thread in self.facts.plan.threads:
            name = thread.notification
            if name and all(subject != thread.name for subject, *_ in self.readers[name]):
                self.readers[name].append((thread.name, None, -1, 0))

    def _interrupts(self) -> None:
        """Who handles an interrupt has it told to who waits for its Notification."""
        for bind in self.facts.plan.irq_binds:
            self._told(f"irq:{bind['handler']}", bind["notification"], INTERRUPT)

    def _timers(self) -> None:
        """Who holds a Timer lets it signal who waits for its Notification."""
        for bind in self.facts.plan.timer_binds:
            node, holders = f"timer:{bind['timer']}", self.timers.get(bind["timer"], [])
            if len({subject for subject, *_ in (*holders, *self.readers.get(bind["notification"], ()))}) > 1:
                for subject, held, number, round in holders:
                    self._put(subject, node, SIGNAL, held, number, round)
                self._told(node, bind["notification"], SIGNAL)

    def _told(self, node: str, notification: str, kind: str) -> None:
        for subject, held, number, round in self.readers.get(notification, ()):
            self._put(node, subject, kind, held if round else None, number, round)

    def _taken(self) -> None:
        """Several who receive on one Endpoint, or wait for one Notification, take from each other what comes, and see that it is gone."""
        for object, readers in self.readers.items():
            if len({subject for subject, *_ in readers}) > 1:
                for subject, held, number, round in readers:
                    self._put(subject, f"taken:{object}", TAKING, held, number, round)
                    self._put(f"taken:{object}", subject, TAKING, held, number, round)

    # Paths -------------------------------------------------------------------------------------

    def path(self, source: str, target: str, first: Test | None = None, last: Test | None = None, every: Test | None = None) -> list[Edge] | None:
        """Return the shortest way from source to target, which may be what is shared too, or None.

        `first`, `last` and `every` restrict its edges.
        """

        def is_open(edge: Edge) -> bool:
            if every is not None and not every(edge):
                return False
            if first is not None and edge.source == source and not first(edge):
                return False
            return last is None or edge.target != target or last(edge)

        return self._search(source, target, is_open)[0]

    def reached(self, source: str) -> list[str]:
        """All subjects that data of a subject can get to, nearest first."""
        seen = self._search(source, None, lambda edge: True)[1]
        return [node for node in dict(seen) if node in self.facts.threads and node != source]

    def borders(self, source: str) -> list[str]:
        """The channels at whose separating servers the data of a subject ends."""
        seen = dict.fromkeys(self._search(source, None, lambda edge: True)[1])
        return [entered for node, entered in seen if entered in self.facts.separating and node in self.facts.threads and not {(node, None), (node, ACTED)} & seen.keys()]

    def _search(self, source: str, target: str | None, is_open: Test) -> tuple[list[Edge] | None, list[State]]:
        """Dijkstra over (node, what `_entered` remembers); ties go to what is earlier in the plan."""
        queue: list[tuple[int, int, str, str | None]] = [(0, 0, source, None)]
        came: dict[State, None] = {}
        best: dict[State, tuple[int, Edge | None, State | None]] = {(source, None): (0, None, None)}
        count = 0
        while queue:
            cost, _, node, entered = heapq.heappop(queue)
            state = (node, entered)
            if state in came or (node, ACTED) in came or (entered != ACTED and (node, None) in came):
                continue
            came[state] = None
            if node == target:
                return self._back(state, best), list(came)
            for edge in self.edges.get(node, ()):
                if edge.target == entered or not self._may_leave(edge, source, entered) or not is_open(edge):
                    continue
                after = (edge.target, self._entered(edge, entered))
                total = cost + edge.cost
                if after not in best or total < best[after][0]:
                    best[after] = (total, edge, state)
                    count += 1
                    heapq.heappush(queue, (total, count, *after))
        return None, list(came)

    def _entered(self, edge: Edge, entered: str | None) -> str | None:
        """What is remembered at an edge's target: of a server the service it was entered on, if that separates; of what is shared the
        server that came so, which must not come back by it as if it had been entered otherwise."""
        if edge.target in self.facts.threads:
            return ACTED if edge.target in self.closure.trusted and acts(edge) else edge.channel
        return edge.source if entered not in (None, ACTED) else None

    def _may_leave(self, edge: Edge, source: str, entered: str | None) -> bool:
        if edge.source in self.closure.trusted and edge.source != source and edge.is_given and entered != ACTED:
            return False
        return edge.channel is None or edge.channel != entered

    @staticmethod
    def _back(state: State, best: dict[State, tuple[int, Edge | None, State | None]]) -> list[Edge]:
        edges = []
        while best[state][1] is not None:
            edges.append(best[state][1])
            state = best[state][2]
        return edges[::-1]
