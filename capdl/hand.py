# SPDX-License-Identifier: BSD-2-Clause
"""Single capabilities that a spec gives by hand, for what the language has no word for.

An object is named as in system.cdl: OWNER.KIND. What would be unsound is refused: an object whose one capability moves to
its owner, rights that the type does not have, a sender that a server cannot tell from another.
"""

from __future__ import annotations

from collections.abc import Callable

from capdl.diagnostics import Place, Reporter, listing, nearest
from capdl.model import Capability, Process, System
from capdl.plan_data import Object, Plan

#: Rights that mean something, by type of object (libsel/abi/objects.yaml); a capability to another type is complete by itself.
RIGHTS = {
    "ENDPOINT": ("READ", "WRITE", "GRANT"), "NOTIFICATION": ("READ", "WRITE"), "FRAME": ("READ", "WRITE", "EXECUTE"),
    "VSPACE": ("WRITE", "INSPECT"), "VSPACE_GUEST": ("WRITE", "INSPECT"), "CNODE": ("INSPECT",),
}
#: Words for people.
_WORDS = {
    "ENDPOINT": "an Endpoint", "NOTIFICATION": "a Notification", "FRAME": "memory", "VSPACE": "a VSpace", "VSPACE_GUEST": "a VSpace", "CNODE": "a CNode",
    "TCB": "a TCB", "SCHED_CONTEXT": "a SchedContext", "TIMER": "a Timer", "VCPU": "a VCPU",
}
_REFUSED = {
    "REPLY": ("it has one capability, which its server holds", "call the server instead"),
    "UNTYPED": ("it has one capability, which moves to its owner", "ask for memory of its own by `untyped`"),
    "IRQ_HANDLER": ("a device has one driver", "give the process the device by `devices`"),
}


class Hand:
    """Gives a plan's processes their capabilities by hand."""

    def __init__(self, system: System, plan: Plan, reporter: Reporter, cap: Callable[..., int], know_badge: Callable[[Process, str, str, int], None]):
        self.know_badge = know_badge
        self.system = system
        self.plan = plan
        self.reporter = reporter
        self.cap = cap
        self.objects = self._objects()
        self.badges = {(row.object, row.badge): (row.cnode.split(".")[0], row.name) for row in plan.caps if row.badge}

    def _objects(self) -> dict[str, Object]:
        """Every object of the plan and those that are made of it later."""
        known = {item.name: item for item in self.plan.objects}
        for thread in self.plan.threads:
            kind = "VSPACE_GUEST" if "GUEST" in thread.flags else "VSPACE"
            known[thread.vspace] = Object(thread.vspace, kind, thread.part, 0)
            known.setdefault(thread.cnode, Object(thread.cnode, "CNODE", thread.part, 0))
        return known

    def give(self, process: Process, capability: Capability) -> None:
        """Check and add one of a process's capabilities."""
        subject = f"process '{process.name}': capability '{capability.name}'"
        item = self._object(capability, subject)
        if item is None or not self._are_rights_possible(capability, item, subject) or not self._is_badge_possible(capability, item, subject):
            return
        self.cap(process.name, capability.name, item.name, capability.rights or (), badge=capability.badge, count=item.count)
        if item.type == "ENDPOINT" and capability.badge:
            self.badges[item.name, capability.badge] = (process.name, capability.name)
            self.know_badge(process, capability.name, item.name, capability.badge)

    def _object(self, capability: Capability, subject: str) -> Object | None:
        """The object that a capability names; None was reported."""
        name, place = capability.object, capability.object_place
        owner = name.split(".")[0]
        item = self.objects.get(name)
        if owner in ("kernel", "roottask"):
            return self._refuse(place, subject, name, f"it is the {owner}'s own", "use `authority`, `smc` or `may_power_off`")
        if item is None:
            known = [each for each in self.objects if each.startswith(f"{owner}.")]
            owners = dict.fromkeys(each.split(".")[0] for each in self.objects)
            permitted = f"objects there are: {listing(known)}" if known else f"owners of objects are: {listing(each for each in owners if each != 'roottask')}"
            self.reporter.add("SEL-S094", place, subject, name=name[:80], nearest=nearest(name, known or owners), permitted=permitted)
            return None
        if item.type in _REFUSED or item.address is not None:
            return self._refuse(place, subject, name, *_REFUSED[item.type if item.type in _REFUSED else "IRQ_HANDLER"])
        owner, kind = name.split(".")
        if (owner, kind) in self.system.spoken and "WRITE" in (capability.rights or ()):
            return self._refuse(place, subject, name, f"its clients speak protocol '{self.system.spoken[owner, kind].protocol.name}', each in its roles", "call it by `uses`")
        if any(thread.fault == name for thread in self.plan.threads):
            return self._refuse(place, subject, name, "its messages come from the kernel, for the VMM alone", "ask the VMM by a service of its own")
        return item

    def _refuse(self, place: Place, subject: str, name: str, reason: str, remedy: str) -> None:
        self.reporter.add("SEL-S097", place, subject, object=name, reason=reason, remedy=remedy)

    def _are_rights_possible(self, capability: Capability, item: Object, subject: str) -> bool:
        has = RIGHTS.get(item.type, ())
        kind = _WORDS[item.type]
        for right in capability.rights or ():
            if right not in has:
                remedy = f"it has: {listing(each.lower() for each in has)}" if has else "leave `rights` out: the capability is complete by itself"
                self.reporter.add("SEL-S095", capability.rights_place, subject, object=item.name, kind=kind, right=right.lower(), remedy=remedy)
                return False
        if has and not capability.rights:
            self.reporter.add("SEL-S011", capability.rights_place, subject, key="rights", example=f"[{has[0].lower()}]")
            return False
        if item.type == "FRAME" and {"WRITE", "EXECUTE"} <= set(capability.rights or ()):
            self._refuse(capability.rights_place, subject, item.name, "nothing is both writable and executable", "remove one of the two rights")
            return False
        return True

    def _is_badge_possible(self, capability: Capability, item: Object, subject: str) -> bool:
        place, badge = capability.badge_place, capability.badge
        can_send = item.type in ("ENDPOINT", "NOTIFICATION") and "WRITE" in (capability.rights or ())
        if badge and item.type not in ("ENDPOINT", "NOTIFICATION"):
            self.reporter.add("SEL-S096", place, subject, object=item.name, kind=_WORDS[item.type])
            return False
        taken = {number for object, number in self.badges if object == item.name} if can_send else set()
        free = next(number for number in range(1, len(taken) + 2) if number not in taken)
        if can_send and not badge:
            owner = "server tells its clients" if item.type == "ENDPOINT" else "owner tells its events"
            self.reporter.add("SEL-S099", place, subject, object=item.name, owner=owner, free=free)
            return False
        if item.type == "ENDPOINT" and (item.name, badge) in self.badges:
            client, name = self.badges[item.name, badge]
            self.reporter.add("SEL-S098", place, subject, object=item.name, badge=badge, holder=f"'{name}' of process '{client}'", free=free)
            return False
        return True
