# SPDX-License-Identifier: BSD-2-Clause
"""Utilisation and worst responses, worked out by hand; passive servers, inversions; a simulation never exceeds the bound."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from conftest import Make, process, spec_of

from capdl.authority import command
from capdl.authority.schedule import Context, response


def time(priority: int, budget: str, period: str) -> str:
    """A `time` of a spec."""
    return f"{{priority: {priority}, budget: {budget}, period: {period}}}"


def responses(make: Make, *processes: str, more: str = "") -> dict[str, int | None]:
    """Worst responses in microseconds."""
    schedule = make(spec_of(*processes, more=more)).schedule
    return {each.name: None if each.response_ns is None else each.response_ns // 1000 for each in schedule.contexts}


def test_the_textbook_case(make: Make) -> None:
    """C = 3, 3, 5 of T = 7, 12, 20 (Burns and Wellings): R = 3, 6, 20."""
    found = responses(
        make, process("a", time=time(30, "3ms", "7ms")), process("b", time=time(20, "3ms", "12ms")), process("c", time=time(10, "5ms", "20ms")))
    assert found == {"a": 3000, "b": 6000, "c": 20000}
    assert make(spec_of(process("a", time=time(30, "3ms", "7ms")), process("b", time=time(20, "3ms", "12ms")))).schedule.utilisation == Fraction(3, 7) + Fraction(1, 4)


def test_what_does_not_fit_is_said(make: Make) -> None:
    """6 of 10 above 5 of 10: the lower one is not sure of its budget; the margin of the upper one is 4 ms."""
    analysis = make(spec_of(process("a", time=time(30, "6ms", "10ms")), process("b", time=time(20, "5ms", "10ms"))))
    answer = command.who(analysis, "time")
    assert answer.headline == "core 0: 110.0% is given away; not sure of its budget: b."
    assert answer.sections[0].lines == [
        "a: priority 30, 6ms of 10ms (60.0%): has it within 6ms, margin 4ms (s.yaml:6)",
        "b: priority 20, 5ms of 10ms (50.0%): not sure to have it within its period (s.yaml:9)",
    ]


def test_equals_delay_each_other(make: Make) -> None:
    """Two of one priority take turns: each may have to wait for the other's whole budget."""
    assert responses(make, process("a", time=time(30, "2ms", "10ms")), process("b", time=time(30, "3ms", "10ms"))) == {"a": 5000, "b": 5000}


def test_budget_as_long_as_its_period(make: Make) -> None:
    """It may run without pause: what is below gets nothing for sure, and itself has all of it only on top."""
    assert responses(make, process("a", time=time(30, "10ms", "10ms")), process("b", time=time(20, "1ms", "10ms"))) == {"a": 10000, "b": None}


PASSIVE = "{priority: %d, passive: true}"


def test_a_passive_server_above_its_client_delays_others(make: Make) -> None:
    """c (10) may spend its 1 ms in s (40), above a (30): a has its 2 ms within 3 ms. c has 1 ms within 2 + 1 ms."""
    found = responses(
        make, process("s", "serves: {s: {}}", time=PASSIVE % 40), process("a", time=time(30, "2ms", "10ms")), process("c", "uses: {s: s.s}", time=time(10, "1ms", "10ms")))
    assert found == {"a": 3000, "c": 3000}


def test_a_passive_server_below_its_client_delays_the_client(make: Make) -> None:
    """c (50) works in s (20), below a (30): a delays c, and c counts before a."""
    parts = (process("s", "serves: {s: {}}", time=PASSIVE % 20), process("a", time=time(30, "2ms", "10ms")), process("c", "uses: {s: s.s}", time=time(50, "1ms", "10ms")))
    assert responses(make, *parts) == {"a": 3000, "c": 3000}
    inversions = make(spec_of(*parts)).schedule.inversions
    assert [each.text for each in inversions] == ["c (priority 50) calls s (priority 20), which is below it: a can delay it"]


def test_an_active_server_works_on_its_own_time(make: Make) -> None:
    """c's budget is not spent in s."""
    parts = (process("s", "serves: {s: {}}", time=time(40, "1ms", "10ms")), process("c", "uses: {s: s.s}", time=time(10, "1ms", "10ms")))
    assert responses(make, *parts) == {"s": 1000, "c": 2000}


def test_clients_of_one_passive_server_wait_for_each_other(make: Make) -> None:
    """The higher one waits while the server works on the lower one's time."""
    parts = (process("s", "serves: {s: {}}", time=PASSIVE % 60), process("a", "uses: {s: s.s}", time=time(30, "1ms", "10ms")), process("b", "uses: {s: s.s}", time=time(10, "1ms", "10ms")))
    schedule = make(spec_of(*parts)).schedule
    assert [each.text for each in schedule.inversions] == ["a (priority 30) can wait for b, below it: s serves one call to its end, on its caller's time, and stands still while that is used up"]
    assert schedule.passive == {"s": ("a", "b")}


def test_a_guest_runs_in_its_vmm(make: Make) -> None:
    """g (20) works through its VMM (21, 2 ms of 10 ms by default), which it delays and which delays it: 1 + 2 ms for both; a (10) comes after."""
    found = responses(make, process("a", time=time(10, "1ms", "10ms")), more="guests:\n  g: {image: {raw: ./guest.bin, load: 0x40080000}, memory: 4M, time: {priority: 20, budget: 1ms, period: 10ms}}\n")
    assert found == {"vmm_g": 3000, "g": 3000, "a": 4000}


@pytest.mark.parametrize("seed", range(40))
def test_no_simulation_is_worse(seed: int) -> None:
    """Contexts that ask for their whole budget at once, and again as soon as the period permits, never take longer than the bound."""
    dice = random.Random(seed)
    contexts = []
    for number in range(dice.randint(2, 5)):
        period = dice.choice((4, 5, 8, 10, 20))
        contexts.append(Context(f"c{number}", 100 - number, dice.randint(1, max(1, period // 3)), period, lowest=100 - number, highest=100 - number))
    for place, context in enumerate(contexts):
        context.response_ns = response(context, contexts[:place])
    left, asked, worst = [0] * len(contexts), [0] * len(contexts), [0] * len(contexts)
    for tick in range(400):
        for place, context in enumerate(contexts):
            if tick % context.period_ns == 0:
                assert left[place] == 0 or context.response_ns is None
                left[place], asked[place] = context.budget_ns, tick
        running = next((place for place in range(len(contexts)) if left[place]), None)
        if running is not None:
            left[running] -= 1
            if left[running] == 0:
                worst[running] = max(worst[running], tick + 1 - asked[running])
    for place, context in enumerate(contexts):
        if context.response_ns is None:
            break  # it leaves some of its budget, so those below are delayed less than their bounds
        assert worst[place] == context.response_ns, "all ask at once at the start, the worst there is"
