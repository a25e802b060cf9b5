# SPDX-License-Identifier: BSD-2-Clause
"""Random systems: the fast closure and graph say what the plain one says, with trusts and with capabilities added by hand."""

from __future__ import annotations

import random

import pytest
from brute import Brute
from conftest import Make, add, process, spec_of

from capdl.authority import policy
from capdl.authority.analysis import Analysis
from capdl.plan_data import Object

OBJECTS = ("tcb", "cnode", "vspace", "context", "notification", "heap", "timer", "stack", "s")
#: Types of an object that is nobody's.
SHARED = ("CNODE", "TCB", "VSPACE", "VCPU", "TIMER", "SCHED_CONTEXT", "NOTIFICATION", "ENDPOINT", "FRAME")
AUTHORITY = ("tcb", "sched_context", "sched_control", "cnode", "vspace")
TIMES = ("{priority: 50, budget: 1ms, period: 100ms}", "{priority: 60, budget: 60ms, period: 100ms}", "{priority: 40, budget: 60ms, period: 100ms}")
PASSIVE = "{priority: 70, passive: true, budget: 1ms, period: 100ms}"
RIGHTS = ((), ("READ",), ("WRITE",), ("WRITE", "GRANT"), ("READ", "WRITE"), ("READ", "WRITE", "GRANT"))


def random_spec(dice: random.Random, names: list[str]) -> str:
    """Services, shared regions, signals, firmware calls; a third of it separates or takes capabilities; at times with a console server."""
    processes = []
    for name in names:
        keys = [f"serves: {{s: {{separates_clients: {dice.choice(('true', 'false', 'false'))}, takes_capabilities: {dice.choice(('true', 'false', 'false'))}}}}}"]
        keys.append("events: [e]")
        uses = [other for other in names if other != name and dice.random() < 0.14]
        keys.append("uses: {" + ", ".join(f"u_{other}: {other}.s" for other in uses) + "}")
        signals = [other for other in names if other != name and dice.random() < 0.08]
        keys.append("signals: {" + ", ".join(f"g_{other}: {other}.e" for other in signals) + "}")
        keys += ["heap: 4K"] + ["timer: true"] * (dice.random() < 0.3)
        if dice.random() < 0.05:
            keys.append(f"smc: [{dice.choice(('0x84000000', '0x84000008', '0x84000003'))}]")
        if name == names[0]:
            keys.append("devices: {uart: uart0}")
        if dice.random() < 0.15:
            keys.append(f"authority: [{', '.join(dice.sample(AUTHORITY, 2))}]")
        processes.append(process(name, *keys, time=PASSIVE if name == names[-1] and dice.random() < 0.5 else dice.choice(TIMES)))
    more = "shared:\n"
    for number in range(dice.randint(0, 3)):
        writers, readers = dice.sample(names, 1), dice.sample(names, 2)
        more += f"  r{number}: {{size: 4K, writes: [{writers[0]}], reads: [{', '.join(name for name in readers if name not in writers)}], doorbell: {dice.choice(('true', 'false'))}}}\n"
    if more == "shared:\n":
        more = ""
    if dice.random() < 0.5:
        more += f"console: {{server: {names[0]}, separates_clients: {dice.choice(('true', 'true', 'false'))}}}\n"
    if dice.random() < 0.3:
        more += "guests:\n  guest: {image: {raw: ./guest.bin, load: 0x40080000}, memory: 4M, time: {priority: 20, budget: 1ms, period: 100ms}}\n"
    return spec_of(*processes, more=more)


@pytest.mark.parametrize("seed", range(60))
def test_the_fast_one_says_what_the_plain_one_says(make: Make, seed: int) -> None:
    """Capabilities that can be had, in whose name one can act, whom one can stop, read and write, subjects that can be reached, and how far they are."""
    dice = random.Random(seed)
    names = ["a", "b", "c", "d", "e", "f"][: dice.randint(3, 6)]
    text = random_spec(dice, names)
    caps = []
    for number in range(dice.choice((0, 0, 1, 2))):
        owner = dice.choice(names)
        caps.append(add(dice.choice(names), f"{owner}.{dice.choice((*OBJECTS[:6], 's'))}", *dice.choice(RIGHTS), name=f"by_hand{number}"))
    if dice.random() < 0.3:
        caps += [add(holder, "shared.x", *dice.choice(RIGHTS), name=f"x{holder}") for holder in dice.sample(names, 2)]
    masters = ("uart0",) if dice.random() < 0.1 else ()
    analysis = make(text, *caps, masters=masters)
    analysis.facts.plan.objects.append(Object("shared.x", dice.choice(SHARED), "shared", 0))
    for bind in analysis.facts.plan.timer_binds:
        if dice.random() < 0.3:
            bind["notification"] = f"{dice.choice(names)}.notification"
    analysis = Analysis(analysis.facts.system, analysis.facts.plan)
    owners = [cap.object.partition(".")[0] for cap in caps[:1]]
    for trusted in ((), (dice.choice(names),), *((owner,) for owner in owners if owner in names)):
        agree(analysis, trusted)


def agree(analysis: Analysis, trusted: tuple[str, ...]) -> None:
    """Both say the same of every subject and pair."""
    plain = Brute(analysis.facts.system, analysis.facts.plan, frozenset(trusted))
    view = analysis.view(trusted)
    for subject in view.facts.subjects:
        fast = {number for number, _, _ in view.closure.held(subject)}
        assert fast == {number for number, _ in plain.has(subject)}, (subject, trusted)
        assert all(bool(view.words.chain(subject, number)) == bool(round) for number, _, round in view.closure.held(subject))
        assert set(view.closure.acts_as(subject)) == plain.acts_as(subject), (subject, trusted)
        for other in view.facts.subjects:
            if other == subject:
                continue
            assert bool(view.access.may_stop(subject, other)) == (plain.stops(subject, other) or plain.starves(subject, other)), (subject, other, trusted)
            assert bool(view.access.may_read(subject, other)) == plain.touches(subject, other, True), (subject, other, trusted)
            assert bool(view.access.may_write(subject, other)) == plain.touches(subject, other, False), (subject, other, trusted)
            assert bool(policy.shared_memory(view, subject, other)) == plain.shares(subject, other), (subject, other, trusted)
        expected = plain.distances(subject)
        assert set(view.flow.reached(subject)) == set(expected), (subject, trusted)
        for target, cost in expected.items():
            path = view.flow.path(subject, target)
            assert path is not None and view.words.links(path)
            if all(edge.round == 0 for edge in path):
                assert sum(edge.cost for edge in path) == cost, (subject, target, trusted)


@pytest.mark.parametrize("seed", range(60))
def test_they_agree_on_trusted_ones_that_others_control(make: Make, seed: int) -> None:
    """Few regions and no services, so that what goes through a trusted one goes nowhere else."""
    dice = random.Random(seed)
    names = ["a", "b", "c", "d", "e"]
    keys = {name: [f"signals: {{k: {dice.choice([other for other in names if other != name])}.e}}"] * (dice.random() < 0.4) for name in names}
    more = "shared:\n"
    for number in range(dice.randint(1, 3)):
        writer, reader = dice.sample(names, 2)
        more += f"  r{number}: {{size: 4K, writes: [{writer}], reads: [{reader}]}}\n"
    caps = [add(dice.choice(names), f"{dice.choice(names)}.{dice.choice(OBJECTS[:8])}", *dice.choice(RIGHTS), name=f"by_hand{number}") for number in range(2)]
    analysis = make(spec_of(*(process(name, "events: [e]", "heap: 4K", *keys[name]) for name in names), more=more), *caps)
    for trusted in ((), *((name,) for name in names)):
        agree(analysis, trusted)


def test_what_one_gets_is_explained(make: Make) -> None:
    """Every capability that can be had comes by links that begin where it is from the start."""
    for seed in range(20):
        dice = random.Random(seed)
        names = ["a", "b", "c", "d", "e", "f"][: dice.randint(3, 6)]
        view = make(random_spec(dice, names)).view()
        for subject in view.facts.subjects:
            for number, held, round in view.closure.held(subject):
                chain = view.words.chain(subject, number)
                assert bool(chain) == bool(round)
                if chain:
                    assert chain[-1].target == subject
                    assert held.holder in {link.source for link in chain}


def test_the_random_systems_are_worth_it(make: Make) -> None:
    """Of the pairs above, many are reached and many are not, and capabilities do travel."""
    reached = apart = travelled = 0
    for seed in range(30):
        dice = random.Random(seed)
        names = ["a", "b", "c", "d", "e", "f"][: dice.randint(3, 6)]
        view = make(random_spec(dice, names)).view()
        for name in names:
            count = len(view.flow.reached(name))
            reached, apart = reached + count, apart + len(view.facts.subjects) - 1 - count
            travelled += sum(1 for _, _, round in view.closure.held(name) if round)
    assert min(reached, apart, travelled) > 100, (reached, apart, travelled)
