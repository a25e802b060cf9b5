# SPDX-License-Identifier: BSD-2-Clause
"""`sel why`: can one do this to another, by what path, or why not.

can-read and can-write are about memory, with the help of others too; can-call, can-signal and can-stop about what one can do by itself;
reaches is any of them and every way data goes. docs/design/authority.md says what counts.
"""

from __future__ import annotations

from capdl.authority.analysis import Analysis, View
from capdl.authority.answer import Answer, Section, Unknown
from capdl.authority.facts import ROOTTASK, Facts
from capdl.authority.flow import puts_memory, takes_memory
from capdl.authority.links import TRANSFER, Link, spot
from capdl.diagnostics import listing, nearest

VERBS = ("can-read", "can-write", "can-call", "can-signal", "can-stop", "reaches")
_MAY = {"can-call": "may_call", "can-signal": "may_signal", "can-stop": "may_stop"}
_DOING = {"can-read": "read the memory of", "can-write": "write the memory of", "can-call": "call", "can-signal": "signal", "can-stop": "stop", "reaches": "reach"}
#: So many are named; the rest is counted.
_NAMED = 12


def why(analysis: Analysis, subject: str, verb: str, target: str) -> Answer:
    """Answer one question; raises Unknown for names and verbs that there are not."""
    if verb not in VERBS:
        raise Unknown(f"there is no question '{verb}'{nearest(verb, VERBS)}; there are: {', '.join(VERBS)}")
    answer = _Why(analysis.facts, analysis.view(), subject, verb, target).answer()
    rests_on = [] if answer.holds else analysis.rests_on(lambda view: _Why(view.facts, view, subject, verb, target).answer().holds)
    answer.rest_on(rests_on)
    return answer


class _Why:
    """One question of one view."""

    def __init__(self, facts: Facts, view: View, subject: str, verb: str, target: str):
        self.facts = facts
        self.view = view
        self.subject, self.verb, self.target = subject, verb, target
        self.kind = ""
        self.question = f"{subject} {verb} {target}"

    def answer(self) -> Answer:
        """Check the names, then answer by the kind of question."""
        for name in (self.subject, self.target):
            if name == ROOTTASK:
                return self._of_roottask()
        if self.subject not in self.facts.threads:
            known = self.facts.subjects
            raise Unknown(f"there is no process, guest or VMM '{self.subject}'{nearest(self.subject, known)}; there are: {listing(known)}")
        self.kind = self._kind()
        if self.subject == self.target:
            raise Unknown(f"'{self.subject}' is both who and whom; name two")
        if self.verb in ("can-read", "can-write"):
            return self._memory()
        if self.verb == "reaches":
            return self._reaches()
        return self._by_itself(_MAY[self.verb])

    def _kind(self) -> str:
        """What the target is, which must go with the verb."""
        kinds = targets(self.facts)
        kind = kinds.get(self.target)
        if kind is None:
            raise Unknown(f"there is no '{self.target}'{nearest(self.target, kinds)}; there are: {listing(kinds)}")
        fitting = {
            "can-read": ("subject", "region"), "can-write": ("subject", "region"), "can-call": ("subject", "service"), "can-signal": ("subject", "event"),
            "can-stop": ("subject",), "reaches": ("subject", "region", "service", "event", "device"),
        }[self.verb]
        if kind not in fitting:
            known = [name for name, each in kinds.items() if each in fitting]
            raise Unknown(f"'{self.target}' is a {kind}, which {self.verb} cannot be about; ask about one of: {listing(known)}")
        return kind

    def _of_roottask(self) -> Answer:
        headline = (
            f"yes: {self.question}. The roottask made every object and is told of every fault: everybody trusts it and it reaches everybody. "
            "It acts on nothing but faults and the power-off, and no other answer counts it."
        )
        return Answer(self.question, True, headline)

    # Memory ------------------------------------------------------------------------------------

    def _memory(self) -> Answer:
        is_read = self.verb == "can-read"
        access, graph = self.view.access, self.view.flow
        direct = access.answer("may_read" if is_read else "may_write", self.subject, self.target)
        doing = f"{_DOING[self.verb]} {self.target}" if self.kind == "subject" else f"{_DOING[self.verb].split()[0]} the region {self.target}"
        if direct:
            return self._with_givers(doing, direct)
        node = self.target if self.kind == "subject" else f"memory:shared.{self.target}"
        ends = (node, self.subject) if is_read else (self.subject, node)
        edges = graph.path(*ends, first=takes_memory) if is_read else graph.path(*ends, last=puts_memory)
        if edges:
            links = self.view.words.links(edges)
            others = list(dict.fromkeys(link.target for link in links[:-1] if link.target in self.facts.threads))
            return self._yes(f"{self.subject} can {doing} with the help of {', '.join(others)}", links, others)
        sections = [self._who_instead("may_read" if is_read else "may_write", doing)]
        if self.kind == "subject":
            sections.append(self._messages(*ends, is_read))
        return self._no(f"{self.subject} can never {doing}", sections)

    def _messages(self, source: str, target: str, is_read: bool) -> Section:
        """What the source itself sends does get there, or does not."""
        edges = self.view.flow.path(source, target)
        if edges:
            head = f"what {source} itself sends reaches {target}, which is no {'reading' if is_read else 'writing'} of memory:"
            return Section(head, links=self.view.words.links(edges), key="messages")
        return self._ends(source, f"no data of {source} reaches {target}")

    def _ends(self, source: str, head: str) -> Section:
        """How far data of a subject goes, and where it is kept back."""
        reached = self.view.flow.reached(source)
        lines = [f"it goes as far as {_some(reached)}" if reached else "it goes nowhere: nobody else has anything in common with it"]
        lines += [f"it ends where {self.facts.channel_text(channel)}" for channel in self.view.flow.borders(source)]
        return Section(f"{head}:", lines=lines, key="reach")

    # By itself ---------------------------------------------------------------------------------

    def _by_itself(self, verb: str) -> Answer:
        links = self.view.access.answer(verb, self.subject, self.target)
        doing = f"{_DOING[self.verb]} {self.target}"
        if links:
            return self._with_givers(doing, links)
        sections = [self._who_instead(verb, doing)]
        if self.kind == "subject":
            edges = self.view.flow.path(self.subject, self.target)
            if edges:
                head = f"what {self.subject} sends reaches {self.target} all the same:"
                sections.append(Section(head, links=self.view.words.links(edges), key="messages"))
            else:
                sections.append(self._ends(self.subject, f"no data of {self.subject} reaches {self.target}"))
        return self._no(f"{self.subject} can never {doing}", sections)

    def _who_instead(self, verb: str, doing: str) -> Section:
        """Who can, and how, since the one asked about cannot."""
        lines = []
        for other in self.facts.subjects:
            links = None if other in (self.subject, self.target) else self.view.access.answer(verb, other, self.target)
            if links:
                places = ", ".join(dict.fromkeys(spot(place) for link in links for place in link.places))
                lines.append(links[-1].text if len(links) == 1 else f"{other}, in {len(links)} steps ({places}): {links[-1].text}")
        exits = self._exits() if verb == "may_call" else ""
        if not lines:
            return Section(exits or f"nobody else can {doing}, either.", key="instead")
        more = [f"and {len(lines) - _NAMED} more"] if len(lines) > _NAMED else []
        return Section(f"who can {doing}:", lines=lines[:_NAMED] + more + ([exits] if exits else []), key="instead")

    def _exits(self) -> str:
        """A guest's exits are calls of its VMM, by no capability that it has."""
        guests = [guest for guest, vmm in self.facts.guests.items() if vmm == self.target]
        return f"nobody has a capability to call {self.target}; the exits and faults of {', '.join(guests)} go to it as calls." if guests else ""

    # Everything --------------------------------------------------------------------------------

    def _reaches(self) -> Answer:
        if self.kind != "subject":
            return self._reaches_thing()
        access, graph, words = self.view.access, self.view.flow, self.view.words
        sections = []
        edges = graph.path(self.subject, self.target)
        if edges:
            sections.append(Section(f"data of {self.subject} gets to {self.target}:", links=words.links(edges), key="data"))
        for verb, head in (("may_read", "reads the memory of"), ("may_stop", "may stop")):
            links = access.answer(verb, self.subject, self.target)
            if links:
                sections.append(Section(f"{self.subject} {head} {self.target}:", links=links, key=verb))
        back = graph.path(self.target, self.subject)
        if back:
            sections.append(Section(f"data of {self.target} gets to {self.subject}:", links=words.links(back), key="back"))
        if sections:
            return Answer(self.question, True, f"yes: {self.subject} reaches {self.target}.", sections, self._facts(sections[0].links))
        return self._no(f"{self.subject} does not reach {self.target}", [
            self._ends(self.subject, f"no data of {self.subject} reaches {self.target}"), self._ends(self.target, f"no data of {self.target} reaches {self.subject}")])

    def _reaches_thing(self) -> Answer:
        if self.kind in ("service", "event") and self.target.partition(".")[0] == self.subject:
            verb, where = ("serves", self.facts.places.of("processes", self.subject, "serves", self.target.partition(".")[2])) if self.kind == "service" else (
                "waits for", self.facts.places.of_key(self.subject, "events"))
            link = Link(self.subject, self.target, "own", f"{self.subject} {verb} {self.target} ({spot(where)})", (where,))
            return self._yes(f"{self.subject} {verb} the {self.kind} {self.target} itself", [link], [])
        verbs = {"region": ("may_read", "may_write"), "service": ("may_call",), "event": ("may_signal",), "device": ("may_use",)}[self.kind]
        found = [Section(f"{self.subject} {verb.replace('_', ' ')} it:", links=links, key=verb) for verb in verbs
                 if (links := self.view.access.answer(verb, self.subject, self.target))]
        if found:
            return Answer(self.question, True, f"yes: {self.subject} reaches the {self.kind} {self.target}.", found, self._facts(found[0].links))
        return self._no(f"{self.subject} can never reach the {self.kind} {self.target} by itself", [self._who_instead(verbs[0], f"reach {self.target}")])

    # Forms -------------------------------------------------------------------------------------

    def _with_givers(self, doing: str, links: list[Link]) -> Answer:
        """What the subject does itself, perhaps with capabilities that others must send it first."""
        givers = list(dict.fromkeys(link.source for link in links if link.kind == TRANSFER and link.source != self.subject))
        condition = " if others hand it what it takes" if givers else ""
        return self._yes(f"{self.subject} can {doing}{condition}", links, givers)

    def _yes(self, sentence: str, links: list[Link], helpers: list[str]) -> Answer:
        """`helpers` must act for it, too: without them the answer would be no."""
        answer = Answer(self.question, True, f"yes: {sentence}.", [Section("by:", links=links, key="path")], self._facts(links))
        answer.facts["helpers"] = helpers
        return answer

    def _no(self, sentence: str, sections: list[Section]) -> Answer:
        return Answer(self.question, False, f"no: {sentence}.", sections, self._facts([]))

    def _facts(self, links: list[Link]) -> dict[str, object]:
        return {"subject": self.subject, "verb": self.verb, "target": self.target, "path": [link.as_dict() for link in links]}


def targets(facts: Facts) -> dict[str, str]:
    """Everything a question can be about, and what it is."""
    kinds = dict.fromkeys(facts.subjects, "subject")
    for device in facts.system.platform.devices:
        kinds.setdefault(device, "device")
    for region in facts.system.shared:
        kinds.setdefault(region.name, "region")
    for guest in facts.system.guests:
        for device in guest.devices:
            kinds.setdefault(f"{guest.name}.{device.name}", "guest's device")
            kinds.setdefault(device.name, "guest's device")
    for process in facts.system.processes:
        kinds.update({f"{process.name}.{service}": "service" for service in process.serves})
        # An expanded spec calls all bits events; a timer has one, which is no right of anybody but its own.
        kinds.update({name: "event" for event in process.events if facts.types.get(name := f"{process.name}.{event}") != "TIMER"})
    return kinds


def _some(names: list[str]) -> str:
    """Some names of many."""
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
