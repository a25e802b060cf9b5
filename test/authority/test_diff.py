# SPDX-License-Identifier: BSD-2-Clause
"""What `diff` tells of roles, events, ways to stop others and the policy; what `who` tells of roles."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from conftest import Make, add, process, spec_of

from capdl.authority import command, roles
from capdl.authority.answer import Answer
from capdl.authority.stops import stops

PROTOCOL = "version: 1\nroles: [admin, user]\nmethods:\n  wipe: {may_call: [admin]}\n  reset: {may_call: [admin]}\n  read: {may_call: [user]}\n  ping: {}\n"
#: a uses b.s in line 7, and b serves it in line 11.
ROLES = spec_of(process("a", "uses: {s: b.s}"), process("b", "serves: {s: {protocol: ./store.yaml, roles: {admin: [c], user: [a]}}}"), process("c", "uses: {s: b.s}"))
PLAIN = ROLES.replace("{protocol: ./store.yaml, roles: {admin: [c], user: [a]}}", "{}")


def compared(make: Make, old: str, new: str) -> Answer:
    """The difference of two specs."""
    Path("store.yaml").write_text(PROTOCOL, encoding="utf-8")
    before = make(old)
    return command.diff(before, make(new))


# Roles -----------------------------------------------------------------------------------------


def test_a_role_is_growth(make: Make) -> None:
    """It is told with the methods that could not be called before; the other way it is lost."""
    more = ROLES.replace("admin: [c]", "admin: [c, a]")
    grown, shrunk = compared(make, ROLES, more), compared(make, more, ROLES)
    assert not grown.holds and grown.facts["gained"] == ["a may call wipe, reset of b.s as admin and user (s.yaml:11)"]
    assert shrunk.holds and shrunk.facts["lost"] == grown.facts["gained"]


def test_a_method_that_more_may_call_is_growth(make: Make) -> None:
    """The spec is the same; the protocol's file is not."""
    Path("store.yaml").write_text(PROTOCOL, encoding="utf-8")
    before = make(ROLES)
    Path("store.yaml").write_text(PROTOCOL.replace("wipe: {may_call: [admin]}", "wipe: {}"), encoding="utf-8")
    assert command.diff(before, make(ROLES)).facts["gained"] == ["a may call wipe of b.s as user (s.yaml:11)"]


def test_a_use_is_told_with_its_methods(make: Make) -> None:
    old = ROLES.replace("user: [a]", "user: [c]").replace("    uses: {s: b.s}\n", "", 1)
    new = ROLES.replace("user: [a]", "user: [c]")
    assert compared(make, old, new).facts["gained"] == ["a may call b.s (s.yaml:7)", "a may call ping of b.s without a role (s.yaml:11)"]


def test_a_service_without_protocol_bounds_nothing(make: Make) -> None:
    """So to drop the protocol is growth, and to name one is none."""
    dropped, named = compared(make, ROLES, PLAIN), compared(make, PLAIN, ROLES)
    assert not dropped.holds and dropped.facts["gained"] == [f"{name} may send any message to b.s, which speaks no protocol (s.yaml:11)" for name in "ac"]
    assert named.holds and named.facts["lost"] == dropped.facts["gained"]


def test_who_names_roles_and_methods(make: Make) -> None:
    """Of each caller by the spec; a capability by hand has no role."""
    Path("store.yaml").write_text(PROTOCOL, encoding="utf-8")
    answer = command.who(make(ROLES, add("c", "b.s", "WRITE", badge=7)), "b.s")
    assert answer.sections[0].lines == [
        "a may call b.s as user: read, ping (s.yaml:7)", "b receives on b.s (s.yaml:11)", "c may call b.s as admin: wipe, reset, ping (s.yaml:15)", "c may call b.s (s.yaml:12)"]
    first, server, *_ = answer.as_dict()["holders"]
    assert (first["protocol"], first["roles"], first["methods"]) == ("store", ["user"], ["read", "ping"]) and "roles" not in server


def test_a_protocol_without_roles_has_none_to_tell(make: Make) -> None:
    text = PLAIN.replace("s: {}", "s: {protocol: echo}")
    assert command.who(make(text), "b.s").sections[0].lines[0] == "a may call b.s: increment (s.yaml:7)"
    assert compared(make, text.replace("    uses: {s: b.s}\n", "", 1), text).facts["gained"] == ["a may call b.s (s.yaml:7)", "a may call increment of b.s (s.yaml:11)"]


def test_who_may_call_nothing_is_said(make: Make) -> None:
    Path("store.yaml").write_text(PROTOCOL.replace("  ping: {}\n", ""), encoding="utf-8")
    answer = command.who(make(ROLES.replace(", user: [a]", "")), "b.s")
    assert answer.sections[0].lines[0] == "a may call b.s without a role: nothing (s.yaml:7)"


def test_clients_are_those_of_the_plan(make: Make) -> None:
    """One by each capability to call that a key gives."""
    Path("store.yaml").write_text(PROTOCOL, encoding="utf-8")
    facts = make(ROLES).facts
    assert set(roles.clients(facts)) == {(cap.holder, cap.object) for cap in facts.caps if cap.type == "ENDPOINT" and cap.has("WRITE") and cap.object in facts.channels}


# Events ----------------------------------------------------------------------------------------

EVENTS = spec_of(process("a", "signals: {k: b.go}"), process("b", "events: [go, stop]"))


def test_another_event_by_the_same_name_is_growth(make: Make) -> None:
    answer = compared(make, EVENTS, EVENTS.replace("b.go", "b.stop"))
    assert not answer.holds and answer.facts["gained"] == ["a may signal b.stop (s.yaml:7)"] and answer.facts["lost"] == ["a may signal b.go (s.yaml:7)"]


def test_another_name_or_bit_of_an_event_is_no_difference(make: Make) -> None:
    for new in (EVENTS.replace("{k: b.go}", "{kick: b.go}"), EVENTS.replace("[go, stop]", "[first, go, stop]")):
        assert compared(make, EVENTS, new).headline == "nothing differs."


def test_a_capability_of_two_events_is_two_rights(make: Make) -> None:
    """By hand; and one of a bit that is no event goes by its own name."""
    before = make(EVENTS)
    for badge, gained in ((3, ["a may signal b.stop (s.yaml:4)"]), (1 << 5, ["a may signal b's notification by by_hand (s.yaml:4)"])):
        assert command.diff(before, make(EVENTS, add("a", "b.notification", "WRITE", badge=badge))).facts["gained"] == gained


# Stopping --------------------------------------------------------------------------------------

QUIET = spec_of(process("a"), process("b"), process("c", time="{priority: 90, budget: 1ms, period: 100ms}"))


def test_a_priority_with_a_full_budget_stops_others(make: Make) -> None:
    """It is growth, and memory and time tell what was written."""
    new = QUIET.replace("{priority: 50, budget: 1ms, period: 100ms}", "{priority: 80, budget: 10ms, period: 10ms}", 1)
    answer = compared(make, QUIET, new)
    assert not answer.holds and answer.text().splitlines() == [
        "authority grew.", "new ways to stop others:", "  - a can now stop b", "memory and time:", "  - a: priority 50, 1ms of 100ms, now priority 80, 10ms of 10ms (s.yaml:6)"]
    back = compared(make, new, QUIET)
    assert back.holds and back.facts["stops_no_more"] == ["a can no longer stop b"]


def test_who_stops_everybody(make: Make) -> None:
    assert compared(make, QUIET, QUIET.replace("processes:\n  a:\n", "processes:\n  a:\n    may_power_off: true\n")).facts["stops"] == ["a can now stop b, c"]


@pytest.mark.parametrize("seed", range(12))
def test_all_pairs_are_those_asked_one_by_one(make: Make, seed: int) -> None:
    """Of random systems: services that take capabilities, priorities, budgets, capabilities by hand and powers over all."""
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(7)]
    processes = []
    for name in names:
        other = chance.choice([each for each in names if each != name])
        keys = ["serves: {s: {takes_capabilities: true}}", f"uses: {{n: {other}.s}}"]
        keys += [key for key in ("untyped: [64K]", "authority: [tcb]", "authority: [sched_control, sched_context]", "may_power_off: true", "smc: [0x84000008]") if chance.random() < 0.08][:1]
        processes.append(process(name, *keys, time=f"{{priority: {chance.randint(1, 4)}, budget: {chance.choice(('1ms', '100ms'))}, period: 100ms}}"))
    caps = [add(*chance.sample(names, 1), f"{chance.choice(names)}.{kind}", name=f"h{kind}") for kind in ("tcb", "context", "vspace") if chance.random() < 0.5]
    view = make(spec_of(*processes), *caps).view()
    assert list(stops(view)) == [(one, two) for one in names for two in names if one != two and view.access.may_stop(one, two)]


def test_all_pairs_of_a_large_system_are_few_questions(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """About two a subject where nobody can stop anybody, not one a pair."""
    view = make(spec_of(*(process(f"p{number}", time=f"{{priority: {number}, budget: 1ms, period: 100ms}}") for number in range(60)))).view()
    asked: list[str] = []
    may_stop = view.access.may_stop
    monkeypatch.setattr(view.access, "may_stop", lambda subject, target: asked.append(target) or may_stop(subject, target))
    assert stops(view) == {} and len(asked) <= 120


# Policy ----------------------------------------------------------------------------------------

ABC = spec_of(process("a", "uses: {s: b.s}"), process("b", "serves: {s: {}}"), process("c"), process("d"))


def policy(*statements: str) -> str:
    """The system with a policy; its first statement is in line 19."""
    return ABC + "policy:\n" + "".join(f"  - {statement}\n" for statement in statements) if statements else ABC


A_C = "no_flow: {from: a, to: c}"
A_C_BY_B = "no_flow: {from: a, to: c, except_through: [b]}"
ONLY_A, ONLY_A_D = "only: {may_call: b.s, who: [a]}", "only: {may_call: b.s, who: [a, d]}"


@pytest.mark.parametrize(("old", "new", "is_looser", "lines"), [
    ([A_C], [], True, ["dropped: no data of a gets to c (s.yaml:19)"]),
    ([], [A_C], False, ["new: no data of a gets to c (s.yaml:19)"]),
    ([ONLY_A], [ONLY_A_D], True, ["loosened: only a may call b.s (s.yaml:19); now: only a, d may call b.s (s.yaml:19)"]),
    ([ONLY_A_D], [ONLY_A], False, ["tightened: only a, d may call b.s (s.yaml:19); now: only a may call b.s (s.yaml:19)"]),
    ([A_C], [A_C_BY_B], True, ["loosened: no data of a gets to c (s.yaml:19); now: no data of a gets to c, but through b (s.yaml:19)"]),
    (["no_flow: {from: [a, d], to: c}"], [A_C], True, ["loosened: no data of a, d gets to c (s.yaml:19); now: no data of a gets to c (s.yaml:19)"]),
    (["no_path: {between: [a, c]}"], [A_C], True, ["dropped: no data gets between a and c (s.yaml:19)", "new, and demanded before: no data of a gets to c (s.yaml:19)"]),
    (["max: {who: a, share: 40%}"], ["max: {who: a, share: 60%}"], True,
     ["loosened: a has at most 40% of the core (s.yaml:19); now: a has at most 60% of the core (s.yaml:19)"]),
    (["max: {who: a, share: 40%}"], ["max: {who: [a, d], share: 40%}"], False,
     ["tightened: a has at most 40% of the core (s.yaml:19); now: a, d has at most 40% of the core (s.yaml:19)"]),
    (["max: {who: [a, d], share: 40%}"], ["max: {who: a, share: 40%}", "max: {who: d, share: 40%}"], True, [
        "loosened: a, d has at most 40% of the core (s.yaml:19); now: a has at most 40% of the core (s.yaml:19)",
        "new, and demanded before: d has at most 40% of the core (s.yaml:20)"]),
    (["max: {who: [a, d], response: 90ms}"], ["max: {who: a, response: 90ms}", "max: {who: d, response: 80ms}"], False, [
        "tightened: a, d has at most 90ms until its budget is had (s.yaml:19); now: a has at most 90ms until its budget is had (s.yaml:19)",
        "new: d has at most 80ms until its budget is had (s.yaml:20)"]),
    (["no_shared_memory: {between: [a, c]}"], [A_C], True, ["dropped: a and c share no memory (s.yaml:19)", "new: no data of a gets to c (s.yaml:19)"]),
])
def test_a_policy_that_demands_less_is_growth(make: Make, old: list[str], new: list[str], is_looser: bool, lines: list[str]) -> None:
    answer = compared(make, policy(*old), policy(*new))
    assert [each["text"] for each in answer.facts["policy"]] == lines and any(each["is_looser"] for each in answer.facts["policy"]) == is_looser
    assert answer.holds == (not is_looser) and "policy:" in answer.text().splitlines()
    assert is_looser == (answer.headline in ("the policy demands less.", "authority grew."))


@pytest.mark.parametrize(("old", "new"), [
    ([A_C, ONLY_A], [ONLY_A, A_C]), (["no_flow: {from: [a, d], to: c}"], ["no_flow: {from: [d, a], to: [c]}"]), (["max: {who: [a, d], share: 40%}"], ["max: {who: [d, a], share: 40%}"]),
    (["no_path: {between: [a, c]}"], ["no_path: {between: [c, a]}"]),
])
def test_another_wording_is_no_difference(make: Make, old: list[str], new: list[str]) -> None:
    assert compared(make, policy(*old), policy(*new)).headline == "nothing differs."


def test_what_is_demanded_by_others_is_dropped_without_loss(make: Make) -> None:
    answer = compared(make, policy(A_C, "no_path: {between: [a, c]}"), policy("no_path: {between: [a, c]}"))
    assert answer.holds and answer.facts["policy"] == [{"text": "dropped, and nothing with it: no data of a gets to c (s.yaml:19)", "is_looser": False}]


def test_a_demand_on_what_is_gone_is_not_lost(make: Make) -> None:
    """And one on everybody else is no other for a process that came."""
    without_d = policy(A_C, ONLY_A).replace(process("d"), "")
    answer = compared(make, policy(A_C, "no_flow: {from: d, to: c}", ONLY_A), without_d)
    assert answer.holds and [each["text"] for each in answer.facts["policy"]] == ["dropped, and nothing with it: no data of d gets to c (s.yaml:20)"]
    assert compared(make, without_d, policy(A_C, ONLY_A)).facts["policy"] == []


def test_who_is_trusted_by_name_is_growth(make: Make) -> None:
    """In a new statement, in one that was there, and of one more; not again by another wording."""
    line = "b is trusted to pass on only what may be passed on, by the statement: no data of a gets to c, but through b (s.yaml:19)"
    for old in ([], [A_C]):
        answer = compared(make, policy(*old), policy(A_C_BY_B))
        assert not answer.holds and answer.facts["gained"] == [line]
    more = compared(make, policy(A_C_BY_B), policy(A_C_BY_B.replace("[b]", "[b, d]")))
    assert not more.holds and [each.split()[0] for each in more.facts["gained"]] == ["d"]
    less = compared(make, policy(A_C_BY_B), policy(A_C))
    assert less.holds and less.facts["lost"] == [line] and less.facts["policy"][0]["text"].startswith("tightened: ")
    assert compared(make, policy(A_C_BY_B), policy(A_C_BY_B.replace("from: a", "from: [a]"))).headline == "nothing differs."
