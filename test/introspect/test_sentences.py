# SPDX-License-Identifier: BSD-2-Clause
"""Budgets, doubts and events in words, on states made by hand. A tick is a millisecond."""

from __future__ import annotations

from dataclasses import replace

from conftest import BUILT, World
from introspect.model import Event, Processor, Refill
from introspect.sentences import NO_TRACE, text_of
from introspect.telling import Telling


def line_of(world: World, name: str) -> str:
    return next(line for line in text_of(world.state, BUILT).splitlines() if line.split()[:1] == [name])


def test_budget_that_is_there_and_that_comes_back(world: World) -> None:
    """At 100,000 ms: 3 released and 2 at 100,004; 1 of those is in use and not charged."""
    world.state.charged_since = 99_999
    world.thread("a", "wait", "a.bell")
    world.context("a", budget=5, period=20, refills=(Refill(99_000, 3), Refill(100_004, 2)))
    assert line_of(world, "a").endswith("; 3 of 5 ms left, period 20 ms, more in 4 ms")
    world.state.charged = next(iter(world.state.contexts))
    assert line_of(world, "a").endswith("; 2 of 5 ms left, period 20 ms, more in 4 ms")


def test_a_budget_without_bound_is_told_as_slices(world: World) -> None:
    world.thread("a")
    world.context("a", budget=20, period=20, refills=(Refill(99_000, 15),))
    assert line_of(world, "a").endswith("; all the time there is, in slices of 20 ms (15 left)")


def test_who_has_used_up_its_budget(world: World) -> None:
    world.thread("a")
    world.context("a", budget=5, period=20, refills=(Refill(100_007, 5),), is_out_of_budget=True)
    assert "has used up its budget; 0 of 5 ms left, period 20 ms, more in 7 ms" in line_of(world, "a")


def test_who_runs_on_the_time_of_another(world: World) -> None:
    """A server has its caller's context while it answers."""
    world.caller("client", "server")
    world.thread("server")
    world.context("server", budget=5, period=20, refills=(Refill(99_000, 5),))
    address = next(iter(world.state.contexts))
    world.state.names[address] = "client.context"
    assert line_of(world, "server").endswith("is ready to run; on client.context 5 of 5 ms left, period 20 ms")
    client = next(each for each, name in world.state.names.items() if name == "client")
    world.state.threads[client] = replace(world.state.threads[client], home_context=address)
    assert line_of(world, "client").endswith("; its time is lent to server")


def test_who_has_time_of_its_own_is_not_called_passive(world: World) -> None:
    """`passive` is a key of the spec: a VMM that waits has a budget, which is its notification's."""
    world.thread("server", "recv", "server.calls")
    assert line_of(world, "server").endswith("; passive")
    bell = world.notification("vmm.notification")
    vmm = world.thread("vmm", "recv", "vmm.exits", bound_notification=bell)
    world.context("vmm", budget=5, period=20)
    own = world.state.threads[vmm].context
    world.state.threads[vmm] = replace(world.state.threads[vmm], context=0)
    world.state.contexts[own] = replace(world.state.contexts[own], thread=0, home_notification=bell)
    world.state.notifications[bell] = replace(world.state.notifications[bell], context=own)
    assert line_of(world, "vmm").endswith("; its time waits for a signal")


def test_threads_stand_by_priority_and_numbers_by_value(world: World) -> None:
    for name in ("worker10", "worker2", "server"):
        world.thread(name, "inactive")
    lines = [line.split()[0] for line in text_of(world.state, BUILT).splitlines() if line.startswith("  ")]
    assert lines == ["server", "worker2", "worker10"]


def test_a_kernel_without_trace_says_so(world: World) -> None:
    assert text_of(world.state, BUILT).splitlines()[-1] == NO_TRACE


def test_a_kernel_at_work_casts_doubt(world: World) -> None:
    world.state.processor = Processor(0x40200000, 2, False)
    assert text_of(world.state, BUILT).splitlines()[0] == "the kernel is at work (pc 0x40200000): what follows may be half changed"


def test_signals_that_nobody_took_are_told(world: World) -> None:
    world.notification("a.bell", pending=0x14)
    assert "  a.bell holds signals that nobody has taken: 0x14" in text_of(world.state, BUILT).splitlines()


def tell(world: World, *events: tuple[int, str, int, int]) -> list[str]:
    told = Telling.of_state(world.state, BUILT).tell(Event(*each) for each in events)
    return [f"{each.time} {each.kind} {each.thread}{f'>{each.to}' if each.to else ''} {each.what}".strip() for each in told]


def test_an_event_is_of_who_runs(world: World) -> None:
    """Who ran before the first switch is who it leads away from."""
    a, b = world.thread("a"), world.thread("b")
    found = tell(world, (1, "irq", 33, 0), (2, "switch", a, b), (3, "syscall", 8, 5), (4, "switch", b, 0), (5, "irq", 27, 0))
    assert found == ["1 irq a interrupt 33", "2 switch a>b", "3 syscall b wait slot 5", "4 switch b>idle", "5 irq idle interrupt 27"]


def test_two_entries_of_one_exit_or_fault_are_one(world: World) -> None:
    guest = world.thread("guest")
    store = 0x101  # reason 1, MMIO; is_write
    exits = tell(world, (1, "switch", 0, guest), (2, "vm_exit", store, 0x4000), (3, "vm_exit", 5, store))
    assert exits[1:] == ["2 vm_exit guest MMIO store at 0x4000"]
    faults = tell(world, (1, "switch", 0, guest), (2, "fault", 0x92000006, 0x4000), (3, "fault", 1, 0x4000), (4, "fault", 4, 0x1))
    assert faults[1:] == ["2 fault guest MEMORY at 0x4000, syndrome 0x92000006", "4 fault guest TIMEOUT"]


def test_messages_name_their_endpoint(world: World) -> None:
    a = world.thread("a")
    endpoint = world.endpoint("b.call")
    assert tell(world, (1, "switch", 0, a), (2, "ipc", endpoint, 7))[1] == "2 ipc a b.call, badge 7"
