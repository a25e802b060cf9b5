# SPDX-License-Identifier: BSD-2-Clause
"""Statements of a policy, each broken and held; what breaks them is told with the shortest path."""

from __future__ import annotations

import pytest
from conftest import Make, add, process, spec_of

from capdl.authority import command, policy
from capdl.authority.analysis import Analysis
from capdl.diagnostics import SpecError
from capdl.plan_data import Cap, Object

SERVES = "serves: {s: {}}"
APART = "serves: {s: {separates_clients: true}}"
GUESTS = """guests:
  g: {image: {raw: ./guest.bin, load: 0x40080000}, memory: 4M, licence: GPL-2.0-only WITH Linux-syscall-note, vmm: {licence: BSD-2-Clause}, time: {priority: 20, budget: 1ms, period: 100ms}}
  h: {image: {raw: ./guest.bin, load: 0x40080000}, memory: 4M, time: {priority: 20, budget: 1ms, period: 100ms}}
"""
#: keystore answers control, which writes what logger reads.
KEYS = (process("keystore", SERVES), process("control", "uses: {sign: keystore.s}"), process("logger"))
LOG = "shared:\n  log: {size: 4K, writes: [control], reads: [logger]}\n"


def judged(analysis: Analysis) -> list[str]:
    """What breaks the policy, ids and sentences up to the remedy."""
    found = [finding for rule in analysis.facts.system.policy for finding in policy.judge(analysis, rule)]
    return [f"{finding.id} {finding.text.split('; ')[0]}" for finding in found]


def rule(text: str) -> str:
    """A policy of one statement."""
    return f"policy:\n  - {text}\n"


def test_who_is_trusted_by_name_is_told(make: Make) -> None:
    """With the statement that rests on it, and among the trusts, there and in the report."""
    analysis = make(spec_of(*KEYS, more=LOG) + rule("no_flow: {from: keystore, to: [logger], except_through: [control]}"))
    assert command.who(analysis, "policy").text().splitlines() == [
        "1 statement, 0 broken.", "policy:", "  - holds: no data of keystore gets to logger, but through control (s.yaml:18)"]
    trust = "control: trusted by the policy to pass on only what may be passed on (s.yaml:18)"
    assert command.who(analysis, "trusts").facts["trusts"] == [trust]
    assert command.report(analysis)["trusts"] == [trust]


HELD = [
    (spec_of(*KEYS, more=LOG), "no_flow: {from: keystore, to: [logger], except_through: [control]}"),
    (spec_of(*KEYS, more=LOG), "no_flow: {from: logger, to: [keystore, control]}"),
    (spec_of(*KEYS, more=LOG), "only: {may_call: keystore.s, who: [control]}"),
    (spec_of(*KEYS, more=LOG), "only: {may_read: log, who: [control, logger]}"),
    (spec_of(*KEYS, more=LOG), "only: {may_write: log, who: [control]}"),
    (spec_of(*KEYS, more=LOG), "only: {may_stop: keystore, who: []}"),
    (spec_of(process("a", "devices: {u: uart0}"), process("b")), "only: {may_use: uart0, who: [a]}"),
    (spec_of(process("a", "signals: {k: b.go}"), process("b", "events: [go]"), process("c")), "only: {may_signal: b.go, who: [a]}"),
    (spec_of(process("a", "uses: {s: c.s}"), process("b", "uses: {s: c.s}"), process("c", APART)), "no_path: {between: [a, b]}"),
    (spec_of(process("a"), more=GUESTS), "no_path: {between: [g, h]}"),
    (spec_of(process("a", "licence: MIT"), more=GUESTS), 'no_shared_memory: {between: ["licence:MIT", "licence:GPL-2.0-only"]}'),
    (spec_of(process("a"), process("b")), "max: {who: [a, b], share: 2%}"),
    # a: 1 ms of 100 ms at 50, b the same beside it: 2 ms at the worst.
    (spec_of(process("a"), process("b")), "max: {who: [a], response: 2ms}"),
]
BROKEN = [
    (spec_of(*KEYS, more=LOG), "no_flow: {from: keystore, to: [logger]}",
     "SEL-A010 data of keystore can reach logger: keystore answers (s.yaml:7) what control calls on keystore.s (s.yaml:11) -> "
     "control writes the region log (s.yaml:16), which logger reads (s.yaml:16)"),
    (spec_of(*KEYS, more=LOG), "only: {may_call: keystore.s, who: [logger]}", "SEL-A012 control may call keystore.s: control may call keystore.s (s.yaml:11)"),
    (spec_of(*KEYS, more=LOG), "only: {may_read: log, who: [control]}", "SEL-A012 logger may read log: logger reads the region log (s.yaml:16)"),
    (spec_of(*KEYS, more=LOG), "only: {may_read: control, who: [keystore]}",
     "SEL-A012 logger may read control: control writes the region log (s.yaml:16), which logger reads (s.yaml:16)"),
    (spec_of(process("a"), more=GUESTS), 'no_shared_memory: {between: ["licence:BSD-2-Clause", "licence:GPL-2.0-only"]}',
     "SEL-A011 vmm_g and g share g's RAM: vmm_g has mapped g's RAM (s.yaml:8) -> g has mapped g's RAM (s.yaml:8)"),
    (spec_of(process("a"), process("b")), "max: {who: [a, b], share: 1%}",
     "SEL-A013 a, b may use 2% of the core, the policy permits 1%: a 1% (s.yaml:6), b 1% (s.yaml:9)"),
    (spec_of(process("a"), process("b")), "max: {who: [a], response: 1999us}",
     "SEL-A015 a may have its whole budget only after 2ms, the policy asks for 1999us: 1ms in 100ms at priority 50 (s.yaml:6)"),
]


@pytest.mark.parametrize(("text", "statement"), HELD, ids=[statement for _, statement in HELD])
def test_statements_that_hold(make: Make, text: str, statement: str) -> None:
    """Nothing breaks them, and the build is not refused."""
    analysis = make(text + rule(statement))
    assert judged(analysis) == []
    policy.enforce(analysis.facts.system, analysis.facts.plan)


@pytest.mark.parametrize(("text", "statement", "expected"), BROKEN, ids=[statement for _, statement, _ in BROKEN])
def test_statements_that_are_broken(make: Make, text: str, statement: str, expected: str) -> None:
    """By one path, told link by link with its places."""
    analysis = make(text + rule(statement))
    assert judged(analysis) == [expected]
    with pytest.raises(SpecError):
        policy.enforce(analysis.facts.system, analysis.facts.plan)


CUT, NAME = "cut one of these links", "name who is trusted under `except_through`"
CONSOLES = spec_of(process("tty", "devices: {uart: uart0}"), process("a"), process("b"), more="console: {server: tty}\n")
CROSS = spec_of(process("a", "uses: {s: c.s}"), process("b", "uses: {t: c.t}"), process("c", "serves: {s: {separates_clients: true}, t: {separates_clients: true}}"))
def test_a_thread_that_may_be_raised_is_told_with_the_capability(make: Make) -> None:
    """a has c's thread, and so raises itself above b; it is that capability which must go."""
    text = spec_of(process("a", "authority: [tcb]", "capabilities:", "  w: {object: c.tcb}", time="{priority: 10, budget: 1ms, period: 100ms}"), process("b"), process("c", time="{priority: 200, budget: 1ms, period: 100ms}"))
    analysis = make(text + rule("max: {who: [b], response: 2ms}"))
    [finding] = policy.judge(analysis, analysis.facts.system.policy[0])
    assert "; a has c's thread (s.yaml:9), by which it may raise itself from priority 10 to 200: take that capability away; " in finding.text


#: What mends it, and nothing that does not.
REMEDIES = [
    (spec_of(process("a", "uses: {s: c.s}"), process("b", "uses: {s: c.s}"), process("c", SERVES)), "no_flow: {from: a, to: [b]}", (), "", f"{CUT}, or {NAME}, or say that c keeps the clients of c.s apart (`s: {{separates_clients: true}}`)"),
    (CONSOLES, "no_flow: {from: a, to: [b]}", (), "", f"{CUT}, or {NAME}, or say that tty keeps the consoles apart (`console: {{separates_clients: true}}`)"),
    (CROSS, "no_flow: {from: a, to: [b]}", (), "", f"{CUT}, or {NAME}; `separates_clients` of c does not help here: it holds within one service, and this way comes in on c.s and goes out on c.t"),
    (spec_of(process("a", "signals: {k: b.go}"), process("b", "events: [go]", "signals: {k: c.go}"), process("c", "events: [go]")), "no_flow: {from: a, to: [c]}", (), "", f"{CUT}, or {NAME}"),
    (spec_of(*KEYS[1:2], KEYS[0], KEYS[2], more=LOG), "no_flow: {from: control, to: [logger]}", (), "", "cut this link"),
    (spec_of(process("a", "devices: {u: uart0}"), process("b")), "no_flow: {from: a, to: [b]}", ("uart0",), "", "cut this link, or say `bus_master: false` in bindings/arm,pl011.yaml if uart0 cannot write memory by itself"),
    (spec_of(process("a", "devices: {u: uart0}"), process("b")), "no_shared_memory: {between: [a, b]}", ("uart0",), "", "take the device from who drives it, or say `bus_master: false` in bindings/arm,pl011.yaml if uart0 cannot write memory by itself"),
    (spec_of(process("a"), process("b")), "no_shared_memory: {between: [a, b]}", (), "b.tcb", CUT),
    (spec_of(*KEYS, more=LOG), "no_shared_memory: {between: [control, logger]}", (), "", "give each memory of its own, and pass what both need in messages"),
]


@pytest.mark.parametrize(("text", "statement", "masters", "hand", "remedy"), REMEDIES)
def test_only_what_mends_it_is_said(make: Make, text: str, statement: str, masters: tuple[str, ...], hand: str, remedy: str) -> None:
    analysis = make(text + rule(statement), *([add("a", hand)] if hand else []), masters=masters)
    [finding] = [finding for each in analysis.facts.system.policy for finding in policy.judge(analysis, each)]
    assert finding.text.split("; ", 1)[1] == remedy


def timed(priority: int, budget: str, period: str = "100ms") -> str:
    """A `time` of a spec."""
    return f"{{priority: {priority}, budget: {budget}, period: {period}}}"


SOME = process("b", time=timed(10, "50ms"))
GAINED = [
    ("share, of another's context", spec_of(process("a"), SOME), "max: {who: [a], share: 10%}", (add("a", "b.context"),),
     "SEL-A013 a may use 51% of the core, the policy permits 10%: a 1% (s.yaml:6), a has b's context (s.yaml:4), of 50ms in 100ms (s.yaml:9)"),
    ("share, in another's name", spec_of(process("a"), SOME), "max: {who: [a], share: 10%}", (add("a", "b.tcb"),),
     "SEL-A013 a may use 51% of the core, the policy permits 10%: a 1% (s.yaml:6), b 50% (s.yaml:9) by a, which acts in its name"),
    ("share, each context once", spec_of(process("a"), SOME), "max: {who: [a, b], share: 51%}", (add("a", "b.context"), add("a", "b.tcb", name="too")), ""),
    ("any share", spec_of(process("a", "authority: [sched_control, sched_context]")), "max: {who: [a], share: 10%}", (),
     "SEL-A013 a may use any share of the core, the policy permits 10%: a may set its own budget (s.yaml:6)"),
    ("a share that another may set", spec_of(process("a", "authority: [sched_control]"), SOME), "max: {who: [b], share: 60%}", (add("a", "b.context"),),
     "SEL-A013 b may use any share of the core, the policy permits 60%: a may set the budget of b (s.yaml:10)"),
    ("sched_control alone", spec_of(process("a", "authority: [sched_control]"), SOME), "max: {who: [a, b], share: 51%}", (), ""),
    ("response, below one that sets budgets", spec_of(process("a", "authority: [sched_control, sched_context]"), SOME), "max: {who: [b], response: 60ms}", (),
     "SEL-A015 b is not sure to have its whole budget within its period, the policy asks for 60ms: 50ms in 100ms at priority 10 (s.yaml:10); a may set its own budget"),
    ("response, below one that makes contexts", spec_of(process("a", "authority: [sched_control]", "untyped: [4K]"), SOME), "max: {who: [b], response: 60ms}", (),
     "SEL-A015 b is not sure to have its whole budget within its period, the policy asks for 60ms: 50ms in 100ms at priority 10 (s.yaml:11); a may make itself contexts of any budget, at priority 50"),
    ("response, above one that sets budgets", spec_of(process("a", "authority: [sched_control, sched_context]", time=timed(5, "1ms")), SOME), "max: {who: [b], response: 60ms}", (), ""),
    # c may be called by b alone, which may hand the right to a: a's time may be spent above m.
    ("response, below a server that one may come to call",
     spec_of(process("a", "uses: {x: b.s}", time=timed(10, "50ms")), process("b", SERVES, "uses: {t: c.s}", time=timed(20, "1ms")), process("c", SERVES, time="{priority: 200, passive: true}"),
             process("m", time=timed(100, "40ms"))), "max: {who: [m], response: 45ms}", (),
     "SEL-A015 m may have its whole budget only after 91ms, the policy asks for 45ms: 40ms in 100ms at priority 100 (s.yaml:19); c (priority 200) may come to run on the time of a"),
    ("response, below who has another's context", spec_of(process("a", time=timed(60, "1ms")), SOME, process("m", time=timed(20, "40ms"))), "max: {who: [m], response: 45ms}", (add("a", "b.context"),),
     "SEL-A015 m may have its whole budget only after 91ms, the policy asks for 45ms: 40ms in 100ms at priority 20 (s.yaml:12); a (priority 60) may come to run on the time of b"),
]


@pytest.mark.parametrize(("text", "statement", "caps", "expected"), [case[1:] for case in GAINED], ids=[case[0] for case in GAINED])
def test_bounds_stand_what_can_be_gained(make: Make, text: str, statement: str, caps: tuple[Cap, ...], expected: str) -> None:
    """A budget is not all that one may come to spend."""
    assert "; ".join(_whole(make(text + rule(statement), *caps))) == expected


def _whole(analysis: Analysis) -> list[str]:
    """What breaks the policy, without the remedy."""
    found = [finding for rule in analysis.facts.system.policy for finding in policy.judge(analysis, rule)]
    return [f"{finding.id} {finding.text.rpartition('; ')[0]}" for finding in found]


SPACE = (add("a", "b.vspace", "WRITE", name="space"), add("a", "shared.r", "READ", "WRITE", name="memory"))


@pytest.mark.parametrize(("statement", "words"), [
    ("no_shared_memory: {between: [b, c]}", "a has b's vspace (s.yaml:4) and may map the region r (s.yaml:4) into it"),
    ("only: {may_read: r, who: [a, c, d]}", "b may read r: a has b's vspace (s.yaml:4) and may map the region r (s.yaml:4) into it"),
    ("only: {may_write: r, who: [a, c]}", "b may write r: a has b's vspace (s.yaml:4) and may map the region r (s.yaml:4) into it"),
    ("only: {may_read: c, who: [a, d]}", "b may read c: a has b's vspace"),
])
def test_memory_may_be_mapped_into_another(make: Make, statement: str, words: str) -> None:
    """By WRITE on its VSpace and the memory, not by one of both; and not by who is trusted to hand nothing on."""
    text = spec_of(process("a"), process("b"), process("c"), process("d"), more="shared:\n  r: {size: 4K, writes: [c], reads: [d]}\n")
    found = judged(make(text + rule(statement), *SPACE))
    assert len(found) == 1 and words in found[0], found
    for caps in (SPACE[:1], SPACE[1:], (add("a", "b.vspace", "INSPECT", name="space"), SPACE[1])):
        assert judged(make(text + rule(statement), *caps)) == []
    if "only" in statement:
        assert judged(make(text + rule(statement.replace("]}", "], except_through: [a]}")), *SPACE)) == []


def test_memory_made_for_another_is_shared(make: Make) -> None:
    """Of an Untyped one may map the same memory into itself and another."""
    text = spec_of(process("a", "authority: [cnode]", "untyped: [64K]"), process("b")) + rule("no_shared_memory: {between: [a, b]}")
    assert judged(make(text)) == []
    [found] = judged(make(text, add("a", "b.vspace", "WRITE")))
    assert "a may make memory in a's untyped0" in found


def test_interrupts_that_nobody_has_may_be_had(make: Make) -> None:
    """By who may make their handlers; those that were handed out are their holders'."""
    text = spec_of(process("a", "authority: [irq_control, cnode]"), process("b", "devices: {u: rtc0}"))
    assert judged(make(text + rule("only: {may_use: rtc0, who: [b]}"))) == []
    assert judged(make(text + rule("only: {may_use: uart0, who: [b]}"))) == [
        "SEL-A012 a may use uart0: a may make the handler of an interrupt of uart0, which nobody has, by kernel.irq_control (s.yaml:7)"]
    assert judged(make(text + rule("only: {may_use: uart0, who: [a]}"))) == []
    for resource in ("uart0", "irq33"):
        assert command.who(make(text), resource).facts["holders"][0]["who"] == "a"
    assert [each["who"] for each in command.who(make(text), "rtc0").facts["holders"]] == ["b", "b"]
    assert command.why(make(text), "a", "reaches", "uart0").holds and not command.why(make(text), "a", "reaches", "rtc0").holds


def test_an_endpoint_called_like_a_region_is_none(make: Make) -> None:
    """It is told by its name."""
    analysis = make(spec_of(process("a"), process("b")) + rule("no_path: {between: [a, b]}"), add("a", "shared.x", "WRITE", badge=4), add("b", "shared.x", "READ"))
    analysis.facts.plan.objects.append(Object("shared.x", "ENDPOINT", "shared", 0))
    assert "a may call shared.x (s.yaml:4), which b answers" in judged(Analysis(analysis.facts.system, analysis.facts.plan))[0]


BY_HAND: list[tuple[str, Cap, str]] = [
    ("no_path: {between: [a, b]}", add("a", "b.tcb"), "a has b's tcb (s.yaml:4): it acts in its name"),
    ("no_flow: {from: b, to: a}", add("a", "b.heap", "READ"), "b may map and write b's heap"),
    ("only: {may_stop: b, who: []}", add("a", "b.context"), "a may stop b by b's context (s.yaml:4)"),
    ("only: {may_call: c.s, who: []}", add("a", "c.s", "WRITE"), "a may call c.s (s.yaml:4)"),
    ("only: {may_read: b, who: []}", add("a", "b.heap", "EXECUTE"), "which a may map and read (s.yaml:4)"),
    ("no_shared_memory: {between: [a, b]}", add("a", "b.heap", "READ"), "a may map b's heap (s.yaml:4)"),
    ("only: {may_use: uart0, who: [b]}", add("a", "uart0.irq"), "a may use the interrupt of uart0 (s.yaml:4)"),
    # In the name of c one may do what c may.
    ("only: {may_use: uart0, who: [b, c]}", add("a", "b.cnode"), "a has b's cnode (s.yaml:4)"),
]


@pytest.mark.parametrize(("statement", "cap", "words"), BY_HAND, ids=[statement for statement, _, _ in BY_HAND])
def test_a_capability_added_by_hand_is_refused(make: Make, statement: str, cap: Cap, words: str) -> None:
    """The plan decides, not the keys of the spec: the statement holds without the capability and is broken with it."""
    text = spec_of(process("a"), process("b", "heap: 4K", "devices: {u: uart0}"), process("c", APART)) + rule(statement)
    assert judged(make(text)) == []
    found = judged(make(text, cap))
    assert found and words.replace("may map and write b's heap", "writes b's heap") in found[0], found


#: s takes capabilities of its clients; a may call k; b is a client of s, too.
GRANT = spec_of(process("k", SERVES), process("a", "uses: {k: k.s, s: s.s}"), process("b", "uses: {s: s.s}"), process("s", "serves: {s: {takes_capabilities: true}}"))


def test_what_a_holder_may_hand_on_counts(make: Make) -> None:
    """a may send its right to s in a call, and s to b in an answer; unless a is trusted not to, or s keeps its clients apart."""
    found = judged(make(GRANT + rule("only: {may_call: k.s, who: [a]}")))
    assert found == [
        "SEL-A012 b may call k.s: a may send the right to call k.s (s.yaml:11) to s, in a call on s.s (s.yaml:11) -> "
        "s may send the right to call k.s to b, in an answer on s.s (s.yaml:15) -> b then may call k.s",
        "SEL-A012 s may call k.s: a may send the right to call k.s (s.yaml:11) to s, in a call on s.s (s.yaml:11) -> s then may call k.s",
    ]
    assert judged(make(GRANT + rule("only: {may_call: k.s, who: [a], except_through: [a]}"))) == []
    apart = GRANT.replace("takes_capabilities: true", "takes_capabilities: true, separates_clients: true")
    assert judged(make(apart + rule("only: {may_call: k.s, who: [a, s]}"))) == []
    without = GRANT.replace("takes_capabilities: true", "")
    assert judged(make(without + rule("only: {may_call: k.s, who: [a]}"))) == []


def test_who_would_hand_it_on_is_named_as_remedy(make: Make) -> None:
    """A driver with clients: what helps is to trust it by name. Where nothing is handed on, nobody is named."""
    text = spec_of(process("clock", "devices: {rtc: rtc0}", SERVES), process("gauge", "uses: {t: clock.s}"))
    only = "only: {may_use: rtc0, who: [clock]%s}"
    analysis = make(text + rule(only % ""))
    [finding] = policy.judge(analysis, analysis.facts.system.policy[0])
    assert finding.text.endswith("; cut one of these links, or add 'gauge' to `who`; or name 'clock' under `except_through` if it is trusted not to hand it on")
    assert judged(make(text + rule(only % ", except_through: [clock]"))) == []
    analysis = make(text + rule("only: {may_call: clock.s, who: []}"))
    [finding] = policy.judge(analysis, analysis.facts.system.policy[0])
    assert finding.text.endswith("; cut one of these links, or add 'gauge' to `who`")


def test_trust_does_not_cover_what_others_take(make: Make) -> None:
    """control is trusted to pass nothing on; whoever has its thread takes it all the same."""
    text = spec_of(*KEYS, more=LOG) + rule("no_flow: {from: keystore, to: [logger], except_through: [control]}")
    assert judged(make(text)) == []
    found = judged(make(text, add("logger", "control.tcb")))
    assert len(found) == 1 and "logger has control's tcb" in found[0]
    assert judged(make(text, add("logger", "control.heap"))) == []  # there is none
    with_heap = text.replace("  control:\n", "  control:\n    heap: 4K\n")
    assert judged(make(with_heap)) == []
    assert len(judged(make(with_heap, add("logger", "control.heap", "READ")))) == 1


def test_what_is_done_in_a_trusted_ones_name_counts(make: Make) -> None:
    """b is trusted; a, which gets data of c, has b's thread and so what b may signal."""
    text = spec_of(process("a"), process("b", "signals: {k: d.go}"), process("c"), process("d", "events: [go]"), more="shared:\n  r: {size: 4K, writes: [c], reads: [a]}\n")
    text += rule("no_flow: {from: c, to: d, except_through: b}")
    assert judged(make(text)) == []
    assert judged(make(text, add("a", "b.tcb"))) == [
        "SEL-A010 data of c can reach d: c writes the region r (s.yaml:19), which a reads (s.yaml:19) -> a has b's tcb (s.yaml:4): it acts in its name -> b may signal d, by its capability k (s.yaml:10)"]


@pytest.mark.parametrize(("object", "rights", "words"), [
    ("t.tcb", (), "a has t's tcb (s.yaml:4): it acts in its name"), ("t.cnode", ("INSPECT",), "a has t's cnode (s.yaml:4): it acts in its name"),
    ("t.stack", ("READ", "WRITE"), "a may map and write t's stack (s.yaml:4): it acts in its name")])
def test_a_trusted_one_that_is_controlled_is_no_wall(make: Make, object: str, rights: tuple[str, ...], words: str) -> None:
    """What t has mapped is its controller's, whatever t is trusted to do; and t's own passing on still ends there."""
    text = spec_of(process("a"), process("t"), process("b"), process("c"), more="shared:\n  r: {size: 4K, writes: [t], reads: [b]}\n  q: {size: 4K, writes: [c], reads: [t]}\n")
    text += "policy:\n  - no_flow: {from: a, to: b, except_through: [t]}\n"
    assert judged(make(text)) == []
    assert judged(make(text, add("a", object, *rights))) == [f"SEL-A010 data of a can reach b: {words} -> t writes the region r (s.yaml:17), which b reads (s.yaml:17)"]
    # c tells t, which passes nothing on; a sees it all the same, and passes it on in t's name.
    other = text.replace("from: a", "from: c")
    assert judged(make(other)) == [] and len(judged(make(other, add("a", object, *rights)))) == 1
    assert judged(make(other.replace("[t]}\n", "[t, a]}\n").replace("reads: [t, a]", "reads: [t]"), add("a", object, *rights))) == []


def test_power_that_is_handed_on_first(make: Make) -> None:
    """b has c's thread and may hand it to a in an answer; so a has what c may call."""
    text = spec_of(process("a", "uses: {s: b.s}"), process("b", SERVES), process("c", "uses: {k: k.s}"), process("k", APART)) + rule("only: {may_call: k.s, who: [b, c]}")
    assert judged(make(text)) == []
    assert judged(make(text, add("b", "c.tcb"))) == [
        "SEL-A012 a may call k.s: b has c's tcb (s.yaml:8) and thereby c's right to call k.s (s.yaml:15) -> b may send the right to call k.s to a, in an answer on b.s (s.yaml:7) -> a then may call k.s"]


def test_whose_it_is_needs_no_permission(make: Make) -> None:
    """s may come to hold a right to call itself; but a device is nobody's, whatever a process is called."""
    assert judged(make(GRANT + rule("only: {may_call: s.s, who: [a, b]}"))) == []
    text = spec_of(process("uart0", "devices: {u: uart0}"), process("b"))
    assert len(judged(make(text + rule("only: {may_use: uart0, who: []}")))) == 1


def test_every_pair_is_told(make: Make) -> None:
    """Two sources, two targets: as many findings as pairs that are reached."""
    text = spec_of(process("a"), process("b"), process("c"), process("d"), more="shared:\n  r: {size: 4K, writes: [a, b], reads: [c]}\n")
    assert len(judged(make(text + rule("no_flow: {from: [a, b], to: [c, d]}")))) == 2


def test_a_licence_with_several_holders_is_one_side(make: Make) -> None:
    """Those of one licence may share among themselves."""
    parts = (process("a", "licence: MIT"), process("b", "licence: MIT OR Apache-2.0"), process("c", "licence: GPL-3.0-only"))
    text = spec_of(*parts, more="shared:\n  r: {size: 4K, writes: [a], reads: [b]}\n")
    statement = rule('no_shared_memory: {between: ["licence:MIT", "licence:GPL-3.0-only"]}')
    assert judged(make(text + statement)) == []
    assert len(judged(make(text.replace("reads: [b]", "reads: [b, c]") + statement))) == 2


def test_a_statement_names_the_separator_that_it_rests_on(make: Make) -> None:
    """Without it the statement would be broken; another statement of the same policy does not rest on it."""
    text = spec_of(process("a", "uses: {s: c.s}"), process("b", "uses: {s: c.s}"), process("c", APART))
    analysis = make(text + "policy:\n  - no_path: {between: [a, b]}\n  - only: {may_stop: a, who: []}\n")
    trust = "c keeps the clients of c.s apart (s.yaml:15)"
    assert [each["rests_on"] for each in command.report(analysis)["policy"]] == [[trust], []]  # type: ignore[attr-defined]
    assert command.who(analysis, "policy").text().splitlines()[2:] == [
        f"  - holds: no data gets between a and b (s.yaml:17), resting on: {trust}", "  - holds: nobody may stop a (s.yaml:18)"]


def test_a_region_called_like_rings_is_none(make: Make) -> None:
    """The console server keeps its rings apart; what it reads from a region beside them may go out on any."""
    console = "console: {server: tty, separates_clients: true}\n"
    text = spec_of(process("tty", "devices: {uart: uart0}", "timer: true"), process("a"), process("b"), more=console)
    statement = rule("no_flow: {from: a, to: [b]}")
    assert judged(make(text + statement)) == []
    found = judged(make(text + "shared:\n  console_log: {size: 4K, writes: [a], reads: [tty]}\n" + statement))
    assert len(found) == 1 and "a writes the region console_log" in found[0]
