# SPDX-License-Identifier: BSD-2-Clause
"""Who waits for whom, and which circles are deadlocks, on states made by hand."""

from __future__ import annotations

from conftest import BUILT, World
from introspect.sentences import Text
from introspect.waits import deadlocks, stuck, waits_of


def said(world: World) -> list[str]:
    return Text(world.state, BUILT).deadlock_lines()


def about(world: World, name: str) -> str:
    thread = next(each for each in world.state.threads.values() if world.state.name(each.address) == name)
    return Text(world.state, BUILT).about(thread)


def names_of_stuck(world: World) -> set[str]:
    return {world.state.name(each) for each in stuck(waits_of(world.state))}


def test_two_that_call_one_another(world: World) -> None:
    world.thread("a", "send", "b.call")
    world.thread("b", "send", "a.call")
    world.serves("a", "a.call", "b")
    world.serves("b", "b.call", "a")
    assert said(world) == ["deadlock: a -> b.call -> a"]
    assert about(world, "a") == "calls b.call and waits for ever for b to receive it"


def test_a_circle_of_three_is_told_once(world: World) -> None:
    for name, peer in (("a", "b"), ("b", "c"), ("c", "a")):
        world.thread(name, "send", f"{peer}.call")
        world.serves(peer, f"{peer}.call", name)
    assert said(world) == ["deadlock: a -> b.call -> c.call -> a"]


def test_a_server_that_calls_its_caller(world: World) -> None:
    world.caller("client", "server")
    world.thread("server", "send", "client.call")
    world.serves("server", "server.call", "client")
    world.serves("client", "client.call", "server")
    assert said(world) == ["deadlock: client -> server.call -> client"]
    assert about(world, "client") == "has called server.call and waits for ever for the answer of server"


def test_the_endpoint_of_a_call_is_not_guessed(world: World) -> None:
    world.caller("client", "server")
    world.thread("server", "send", "client.call")
    world.serves("server", "server.one", "client")
    world.serves("server", "server.two", "client")
    world.serves("client", "client.call", "server")
    assert said(world) == ["deadlock: client -> server -> client"]
    assert about(world, "client") == "has called server and waits for ever for the answer"


def test_one_that_calls_itself(world: World) -> None:
    world.thread("a", "send", "a.call")
    world.serves("a", "a.call", "a")
    assert said(world) == ["deadlock: a -> a"]


def test_another_receiver_can_still_come(world: World) -> None:
    world.thread("a", "send", "pool.call")
    world.thread("b", "send", "a.call")
    world.thread("worker", "ready")
    world.serves("a", "a.call", "b")
    world.serves("b", "pool.call", "a")
    world.gives("worker", "READ", "pool.call")
    assert said(world) == []
    assert names_of_stuck(world) == set()


def test_no_other_receiver_is_left(world: World) -> None:
    world.thread("a", "send", "pool.call")
    world.thread("b", "send", "a.call")
    world.thread("worker", "inactive")
    world.serves("a", "a.call", "b")
    world.serves("b", "pool.call", "a")
    world.gives("worker", "READ", "pool.call")
    assert said(world) == ["deadlock: a -> b (pool.call) -> a"]


def test_a_server_that_waits_for_a_signal_of_its_caller(world: World) -> None:
    world.caller("a", "b")
    world.thread("b", "wait", "b.bell")
    world.serves("b", "b.call", "a")
    world.gives("a", "WRITE", notification="b.bell")
    assert said(world) == ["deadlock: a -> b.call -> a"]


def test_a_timer_that_is_set_opens_the_circle(world: World) -> None:
    world.caller("a", "b")
    world.thread("b", "wait", "b.bell")
    world.gives("a", "WRITE", notification="b.bell")
    world.notification("b.bell", timer_at=101_500)
    assert said(world) == []
    assert about(world, "b") == "waits at b.bell for a signal or its timer in 1500 ms"


def test_an_interrupt_opens_the_circle(world: World) -> None:
    world.caller("a", "b")
    world.thread("b", "wait", "b.bell")
    world.gives("a", "WRITE", notification="b.bell")
    world.notification("b.bell", intid=33)
    assert said(world) == []


def test_two_that_wait_for_signals_are_at_rest(world: World) -> None:
    for name, peer in (("a", "b"), ("b", "a")):
        world.thread(name, "wait", f"{name}.bell")
        world.gives(peer, "WRITE", notification=f"{name}.bell")
    assert said(world) == []


def test_a_stopped_server_is_waited_for_for_ever(world: World) -> None:
    world.thread("client", "send", "server.call")
    world.thread("server", "inactive")
    world.serves("server", "server.call", "client")
    assert said(world) == []
    assert about(world, "client") == "calls server.call and waits for ever for server to receive it"
    assert about(world, "server") == "is stopped"


def test_what_the_roottask_keeps_helps_nobody(world: World) -> None:
    """It has a capability of nearly every object and only ever receives at its own endpoint."""
    world.thread("roottask", "recv", "roottask.fault")
    world.thread("a", "send", "b.call")
    world.thread("b", "send", "a.call")
    world.thread("c", "ready")
    world.serves("a", "a.call", "b")
    world.serves("b", "b.call", "a")
    world.serves("roottask", "roottask.fault", "c")
    for endpoint in ("a.call", "b.call"):
        world.gives("roottask", "READ", endpoint)
    assert said(world) == ["deadlock: a -> b.call -> a"]
    assert "roottask" not in names_of_stuck(world)


def test_a_fault_is_waited_for_at_its_handler(world: World) -> None:
    world.caller("guest", "vmm")
    address = next(iter(world.state.threads))
    world.state.threads[address] = type(world.state.threads[address])(address, "reply", 10, reply=world.state.threads[address].reply, fault_label=1)
    world.thread("vmm", "ready")
    assert about(world, "guest") == "has a fault (MEMORY) and waits for the answer of vmm"


def test_who_runs_and_who_is_ready_wait_for_nothing(world: World) -> None:
    world.state.running = world.thread("a")
    world.thread("b")
    world.context("a", budget=10, period=100)
    world.context("b", budget=10, period=100)
    assert (about(world, "a"), about(world, "b")) == ("runs", "is ready to run")
    assert waits_of(world.state) == {} and deadlocks({}) == []
