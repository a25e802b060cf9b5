# SPDX-License-Identifier: BSD-2-Clause
"""Round trips, shares, histogram and the judgement of a run, from planted passages through the kernel."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

import conftest  # noqa: F401 - the path to tools/ and to capdl
from bench import passages as passages_of
from bench import traffic
from bench.channels import UNNAMED, Channel, Follower, Names, Traffic, Trip, names_of
from bench.passages import COMMON, END, FAST, FAST_ANSWER, SYSCALL, Abi, Passage, Ran, read_passages, wait_for_end
from bench.composed import check
from capdl.abi import load_default
from sel.errors import Failed

ABI = Abi(load_default().data)
WINDOW = 0x1000_0000
CLIENT, SERVER, VMM, GUEST, BYSTANDER = 0x5000, 0x6000, 0x7000, 0x8000, 0x9000
BASES = {CLIENT: 0x10_1000_0000, SERVER: 0x10_2000_0000, VMM: 0x10_3000_0000, BYSTANDER: 0x10_4000_0000}
ENDPOINT = 0xA000 << ABI.low("object") | ABI.cap_type("ENDPOINT")
NOTIFICATION = 0xB000 << ABI.low("object") | ABI.cap_type("NOTIFICATION")
PLAN = {
    "objects": [{"name": "server.echo", "type": "ENDPOINT"}, {"name": "guest.exits", "type": "ENDPOINT"}, {"name": "server.notification", "type": "NOTIFICATION"}, {"name": "roottask.fault", "type": "ENDPOINT"}],
    "caps": [
        {"cnode": "client.cnode", "slot": 2, "name": "echo", "object": "server.echo", "rights": ["WRITE", "GRANT"]},
        {"cnode": "client.cnode", "slot": 3, "name": "bell", "object": "server.notification", "rights": ["WRITE"]},
        {"cnode": "server.cnode", "slot": 4, "name": "echo", "object": "server.echo", "rights": ["READ"]},
        {"cnode": "server.cnode", "slot": 5, "name": "supervisor", "object": "roottask.fault", "rights": ["WRITE"]},
    ],
    "processes": [{"name": name, "base": BASES[tcb]} for name, tcb in (("client", CLIENT), ("server", SERVER), ("vmm", VMM), ("bystander", BYSTANDER))],
    "guests": [{"name": "guest", "vmm": "vmm"}],
}
NAMES: Names = names_of(PLAN, 0x10_0000_0000, WINDOW)


class Machine:
    """Makes the passages of a run, each from how long the thread ran before it and how long the kernel took."""

    def __init__(self) -> None:
        self.user = self.kernel = 0
        self.passages: list[Passage] = []

    def enter(self, tcb: int, to: int, ran: int, took: int, name: str = "", flags: int = 0, **fields: int) -> None:
        """`tcb` runs, then the kernel, then `to`. `name`: of a system call."""
        self.user += ran
        begin, self.kernel = self.kernel, self.kernel + took
        if name:
            flags |= SYSCALL
            fields = {"number": ABI.syscall(name), "pc_in": BASES[tcb] + 0x104, **fields}
        self.passages.append(Passage(flags, entry_tcb=tcb, exit_tcb=to, user=self.user, kernel_in=begin, kernel_out=self.kernel, **fields))

    def traffic(self) -> Traffic:
        """What follows from them."""
        follower = Follower(NAMES, ABI)
        for passage in self.passages:
            follower.take(passage)
        return follower.finish()


def call(machine: Machine, way: int = FAST, **fields: int) -> None:
    """The client calls, the server runs next."""
    machine.enter(CLIENT, SERVER, 10, 100, "call", way, **{"cptr": 2, "cap": ENDPOINT, **fields})


def answer(machine: Machine, way: int = FAST, to: int = CLIENT, ran: int = 40) -> None:
    """The server answers the client."""
    machine.enter(SERVER, to, ran, 120, "reply_recv", way, cptr=4, cap=ENDPOINT, answered=CLIENT)


def test_a_round_trip_is_from_the_svc_to_the_instruction_behind_it() -> None:
    """The SVC itself, the kernel twice, the server between; what the client did before is none of it."""
    machine = Machine()
    call(machine)
    answer(machine)
    channel = machine.traffic().channels["client -> server.echo"]
    assert channel.trips == [Trip(total=1 + 100 + 40 + 120, kernel=220, server=40, other=0, is_fast_call=True, is_fast_answer=True)]
    assert (channel.failed, channel.open_since_ns) == (0, [])


def test_each_half_has_its_own_way() -> None:
    """A fast Call with a slow answer, and the other way round."""
    machine = Machine()
    for ways in ((FAST, COMMON), (COMMON, FAST)):
        call(machine, ways[0])
        answer(machine, ways[1])
    trips = machine.traffic().channels["client -> server.echo"].trips
    assert [(trip.is_fast_call, trip.is_fast_answer) for trip in trips] == [(True, False), (False, True)]


def test_whoever_runs_meanwhile_is_told_apart() -> None:
    """An interrupt lets a bystander run in the middle; the answer does not bring the client back at once."""
    machine = Machine()
    machine.enter(SERVER, BYSTANDER, 5, 5, "recv")
    machine.enter(BYSTANDER, CLIENT, 5, 5, "yield")
    call(machine)
    machine.enter(SERVER, BYSTANDER, 30, 7)
    machine.enter(BYSTANDER, SERVER, 1000, 9)
    answer(machine, COMMON, to=BYSTANDER)
    machine.enter(BYSTANDER, CLIENT, 500, 11)
    (trip,) = machine.traffic().channels["client -> server.echo"].trips
    assert (trip.kernel, trip.other) == (100 + 7 + 9 + 120 + 11, 1500)
    assert trip.total == trip.kernel + trip.server + trip.other + 1


def test_refused_cancelled_and_unanswered_calls_are_no_round_trips() -> None:
    """Refused: nobody else ran. Cancelled: it ends without an answer, or with an error. Unanswered: the run ends first."""
    machine = Machine()
    machine.enter(CLIENT, CLIENT, 10, 90, "call", COMMON, cptr=2, cap=ENDPOINT, status=3)
    call(machine, COMMON)
    machine.enter(SERVER, CLIENT, 10, 90, "call", COMMON, cptr=9, cap=1, status=7)
    call(machine, COMMON)
    machine.enter(SERVER, CLIENT, 10, 90, "reply_recv", COMMON, cptr=4, cap=ENDPOINT, answered=CLIENT, status=7)
    call(machine, time_ns=77)
    found = machine.traffic()
    channel = found.channels["client -> server.echo"]
    assert (channel.trips, channel.failed, channel.open_since_ns, found.invocations) == ([], 3, [77], 1)


def test_names_are_the_specs_or_none() -> None:
    """By slot; by the object in another slot or thread once it is known; else of no spec. The slot may hold something else by now."""
    machine = Machine()
    other = 0xC000 << ABI.low("object") | ABI.cap_type("ENDPOINT")
    call(machine, cptr=30)  # before anybody has used the spec's slot
    answer(machine)
    call(machine, cptr=30)
    answer(machine)
    machine.enter(CLIENT, SERVER, 1, 1, "call", FAST, cptr=30, cap=other)
    answer(machine)
    machine.enter(CLIENT, CLIENT, 1, 1, "call", COMMON, cptr=2, cap=1)
    found = machine.traffic()
    assert {name: len(channel.trips) for name, channel in found.channels.items()} == {f"client -> {UNNAMED}": 2, "client -> server.echo": 1}
    assert found.invocations == 1


def test_signals_are_counted_by_name_and_way() -> None:
    """One by the fastpath, one by the common way."""
    machine = Machine()
    machine.enter(CLIENT, CLIENT, 3, 60, "signal", 0, cptr=3, cap=NOTIFICATION)
    machine.enter(CLIENT, SERVER, 3, 300, "signal", COMMON, cptr=3, cap=NOTIFICATION)
    found = machine.traffic()
    assert (found.signals, found.fast_signals) == ({"client -> server.notification (bell)": 2}, {"client -> server.notification (bell)": 1})


def test_exits_of_guests_are_round_trips_of_their_own() -> None:
    """From the vector on; named when the VMM is known. A fault that is no exit is none."""
    machine = Machine()
    machine.enter(VMM, GUEST, 5, 50, "reply_recv", COMMON)
    machine.enter(GUEST, VMM, 1000, 200, fault=ABI.fault("VM_EXIT"))
    machine.enter(VMM, GUEST, 80, 300, "reply_recv", FAST_ANSWER, answered=GUEST)
    machine.enter(GUEST, VMM, 1000, 200, fault=ABI.fault("MEMORY"))
    machine.enter(VMM, GUEST, 80, 300, "reply_recv", FAST_ANSWER, answered=GUEST)
    channel = machine.traffic().channels["guest -> vmm (exits)"]
    assert channel.is_exit and channel.trips == [Trip(580, 500, 80, 0, True, True)]


def test_the_spec_says_who_may_call() -> None:
    """Reports to the roottask are no channel of the spec."""
    assert NAMES.channels == (("client", "server.echo"),)


def trips(*totals: int) -> list[Trip]:
    """Trips that took so many instructions."""
    return [Trip(total, total - 3, 2, 0, total % 2 == 0, True) for total in totals]


def test_quantiles_are_trips_that_happened() -> None:
    """The nearest rank, for one trip and for hundred; shares are counts."""
    result = traffic.result_of(Channel("a -> b", False, trips(*range(100, 0, -1))))
    assert [result[name] for name in ("round_trips", "min", "median", "p90", "p99", "max", "kernel", "server")] == [100, 1, 50, 90, 99, 100, 47, 2]
    assert (result["fast_calls"], result["fast_answers"]) == (50, 100)
    single = traffic.result_of(Channel("a -> b", False, trips(7)))
    assert [single[name] for name in ("min", "median", "p90", "p99", "max")] == [7] * 5


def test_a_histogram_has_every_value_once() -> None:
    """Buckets do not overlap, hold what is in them, and are few; those of near values are narrow."""
    values = [286] * 9 + [303, 5, 0, 1, 45406, 700_000]
    buckets = traffic.histogram(values)
    assert [count for *_, count in buckets] == [sum(low <= value <= high for value in values) for low, high, _ in buckets]
    assert sum(count for *_, count in buckets) == len(values) and len(traffic.histogram(range(1, 100_000, 7))) <= 17
    assert all(before[1] < after[0] for before, after in zip(buckets, buckets[1:]))
    assert traffic.histogram([286, 303]) == [[280, 287, 1], [296, 303, 1]]


def test_a_share_is_never_rounded_up() -> None:
    """100 % are all of them."""
    assert [traffic.share(*each) for each in ((9999, 10000), (1, 1), (0, 5), (0, 0), (95, 100))] == ["99.9 %", "100 %", "0 %", "-", "95 %"]


def ran(ended: str = "time", failed: tuple[str, ...] = ()) -> Ran:
    """A run's frame."""
    return Ran([], 1000, 500, 12_345_678, ended, "  kernel: last words", failed)


def test_the_report_has_every_channel_and_the_totals() -> None:
    """With what never happened."""
    found = Traffic({"client -> server.echo": Channel("client -> server.echo", False, trips(10, 12, 13), failed=2), "g -> v (exits)": Channel("g -> v (exits)", True, trips(900))})
    found.signals["a -> b"] = 4
    names = Names(WINDOW, {}, {}, {}, (("client", "server.echo"), ("client", "server.other")))
    numbers = traffic.results("planted", ran(), found, names)
    text = traffic.render(numbers)
    assert "system planted: 12.3 ms" in text and "never called: client -> server.other\n" in text
    assert "2 failed" in text and "all calls: 2 of 3 (66.6 %) and 3 (100 %)" in text and "exits of guests to their VMM: 1 of 1" in text
    assert numbers["calls"] == {"round_trips": 3, "fast_calls": 2, "fast_answers": 3} and numbers["signals"] == [{"name": "a -> b", "signals": 4, "fast": 0}]


@pytest.mark.parametrize(("frame", "channel", "said"), [
    (ran(), Channel("x", False), "made no round trip"),
    (ran("off"), Channel("x", False, failed=1), "switched itself off before any"),
    (ran("still"), Channel("x", False), "stands still, without any round trip"),
    (ran("still"), Channel("x", False, trips(1), open_since_ns=[5]), "stands still, without an answer to x"),
    (ran(failed=("server",)), Channel("x", False, trips(1)), "server failed"),
])
def test_a_run_that_says_nothing_is_no_result(frame: Ran, channel: Channel, said: str) -> None:
    """Exit code 1 with what the console said last."""
    with pytest.raises(Failed, match=rf"planted:? {said}[\s\S]*12 ms[\s\S]*last words"):
        check("planted", frame, Traffic({"x": channel}))


def test_a_run_that_ends_early_may_be_one() -> None:
    """The client is through: nothing waits for an answer."""
    check("planted", ran("still"), Traffic({"x": Channel("x", False, trips(1))}))
    check("planted", ran("off"), Traffic({"x": Channel("x", False, trips(1), open_since_ns=[5])}))


def test_the_plugins_file_is_read() -> None:
    """The last record is the end; half a record is none; without an end QEMU was killed."""
    words = struct.Struct(f"<{len(Passage._fields)}Q")
    one, end = words.pack(SYSCALL, *range(1, 14)), words.pack(END, *range(1, 14))
    assert read_passages(one + one + end) == ([Passage(SYSCALL, *range(1, 14))] * 2, Passage(END, *range(1, 14)))
    assert read_passages(one + end[:-1]) == ([Passage(SYSCALL, *range(1, 14))], None)
    assert read_passages(b"") == ([], None)


@pytest.mark.parametrize(("console", "said"), [("\x1e[0@5]sel: kernel panic\n\x1e[<]", "the kernel panicked"), ("last words\n", "did not come to its time")])
def test_a_panic_and_a_run_without_end_are_told(tmp_path: Path, console: str, said: str) -> None:
    """With the console's last lines."""
    (tmp_path / "console").write_text(console)
    with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as process:
        try:
            with pytest.raises(Failed, match=rf"{said}[\s\S]*kernel: "):
                wait_for_end(process, tmp_path / "console", {0: "kernel"}, timeout_s=0.3)
        finally:
            process.kill()


def test_a_machine_without_work_is_noticed(tmp_path: Path) -> None:
    """It uses no time of the host; one that has ended is no such machine."""
    with subprocess.Popen(["sleep", "60"]) as process:
        assert wait_for_end(process, tmp_path / "none", {}, still_s=0.2)
        process.kill()
        process.wait()
        assert not wait_for_end(process, tmp_path / "none", {}, still_s=0.2)


def test_lines_of_consoles_and_what_they_report(tmp_path: Path) -> None:
    """Text of one console that another one interrupts; faults, and ends with another status than 0."""
    (tmp_path / "console").write_bytes(b"one \x1e[1]two\n\x1e[0]roottask: fault: process a: read\r\nroottask: exit: process b: status 0\nroottask: exit: process c: status 1\n")
    lines = passages_of.console_lines(tmp_path / "console", {0: "kernel", 1: "other"})
    assert lines[:2] == ["kernel: one", "other: two"]
    assert passages_of.faults(lines) == ("a", "c")
