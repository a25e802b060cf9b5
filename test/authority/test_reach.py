# SPDX-License-Identifier: BSD-2-Clause
"""Each rule of what counts as reach, in the smallest system that has the link and in one that lacks only it; answers worked out by hand."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from conftest import Make, add, process, spec_of

from capdl.authority import command
from capdl.authority.analysis import Analysis
from capdl.plan_data import Cap, Map, Object

SERVES = "serves: {s: {}}"
APART = "serves: {s: {separates_clients: true}}"
TAKES = "serves: {s: {takes_capabilities: true}}"
USES = "uses: {s: b.s}"
REGION = "shared:\n  r: {size: 4K, writes: [a], reads: [b]}\n"
BELL = "shared:\n  r: {size: 4K, writes: [a], reads: [b], doorbell: true}\n"
CONSOLE = "console: {server: tty}\n"
CONSOLE_APART = "console: {server: tty, separates_clients: true}\n"
TTY = process("tty", "devices: {uart: uart0}")
GUEST = "guests:\n  g: {image: {raw: ./guest.bin, load: 0x40080000}, memory: 4M, power_off: %s, time: {priority: 20, budget: 1ms, period: 100ms}}\n"
TWO = "guests:\n" + "".join(f"  {name}: {{image: {{raw: ./guest.bin, load: 0x40080000}}, memory: 4M, time: {{priority: 20, budget: 1ms, period: 100ms}}}}\n" for name in "gh")
A, B, C = process("a"), process("b"), process("c")
ALONE = spec_of(A, B)
CHANNEL = spec_of(process("a", USES), process("b", SERVES))
CHAIN = spec_of(process("a", "uses: {s: b.s}"), process("b", SERVES, "uses: {t: c.s}"), process("c", SERVES))
CLIENTS = spec_of(process("a", USES), process("b", "serves: {s: {}}"), process("c", USES))
CLIENTS_APART = CLIENTS.replace("serves: {s: {}}", APART)
TWO_SERVICES = spec_of(process("a", USES), process("b", "serves: {s: {separates_clients: true}, t: {separates_clients: true}}"), process("c", "uses: {t: b.t}"))
THROUGH_BACK = spec_of(process("a", USES), process("b", APART, "uses: {d: d.s}"), process("c", USES), process("d", SERVES))
SENT_TO_SEPARATOR = spec_of(
    process("a", USES, "signals: {k: c.go}"), process("b", "serves: {s: {separates_clients: true, takes_capabilities: true}}"),
    process("c", "events: [go]"), process("d", USES))
#: b reads what d writes and may signal it, and is to receive on c's Endpoint.
HALF_A_SERVER = spec_of(A, process("b", "signals: {k: d.go}"), process("c", SERVES), process("d", "events: [go]"), more="shared:\n  r: {size: 4K, writes: [d], reads: [b]}\n")
FULL = "{priority: 60, budget: 10ms, period: 10ms}"


class Case(NamedTuple):
    """A system, capabilities added by hand, a question and its answer."""

    id: str
    text: str
    question: str
    holds: bool
    caps: tuple[Cap, ...] = ()
    masters: tuple[str, ...] = ()


def both(id: str, question: str, there: str, absent: str, caps: tuple[Cap, ...] = ()) -> list[Case]:
    """The link is in one text and not in the other."""
    return [Case(f"{id}: there", there, question, True, caps), Case(f"{id}: absent", absent, question, False)]


def by_hand(id: str, question: str, cap: Cap, text: str = ALONE) -> list[Case]:
    """The link is a capability added by hand."""
    return [Case(f"{id}: there", text, question, True, (cap,)), Case(f"{id}: absent", text, question, False)]


CASES = [
    # Memory: who writes gives, who reads takes, nothing the other way.
    *both("region is read", "b can-read a", spec_of(A, B, more=REGION), ALONE),
    *both("region is written", "a can-write b", spec_of(A, B, more=REGION), ALONE),
    Case("reader gives nothing", spec_of(A, B, more=REGION), "a can-read b", False),
    Case("reader writes nothing", spec_of(A, B, more=REGION), "b can-write a", False),
    Case("reader writes no region", spec_of(A, B, more=REGION), "b can-write r", False),
    Case("reader reads the region", spec_of(A, B, more=REGION), "b can-read r", True),
    Case("stranger reads no region", spec_of(A, B, C, more=REGION), "c can-read r", False),
    Case("data goes with the region", spec_of(A, B, more=REGION), "a reaches b", True),
    # Guests: the VMM has the RAM and is called by exits.
    Case("VMM reads its guest", spec_of(A, more=GUEST % "stop"), "vmm_g can-read g", True),
    Case("VMM writes its guest", spec_of(A, more=GUEST % "stop"), "vmm_g can-write g", True),
    Case("guest does not read its VMM's own memory", spec_of(A, more=GUEST % "stop"), "g can-read a", False),
    Case("guest's data get to its VMM", spec_of(A, more=GUEST % "stop"), "g reaches vmm_g", True),
    Case("guests have nothing in common", spec_of(A, more=TWO), "g reaches h", False),
    Case("a GICv2's CPU interface is no memory", spec_of(A, more=TWO).replace("qemu-virt-aarch64", "xlnx-zcu102").replace("0x40080000", "0x00080000"), "g reaches h", False),
    Case("VMM of another", spec_of(A, more=TWO), "vmm_g can-read h", False),
    # Messages: a call and its answer; what is sent is no reading of memory.
    *both("calls", "a can-call b", CHANNEL, ALONE),
    Case("calls a service", CHANNEL, "a can-call b.s", True),
    Case("server cannot call", CHANNEL, "b can-call a", False),
    *both("call carries data", "a reaches b", CHANNEL, ALONE),
    *both("answer carries data", "b reaches a", CHANNEL, ALONE),
    Case("messages are no reading", CHANNEL, "a can-read b", False),
    Case("messages are no writing", CHANNEL, "a can-write b", False),
    Case("through a server to another", CHAIN, "a reaches c", True),
    Case("through a server back", CHAIN, "c reaches a", True),
    Case("a caller's callee is not called", spec_of(process("a", "uses: {s: b.s}"), process("b", APART, "uses: {t: c.s}"), process("c", SERVES)), "a can-call c", False),
    # Separators: not from client to client; other ways stay.
    Case("clients of one server", CLIENTS, "a reaches c", True),
    Case("clients kept apart", CLIENTS_APART, "a reaches c", False),
    Case("client and separator", CLIENTS_APART, "a reaches b", True),
    Case("apart on each service, not between two", TWO_SERVICES, "a reaches c", True),
    Case("separator's own server gives it back", THROUGH_BACK, "a reaches c", True),
    Case("unless that separates, too", THROUGH_BACK.replace(SERVES, APART), "a reaches c", False),
    Case("a region beside the service", spec_of(process("a", USES), process("b", APART), process("c", USES), more="shared:\n  r: {size: 4K, writes: [b], reads: [c]}\n"), "a reaches c", True),
    Case("region towards the separator", spec_of(process("a"), process("b", APART), process("c", USES), more="shared:\n  r: {size: 4K, writes: [a], reads: [b]}\n"), "a reaches c", True),
    # Consoles.
    *both("consoles meet in their server", "a reaches b", spec_of(TTY, A, B, more=CONSOLE), spec_of(TTY, A, B, more=CONSOLE_APART)),
    Case("a process and its console", spec_of(TTY, A, more=CONSOLE_APART), "a reaches tty", True),
    Case("a guest's console", spec_of(TTY, A, more=CONSOLE + GUEST % "stop"), "a reaches g", True),
    Case("a guest's console, kept apart", spec_of(TTY, A, more=CONSOLE_APART + GUEST % "stop"), "a reaches g", False),
    # Signals and doorbells: one way.
    *both("signal", "a can-signal b", spec_of(process("a", "signals: {k: b.go}"), process("b", "events: [go]")), spec_of(A, process("b", "events: [go]"))),
    Case("another event", spec_of(process("a", "signals: {k: b.go}"), process("b", "events: [go, stop]")), "a can-signal b.stop", False),
    Case("a signal is data", spec_of(process("a", "signals: {k: b.go}"), process("b", "events: [go]")), "a can-read b", False),
    Case("a signal gets there", spec_of(process("a", "signals: {k: b.go}"), process("b", "events: [go]"), C, more="shared:\n  r: {size: 4K, writes: [b], reads: [c]}\n"), "a reaches c", True),
    *both("doorbell", "b can-signal a", spec_of(A, B, more=BELL), spec_of(A, B, more=REGION)),
    Case("waiting for another's signals", spec_of(process("a", "signals: {k: b.go}"), process("b", "events: [go]"), C), "a reaches c", True, (add("c", "b.notification", "READ"),)),
    # Power over another's objects.
    *by_hand("thread, read", "a can-read b", add("a", "b.tcb")),
    *by_hand("thread, written", "a can-write b", add("a", "b.tcb")),
    *by_hand("thread, stopped", "a can-stop b", add("a", "b.tcb")),
    *by_hand("capabilities", "a can-read b", add("a", "b.cnode", "INSPECT")),
    *by_hand("in another's name", "a can-call c", add("a", "b.tcb"), spec_of(A, process("b", "uses: {s: c.s}"), process("c", APART))),
    *by_hand("in another's name, memory", "a can-read r", add("a", "b.tcb"), spec_of(A, B, C, more="shared:\n  r: {size: 4K, writes: [c], reads: [b]}\n")),
    *by_hand("time, stopped", "a can-stop b", add("a", "b.context")),
    Case("time is no memory", ALONE, "a can-read b", False, (add("a", "b.context"),)),
    Case("time is reach", ALONE, "a reaches b", True, (add("a", "b.context"),)),
    Case("address space is reach", ALONE, "a reaches b", True, (add("a", "b.vspace"),)),
    Case("address space is no memory", ALONE, "a can-read b", False, (add("a", "b.vspace"),)),
    *by_hand("timer", "a reaches b", add("a", "b.timer"), spec_of(A, process("b", "timer: true"))),
    Case("a timer tells nothing", spec_of(A, process("b", "timer: true"), C, more="shared:\n  r: {size: 4K, writes: [c], reads: [b]}\n"), "c can-read a", False, (add("a", "b.timer"),)),
    *by_hand("another's answers", "a reaches c", add("a", "b.reply"), spec_of(A, process("b", SERVES), process("c", USES))),
    # What others wait for is taken from them, each way.
    *by_hand("another waits, and takes", "c reaches b", add("c", "b.notification", "READ"), spec_of(A, process("b", "events: [go]"), C, process("d", "signals: {k: b.go}"))),
    *by_hand("another receives, and takes", "a reaches b", add("a", "b.s", "READ"), spec_of(A, process("b", SERVES))),
    *by_hand("another receives, and is taken from", "b reaches a", add("a", "b.s", "READ"), spec_of(A, process("b", SERVES))),
    Case("a second receiver is no separator", spec_of(process("a", "uses: {s: c.s}"), B, process("c", APART)), "b reaches a", True, (add("b", "c.s", "READ"),)),
    # Timers, each way between all who hold one and whose it is.
    *by_hand("a timer tells its holder", "b reaches a", add("a", "b.timer"), spec_of(A, process("b", "timer: true"))),
    Case("a timer joins its holders", spec_of(process("a", "timer: true"), B, C), "b reaches c", True, (add("b", "a.timer"), add("c", "a.timer", name="too"))),
    *by_hand("a timer signals", "a can-signal b", add("a", "b.timer"), spec_of(A, process("b", "timer: true", "events: [go]"))),
    Case("a timer signals its own bit", spec_of(A, process("b", "timer: true", "events: [go]")), "a can-signal b.go", False, (add("a", "b.timer"),)),
    # Another's own memory: what it returns to, what it sends.
    *by_hand("stack, in another's name", "a can-call c", add("a", "b.stack", "READ", "WRITE"), spec_of(A, process("b", "uses: {s: c.s}"), process("c", APART))),
    *by_hand("IPC buffer, in another's name", "a can-call c", add("a", "b.ipc_buffer", "WRITE"), spec_of(A, process("b", "uses: {s: c.s}"), process("c", APART))),
    *by_hand("stack, stopped", "a can-stop b", add("a", "b.stack", "READ", "WRITE")),
    Case("stack, read only", ALONE, "a can-stop b", False, (add("a", "b.stack", "READ"),)),
    # A thread that one makes, in another's address space; one's own thread runs already.
    *both("address space and memory for a thread", "a can-write b", spec_of(process("a", "untyped: [4K]", "capabilities: {v: {object: b.vspace, rights: [inspect]}}"), B),
          spec_of(process("a", "untyped: [4K]"), B)),
    Case("address space and own thread", spec_of(process("a", "authority: [tcb]"), B), "a can-write b", False, (add("a", "b.vspace"),)),
    Case("address space to look at", ALONE, "b reaches a", True, (add("a", "b.vspace", "INSPECT"),)),
    # A guest goes on as the answer to its exit says, and touches RAM that is mapped for it.
    *by_hand("another's exits", "a can-stop g", add("a", "g.exits", "READ"), spec_of(A, more=GUEST % "stop")),
    *by_hand("another's exits, in its name", "a can-write g", add("a", "g.exits", "READ"), spec_of(A, more=GUEST % "stop")),
    *both("a guest's address space and memory", "a can-stop g", spec_of(process("a", "heap: 4K", "capabilities: {h: {object: a.heap, rights: [read]}, v: {object: g.vspace, rights: [write]}}"), more=GUEST % "stop"),
          spec_of(process("a", "heap: 4K", "capabilities: {h: {object: a.heap, rights: [read]}, v: {object: g.vspace, rights: [inspect]}}"), more=GUEST % "stop")),
    # What one has can be put into whom one controls, not into a guest.
    *by_hand("given to whom one controls", "b can-call c", add("a", "b.cnode"), spec_of(process("a", "uses: {s: c.s}"), B, process("c", APART))),
    Case("a guest is given none", spec_of(A, more=GUEST % "stop"), "g can-signal a", False, (add("vmm_g", "a.notification", "WRITE"),)),
    # Frames by capability.
    *by_hand("heap, read", "a can-read b", add("a", "b.heap", "READ"), spec_of(A, process("b", "heap: 4K"))),
    Case("heap, read only", spec_of(A, process("b", "heap: 4K")), "a can-write b", False, (add("a", "b.heap", "READ"),)),
    *by_hand("heap, executed", "a can-read b", add("a", "b.heap", "EXECUTE"), spec_of(A, process("b", "heap: 4K"))),
    *by_hand("heap, executed, as data", "b reaches a", add("a", "b.heap", "EXECUTE"), spec_of(A, process("b", "heap: 4K"))),
    *by_hand("heap, written", "a can-write b", add("a", "b.heap", "WRITE"), spec_of(A, process("b", "heap: 4K"))),
    # Messages that carry capabilities.
    *both("given in a call", "b can-signal c", spec_of(process("a", USES, "signals: {k: c.go}"), process("b", TAKES), process("c", "events: [go]")),
          spec_of(process("a", USES, "signals: {k: c.go}"), process("b", SERVES), process("c", "events: [go]"))),
    *both("given in an answer", "a can-signal c", spec_of(process("a", USES), process("b", SERVES, "signals: {k: c.go}"), process("c", "events: [go]")),
          spec_of(process("a", USES), process("b", APART, "signals: {k: c.go}"), process("c", "events: [go]"))),
    *both("a separator uses what a client sent it for another client", "d reaches c", SENT_TO_SEPARATOR, SENT_TO_SEPARATOR.replace(", takes_capabilities: true", "")),
    Case("given on", spec_of(process("a", "uses: {s: b.s}"), process("b", SERVES, "uses: {t: c.s}"), process("c", SERVES, "signals: {k: d.go}"), process("d", "events: [go]")), "a can-signal d", True),
    Case("no Reply, no capability in an answer", HALF_A_SERVER, "a can-signal d", False, (add("a", "c.s", "WRITE"), add("b", "c.s", "READ"))),
    Case("a Reply of its own, and one", HALF_A_SERVER.replace("  b:\n", "  b:\n    untyped: [4K]\n"), "a can-signal d", True, (add("a", "c.s", "WRITE"), add("b", "c.s", "READ"))),
    Case("no Reply, but a sender that does not wait sees whether it receives", HALF_A_SERVER, "a can-read d", True, (add("a", "c.s", "WRITE"), add("b", "c.s", "READ"))),
    Case("a message all the same", spec_of(A, B, process("c", SERVES)), "a reaches b", True, (add("a", "c.s", "WRITE"), add("b", "c.s", "READ")),),
    Case("a Reply of its own", HALF_A_SERVER.replace("  b:\n", "  b:\n    untyped: [4K]\n"), "a can-read d", True, (add("a", "c.s", "WRITE"), add("b", "c.s", "READ"))),
    Case("memory to make objects stays", spec_of(process("a", USES, "untyped: [4K]"), process("b", TAKES)), "b can-write a", False),
    # Firmware.
    Case("firmware that tells its version", spec_of(process("a", "smc: [0x84000000]"), B), "a reaches b", False),
    Case("firmware that powers off", spec_of(process("a", "smc: [0x84000008]"), B), "a can-stop b", True),
    Case("which reads nothing", spec_of(process("a", "smc: [0x84000008]"), B), "a can-read b", False),
    Case("firmware that starts code", spec_of(process("a", "smc: [0xC4000003]"), B), "a can-read b", True),
    Case("any firmware function", spec_of(A, B), "a can-write b", True, (add("a", "kernel.smc"),)),
    # Stopping.
    *both("power-off", "a can-stop b", spec_of(process("a", "may_power_off: true"), B), ALONE),
    *both("a guest's power-off", "g can-stop a", spec_of(A, more=GUEST % "system_off"), spec_of(A, more=GUEST % "stop")),
    Case("a guest's power-off by its VMM", spec_of(A, more=GUEST % "system_off"), "vmm_g can-stop a", True),
    Case("a VMM stops its guest", spec_of(A, more=GUEST % "stop"), "vmm_g can-stop g", True),
    *both("without pause", "a can-stop b", spec_of(process("a", time=FULL), B), spec_of(process("a", time="{priority: 60, budget: 9ms, period: 10ms}"), B)),
    Case("without pause, below", spec_of(process("a", time=FULL.replace("60", "40")), B), "a can-stop b", False),
    Case("without pause, beside", spec_of(process("a", time=FULL.replace("60", "50")), B), "a can-stop b", False),
    *both("time at will", "a can-stop b", spec_of(process("a", "authority: [sched_control, sched_context]", time="{priority: 60, budget: 1ms, period: 10ms}"), B),
          spec_of(process("a", "authority: [sched_control]", time="{priority: 60, budget: 1ms, period: 10ms}"), B)),
    # Devices.
    *both("device", "a reaches uart0", spec_of(process("a", "devices: {u: uart0}"), B), ALONE),
    Case("bus master reads", spec_of(process("a", "devices: {u: uart0}"), B), "a can-read b", True, masters=("uart0",)),
    Case("bus master writes", spec_of(process("a", "devices: {u: uart0}"), B), "a can-write b", True, masters=("uart0",)),
    Case("bus master stops", spec_of(process("a", "devices: {u: uart0}"), B), "a can-stop b", True, masters=("uart0",)),
    Case("bus master takes capabilities", spec_of(process("a", "devices: {u: uart0}"), process("b", "uses: {s: c.s}"), process("c", APART)), "a can-call c", True, masters=("uart0",)),
    Case("no bus master", spec_of(process("a", "devices: {u: uart0}"), B), "a can-read b", False),
    Case("another's bus master", spec_of(process("a", "devices: {u: uart0}"), B), "b can-read a", False, masters=("uart0",)),
    Case("a process called like a bus master", spec_of(process("uart0", "heap: 4K"), B), "uart0 can-read b", False, masters=("uart0",)),
    Case("registers by hand", spec_of(process("a", "devices: {u: uart0}"), B), "b can-read a", True, (add("b", "uart0.registers", "WRITE"),), ("uart0",)),
    Case("registers to look at", spec_of(process("a", "devices: {u: uart0}"), B), "b can-write a", False, (add("b", "uart0.registers", "READ"),), ("uart0",)),
    *by_hand("interrupt in common", "b reaches a", add("b", "uart0.irq"), spec_of(process("a", "devices: {u: uart0}"), B)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_reach(make: Make, case: Case) -> None:
    """The answer is the one worked out; a yes has links with places in the spec."""
    answer = command.why(make(case.text, *case.caps, masters=case.masters), *case.question.split())
    assert answer.holds == case.holds, answer.text()
    if case.holds:
        path = answer.facts["path"]
        assert path and all(link["text"] for link in path)
        assert any(place.startswith("s.yaml:") for link in path for place in link["places"])


#: Time to be had without pause, of 100 ms.
WHOLE = "{priority: 5, budget: 100ms, period: 100ms}"
SOME = "{priority: 5, budget: 60ms, period: 100ms}"
HIGH = "{priority: 200, budget: 1ms, period: 100ms}"
HIGH_SOME = "{priority: 200, budget: 60ms, period: 100ms}"
PASSIVE = "{priority: 200, passive: true}"
STARVING = [
    *both("a caller's time", "a can-stop b", spec_of(process("a", SERVES, time=PASSIVE), B, process("c", "uses: {s: a.s}", time=WHOLE)),
          spec_of(process("a", SERVES, time=PASSIVE), B, process("c", "uses: {s: a.s}", time=SOME))),
    Case("the time of several callers", spec_of(process("a", SERVES, time=PASSIVE), B, process("c", "uses: {s: a.s}", time=SOME), process("d", "uses: {s: a.s}", time=SOME)), "a can-stop b", True),
    Case("a caller's caller's time", spec_of(process("a", SERVES, time=PASSIVE), B, process("c", SERVES, "uses: {t: a.s}", time="{priority: 4, passive: true}"), process("d", "uses: {s: c.s}", time=WHOLE)), "a can-stop b", True),
    Case("a server with time of its own", spec_of(process("a", SERVES, time=HIGH), B, process("c", "uses: {s: a.s}", time=WHOLE)), "a can-stop b", False),
    Case("a right to call that is handed on", spec_of(process("p", SERVES, time=PASSIVE), B, process("c", SERVES, "uses: {t: p.s}"), process("d", "uses: {s: c.s}", time=WHOLE)), "p can-stop b", True),
    *by_hand("time in another's name", "a can-stop b", add("a", "d.tcb"), spec_of(A, B, process("d", time="{priority: 200, budget: 10ms, period: 10ms}"))),
    *by_hand("another's context", "a can-stop b", add("a", "c.context"), spec_of(process("a", time=HIGH), B, process("c", time=WHOLE))),
    *by_hand("another's context beside one's own", "a can-stop b", add("a", "c.context"), spec_of(process("a", time=HIGH_SOME), B, process("c", time=SOME))),
    Case("another's small context", spec_of(process("a", time=HIGH_SOME), B, process("c")), "a can-stop b", False, (add("a", "c.context"),)),
    Case("another's context, but below", spec_of(process("a", time=SOME), B, process("c", time=SOME)), "a can-stop b", False, (add("a", "c.context"),)),
    Case("a VMM on its guest's time", spec_of(A, more=GUEST.replace("budget: 1ms", "budget: 100ms").replace("priority: 20", "priority: 60") % "stop"), "vmm_g can-stop a", True),
    Case("a VMM on its guest's small time", spec_of(A, more=GUEST.replace("priority: 20", "priority: 60") % "stop"), "vmm_g can-stop a", False),
    # Nobody has d's context, but a has its own, or raises its own thread as high as d's.
    Case("own context on another's thread", spec_of(process("a", "authority: [sched_context]", time=WHOLE), B, process("d", time=HIGH)), "a can-stop b", True, (add("a", "d.tcb"),)),
    Case("own thread raised to another's priority", spec_of(process("a", "authority: [tcb]", time=WHOLE), B, process("d", time=HIGH)), "a can-stop b", True, (add("a", "d.tcb"),)),
    Case("another's thread, own time bound to one's own", spec_of(process("a", time=WHOLE), B, process("d", time=HIGH)), "a can-stop b", False, (add("a", "d.tcb"),)),
    Case("time at will in another's hands", spec_of(process("a", time=HIGH), B, process("c", "authority: [sched_control]")), "c can-stop b", True, (add("c", "a.context"), add("c", "a.tcb", name="too"))),
]


@pytest.mark.parametrize("case", STARVING, ids=lambda case: case.id)
def test_what_runs_without_pause(make: Make, case: Case) -> None:
    """By its own time and all that it may come to spend."""
    answer = command.why(make(case.text, *case.caps), *case.question.split())
    assert answer.holds == case.holds, answer.text()


#: Each way by an object that is nobody's; a CNode, a TCB and a VSpace hand on capabilities, too.
@pytest.mark.parametrize(("type", "hands_on"), [("CNODE", True), ("TCB", True), ("VSPACE", True), ("VCPU", False), ("TIMER", False), ("SCHED_CONTEXT", False)])
def test_an_object_without_an_owner_joins_its_holders(make: Make, type: str, hands_on: bool) -> None:
    text = spec_of(process("a", "uses: {s: c.s}"), B, process("c", APART))
    for holders in ("a", "ab"):
        analysis = make(text, *(add(holder, "shared.x", name=f"x{holder}") for holder in holders))
        analysis.facts.plan.objects.append(Object("shared.x", type, "shared", 0))
        again = again_of(analysis)
        for question in ("a reaches b", "b reaches a"):
            answer = command.why(again, *question.split())
            assert answer.holds is (holders == "ab") and (not answer.holds or "both have shared.x" in answer.text())
        assert command.why(again, "b", "can-call", "c").holds is (holders == "ab" and hands_on)


def again_of(analysis: Analysis) -> Analysis:
    """The same plan looked at again, after it was changed."""
    return Analysis(analysis.facts.system, analysis.facts.plan)


def test_a_timer_signals_whom_it_is_bound_to(make: Make) -> None:
    """Whosever the Notification is, and if it is nobody's, who waits for it."""
    analysis = make(spec_of(process("a", "timer: true"), process("b", "events: [go]")))
    assert not command.why(analysis, "a", "reaches", "b").holds
    [bind] = analysis.facts.plan.timer_binds
    bind["notification"] = "b.notification"
    assert "a sets a's timer (s.yaml:7), which signals b" in command.why(again_of(analysis), "a", "reaches", "b").text()
    bind["notification"] = "shared.n"
    analysis.facts.plan.objects.append(Object("shared.n", "NOTIFICATION", "shared", 0))
    assert not command.why(again_of(analysis), "a", "reaches", "b").holds
    analysis.facts.plan.caps.append(add("b", "shared.n", "READ"))
    assert command.why(again_of(analysis), "a", "reaches", "b").holds


def test_passthrough_to_a_guest_reaches_all_memory(make: Make) -> None:
    """A bus master's registers mapped for a guest count as those of a process do."""
    text = spec_of(process("a", "devices: {u: uart0}"), B, more=GUEST % "stop")
    for masters, expected in ((("uart0",), True), ((), False)):
        analysis = make(text, masters=masters)
        analysis.facts.plan.maps.append(Map("g.vspace", 0x9000000, "uart0.registers", ["READ", "WRITE"], attribute="DEVICE"))
        again = type(analysis)(analysis.facts.system, analysis.facts.plan)
        assert command.why(again, "g", "can-read", "b").holds is expected


def test_the_roottask_is_said_once_and_in_no_path(make: Make) -> None:
    """It reaches everybody; two processes that have only the roottask in common do not reach each other."""
    analysis = make(spec_of(process("a", "serves: {s: {}}", time="{priority: 50, passive: true}"), process("b", "may_power_off: true")))
    assert command.why(analysis, "roottask", "can-read", "a").text().startswith("yes: roottask can-read a. The roottask made every object")
    assert command.why(analysis, "a", "reaches", "roottask").holds
    assert not command.why(analysis, "a", "can-read", "b").holds
    assert "roottask" not in command.who(analysis, "b").text()
