# SPDX-License-Identifier: BSD-2-Clause
"""Reads a kernel's State out of the memory of a machine that stands still."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from introspect import events
from introspect.built import Built
from introspect.memory import Memory, View, variable, walk
from introspect.model import Capability, Context, Endpoint, Interrupt, Notification, Processor, Refill, Reply, State, Thread, Timer, Vcpu
from introspect.names import names_of
from introspect.rest import KERNEL_LEVEL
from introspect.slots import NotFoundError, Slots

#: Entries of the trace that a state takes with it.
TAIL = 24


def read_state(memory: Memory, built: Built, processor: Processor, tail: int = TAIL) -> State:
    """The state; NotFoundError while the kernel boots. Objects that a damaged list leads to in vain are missing, nothing else fails for it."""
    return _Reader(memory, built).read(processor, tail)


class _Reader:
    def __init__(self, memory: Memory, built: Built) -> None:
        self._memory = memory
        self._built = built
        self._layout = built.layout

    def _view(self, structure: str, address: int) -> View:
        return View(self._memory, self._layout, structure, address)

    def _word(self, enumeration: str, value: int) -> str:
        return self._layout.word(enumeration, value)

    def read(self, processor: Processor, tail: int) -> State:
        count = variable(self._memory, self._layout, "ram_count")
        ram = [(each["start"], each["end"]) for each in variable(self._memory, self._layout, "memory_ram")[:count]]
        self._memory.only(ram)
        slots = Slots(self._memory, self._built)
        root = slots.root_cnode(ram)
        capabilities = slots.all(root)
        core = variable(self._memory, self._layout, "percpu_area")
        last = events.tail(self._memory, self._layout, tail)
        since = core["context_since"]
        if processor.level >= KERNEL_LEVEL and core["current"] != 0:
            processor = replace(processor, is_at_rest=False)  # it waits for ever: a panic, in the middle of somebody's system call
        state = State(
            self._built.hz, max([since, *(each.time for each in last or [])]), since, processor, core["current"], core["context"],
            capabilities=capabilities, names=names_of(self._built, root, capabilities), events=last, event_count=events.count(self._memory, self._layout),
        )
        objects = _objects(capabilities)
        state.threads = {each: self._thread(each) for each in objects("TCB")}
        state.contexts = {each: self._context(each) for each in objects("SCHED_CONTEXT")}
        state.endpoints = {each: self._endpoint(each) for each in objects("ENDPOINT")}
        state.notifications = {each: self._notification(each) for each in objects("NOTIFICATION")}
        state.replies = {each: self._reply(each) for each in objects("REPLY")}
        state.timers = {each: self._timer(each) for each in objects("TIMER")}
        state.vcpus = {each: self._vcpu(each, core) for each in objects("VCPU")}
        state.interrupts = dict(self._interrupts(capabilities))
        return state

    def _thread(self, address: int) -> Thread:
        tcb = self._view("tcb", address)
        names = self._built.abi["thread_registers"]
        words = self._memory.read(tcb.at("registers"), 8 * len(names))
        serving = walk(tcb["serving"], lambda reply: self._view("reply", reply)["serving_next"])
        return Thread(
            address, self._word("thread_state", tcb["state"]), tcb["priority"], tcb["blocked_on"], tcb["reply"], tuple(serving),
            tcb["bound_notification"], tcb["context"], tcb["home_context"], bool(tcb["is_call"]), tcb["badge"], tcb["fault_label"],
            tuple(tcb["fault_word"]), tcb["vcpu"], tcb["cspace_slots"], tcb["vspace"],
            {name: int.from_bytes(words[8 * i : 8 * i + 8], "little") for i, name in enumerate(names)},
        )

    def _context(self, address: int) -> Context:
        context = self._view("sched_context", address)
        ring, head = context["refill"], context["refill_head"]
        refills = [ring[(head + position) % len(ring)] for position in range(min(context["refill_count"], len(ring)))]
        return Context(
            address, context["budget"], context["period"], context["consumed"], tuple(Refill(each["release"], each["amount"]) for each in refills),
            bool(context["is_released"]), context["thread"], context["home_thread"], context["home_notification"], context["lent_to"],
        )

    def _queue(self, queue: View) -> tuple[int, ...]:
        """In the order of service: the leaders of each priority, and behind each the ring of its equals (kernel/object/thread_queue.h)."""
        found: list[int] = []
        for leader in walk(queue["head"], lambda each: self._view("tcb", each)["queue_next"]):
            found.append(leader)
            found += [each for each in walk(self._view("tcb", leader)["peer_next"], lambda peer: self._next_in_ring(peer, leader)) if each != leader]
        return tuple(found)

    def _next_in_ring(self, tcb: int, leader: int) -> int:
        following = self._view("tcb", tcb)["peer_next"]
        return 0 if following == leader or tcb == leader else following

    def _endpoint(self, address: int) -> Endpoint:
        endpoint = self._view("endpoint", address)
        word = self._word("endpoint_state", endpoint["state"])
        return Endpoint(address, "receivers" if "receiver" in word else word, self._queue(endpoint["queue"]))

    def _notification(self, address: int) -> Notification:
        each = self._view("notification", address)
        timers = tuple(walk(each["timers"], lambda timer: self._view("timer", timer)["next"]))
        return Notification(address, each["pending"], self._queue(each["queue"]) + self._queue(each["passive"]), each["bound"], each["context"], timers, each["irq_count"])

    def _reply(self, address: int) -> Reply:
        reply = self._view("reply", address)
        return Reply(address, reply["caller"], reply["server"])

    def _timer(self, address: int) -> Timer:
        timer = self._view("timer", address)
        event = timer["event"]
        return Timer(address, event["node"]["key"] if event["is_set"] else None, timer["notification"], timer["badge"])

    def _vcpu(self, address: int, core: View) -> Vcpu:
        vcpu = self._view("vcpu", address)
        arch = vcpu["arch"]
        is_loaded = core["vcpu_loaded"] == address
        registers = dict(zip(self._built.abi["vcpu_registers"], arch["reg"], strict=False))
        return Vcpu(address, vcpu["tcb"], is_loaded, is_loaded and core["vcpu_active"] != 0, registers, tuple(arch["interrupts"]["lr"]))

    def _interrupts(self, capabilities: Iterable[Capability]) -> Iterable[tuple[int, Interrupt]]:
        table = variable(self._memory, self._layout, "irq_table")
        for intid in sorted({each.badge for each in capabilities if each.type == "IRQ_HANDLER"}):
            row: Any = table[intid]
            yield intid, Interrupt(intid, row["notification"], row["badge"], bool(row["is_active"]))


def _objects(capabilities: Iterable[Capability]):  # type: ignore[no-untyped-def]
    """Addresses of the objects of a type, in order."""
    found: dict[str, set[int]] = {}
    for each in capabilities:
        found.setdefault(each.type, set()).add(each.object)
    return lambda kind: sorted(found.get(kind, ()))


__all__ = ["TAIL", "NotFoundError", "read_state"]
