# SPDX-License-Identifier: BSD-2-Clause
"""The state of a system whose behaviour is known (knot/system.yaml), read from its machine."""

from __future__ import annotations

import json
import re
import struct
import subprocess
from pathlib import Path

import pexpect
import pytest
from conftest import KNOT, ROOT, Booted
from introspect.memory import Memory
from introspect.model import Processor, State
from introspect.qmp import monitor
from introspect.reader import read_state
from introspect.sentences import text_of


@pytest.fixture(scope="module")
def state(knot: Booted) -> State:
    with monitor(knot.socket) as (connection, folder), connection.held(folder) as (memory, processor):
        assert processor.is_at_rest
        return read_state(memory, knot.files.built, processor)


def named(state: State, table: dict, name: str):  # type: ignore[no-untyped-def]
    return next(each for each in table.values() if state.name(each.address) == name)


def test_threads_have_the_specs_names_states_and_times(state: State) -> None:
    threads = {state.name(each.address): each for each in state.threads.values()}
    assert {name: (each.state, each.priority) for name, each in threads.items() if name != "echo_client"} == {
        "roottask": ("recv", 255), "asked": ("send", 90), "asker": ("reply", 80), "echo_server": ("recv", 70),
    }
    contexts = {state.name(each.address): each for each in state.contexts.values()}
    ms = state.hz / 1000
    assert (contexts["asker.context"].budget, contexts["asker.context"].period) == (3 * ms, 20 * ms)
    for context in contexts.values():
        assert sum(each.amount for each in context.refills) == context.budget or context.budget == context.period, "B1"


def test_queues_chains_and_timers_are_told(state: State) -> None:
    asked, asker = named(state, state.threads, "asked"), named(state, state.threads, "asker")
    second = named(state, state.endpoints, "asker.second")
    assert (second.state, second.queue) == ("senders", (asked.address,))
    assert asked.blocked_on == second.address and asked.is_call
    chain = state.replies[asker.reply]
    assert (chain.caller, chain.server, asked.serving) == (asker.address, asked.address, (chain.address,))
    assert (named(state, state.endpoints, "echo_server.echo").state, named(state, state.endpoints, "asked.first").state) == ("receivers", "idle")
    timer = named(state, state.timers, "echo_client.timer")
    assert state.name(timer.notification) == "echo_client.notification"


def test_capabilities_are_those_of_the_spec(knot: Booted, state: State) -> None:
    """What the spec compiler has given to asker; a capability without a list of rights there has all."""
    caps = json.loads((knot.build / "gen" / "plan.json").read_text())["caps"]
    given = {(row["slot"], row["object"], tuple(row["rights"])) for row in caps if row["cnode"] == "asker.cnode" and row["rights"] and "kernel." not in row["object"]}
    live = {(each.index, state.name(each.object), each.rights) for each in state.capabilities if state.owner(each.cnode) == "asker"}
    assert len(given) >= 3 and given <= live, live


def test_the_knot_is_told_and_nothing_else(knot: Booted, state: State) -> None:
    lines = text_of(state, knot.files.built).splitlines()
    assert [line for line in lines if line.startswith("deadlock")] == ["deadlock: asked -> asker.second -> asked"]
    assert any(re.match(r"  asker +80  has called asked.first and waits for ever for the answer of asked; 3 of 3 ms left, period 20 ms$", line) for line in lines), lines
    assert any(event.kind == "switch" and (state.name(event.a), state.name(event.b)) == ("echo_client", "echo_server") for event in state.events)
    switches = [found.groups() for line in lines if (found := re.search(r"switch  (\S+) -> (\S+)$", line))]
    assert switches and {name for pair in switches for name in pair} <= {"echo_client", "echo_server", "asker", "asked", "roottask", "idle"}, lines


def test_the_machine_goes_on_after_a_look(knot: Booted, state: State) -> None:
    with monitor(knot.socket) as (connection, _):
        assert connection.ask("query-status")["running"]


def overlaid(memory: Memory, words: dict[int, int]) -> Memory:
    """The same memory with other words at some addresses."""

    def fetch(address: int, size: int) -> bytes:
        data = bytearray(memory.read(address, size))
        for at, word in words.items():
            if address <= at < address + size:
                struct.pack_into("<Q", data, at - address, word)
        return bytes(data)

    return Memory(fetch)


def test_a_kernel_that_waits_with_a_thread_in_hand_is_not_at_rest(knot: Booted, state: State) -> None:
    """So a panic ends: behind a WFI, in the middle of a system call."""
    built = knot.files.built
    current = built.layout.address("percpu_area") + built.layout.offset("percpu", "current")
    asked = named(state, state.threads, "asked").address
    with monitor(knot.socket) as (connection, folder), connection.held(folder) as (memory, _):
        for word, expected in ((0, True), (asked, False)):
            assert read_state(overlaid(memory, {current: word}), built, Processor(0, 2, True)).processor.is_at_rest is expected


def test_a_damaged_list_neither_hangs_nor_fails(knot: Booted, state: State) -> None:
    """Pointers into a device, to nothing, and back to where they come from."""
    built, asked = knot.files.built, named(state, state.threads, "asked")
    places = [asked.address + built.layout.offset("tcb", field) for field in ("peer_next", "queue_next", "serving")]
    slot = next(each.slot for each in state.capabilities if state.owner(each.cnode) == "asked") + built.layout.offset("slot", "next")
    with monitor(knot.socket) as (connection, folder), connection.held(folder) as (memory, _):
        for bad in (0x0900_0000, 0xFFFF_FFFF_FFFF_FFF8, asked.address, slot):
            damaged = read_state(overlaid(memory, dict.fromkeys([*places, slot], bad)), built, Processor())
            assert damaged.name(asked.address) == "asked" and text_of(damaged, built)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(ROOT / "sel"), "run", str(KNOT), *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=200)


def test_a_failed_run_leaves_what_it_waited_for(knot: Booted) -> None:
    done = run("--preset", "test", "--expect", "sent 1,", "--expect", "never said", "--timeout", "15")
    assert done.returncode == 1
    assert "\ndeadlock: asked -> asker.second -> asked\nwho waits for whom then is in " in done.stdout
    file = Path(re.search(r"then is in (\S+)$", done.stdout, re.MULTILINE)[1])  # type: ignore[index]
    assert "asked  " in file.read_text() and f"log={file.parent}" in done.stdout


def test_the_watchdog_of_a_kernel_without_trace(knot: Booted) -> None:
    done = run("--preset", "release", "--watchdog", "2", "--expect", r"sent 12,", "--timeout", "60")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("[sel] a deadlock has stood for 2 s:") == 1
    assert "[sel] deadlock: asked -> asker.second -> asked\n" in done.stdout
    assert "[sel] the kernel of this preset keeps no trace (presets debug and test do): no last events\n" in done.stdout


def test_the_watchdog_of_a_system_that_has_come_to_rest(knot: Booted) -> None:
    """`minimal` says a word and ends; its kernel keeps a trace, in which nobody hands over to anybody."""
    command = [str(ROOT / "sel"), "run", "minimal", "--watchdog", "2", "--expect", "never said", "--timeout", "15"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=200)
    assert done.stdout.count("[sel] no progress for 2 s:\n[sel] who waits for whom, ") == 1, done.stdout
    assert re.search(r"^\[sel\]   hello +100  is stopped", done.stdout, re.MULTILINE)


def test_a_key_shows_who_waits_for_whom(knot: Booted) -> None:
    child = pexpect.spawn(str(ROOT / "sel"), ["run", str(KNOT), "--preset", "test"], cwd=str(ROOT), timeout=100, encoding="utf-8")
    child.expect("sent 1,")
    child.send("\x1dw")
    child.expect(r"\[sel\] deadlock: asked -> asker.second -> asked\r")
    child.expect(r"\[sel\]   asker +80  has called asked.first and waits for ever for the answer of asked")
    child.send("\x1dq")
    child.expect("result=ok")


@pytest.mark.parametrize(("given", "sentence"), [
    (("--watchdog", "0"), "0 is not a number of seconds above 0"),
    (("--watchdog", "3", "--gdb"), "--watchdog watches a machine that runs, and --gdb stops it: give one of them"),
])
def test_options_that_cannot_be(given: tuple[str, ...], sentence: str) -> None:
    done = run(*given)
    assert done.returncode == 2 and sentence in done.stdout, done.stdout
