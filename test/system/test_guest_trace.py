# SPDX-License-Identifier: BSD-2-Clause
"""The guest's budget from the kernel's own trace: every switch to the guest and away from it, read from the machine's memory."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import DETERMINISTIC, RUN_TIMEOUT_S, build
from test_guest_budget import OBSERVER, SPEC, spec_of

TICK = 16  # instructions: the counter runs at 62.5 MHz, an instruction takes a nanosecond
PERIOD = 10_000_000
BUDGET = 6_000_000
#: The issue's bound for the guest alone. The stretches below contain the kernel's way out after the switch and in before the next event.
OVERRUN_MAX = 1_000
PERIODS = 100

TRACE_SWITCH = 4


@dataclass(frozen=True)
class Stretch:
    """The guest ran from `start` to `end` (instructions)."""

    start: int
    end: int


def gdb(elf: Path, socket: Path, *commands: str) -> str:
    """What gdb says about a running machine, whose memory it sees by physical addresses, as the kernel does."""
    start = ("set max-value-size unlimited", f"target remote {socket}", "maintenance packet Qqemu.PhyMemMode:1")
    words = [word for command in (*start, *commands) for word in ("-ex", command)]
    done = subprocess.run(["gdb-multiarch", "-batch", "-nx", str(elf), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def stretches() -> list[Stretch]:
    """Boot the spinning guest above the observer; when the observer is done, read the ring."""
    folder = build(spec_of("guest_budget_trace", SPEC % (OBSERVER, "%s")))
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        socket, console, ring = place / "gdb", place / "console", place / "ring"
        command = ["qemu-system-aarch64", *run["machine"], *DETERMINISTIC, "-serial", f"file:{console}", "-kernel", str(folder / "image.bin"),
                   "-gdb", f"unix:{socket},server=on,wait=off"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as machine:
            try:
                wait_for_text(console, rb"TESTS \d+ passed", machine)
                said = gdb(Path(run["kernel_elf"]), socket, "p/u trace_next", "p/x (unsigned long)percpu_area.vcpu_loaded->tcb",
                           f"dump binary value {ring} trace_ring")
            finally:
                machine.kill()
        count, guest = re.findall(r"^\$\d+ = (\w+)$", said, re.MULTILINE)
        return stretches_of(entries_in_order(ring.read_bytes(), int(count)), int(guest, 16))


def wait_for_text(console: Path, pattern: bytes, machine: subprocess.Popen[bytes]) -> None:
    """Return when the text is on the console."""
    for _ in range(RUN_TIMEOUT_S * 5):
        if console.exists() and re.search(pattern, console.read_bytes()):
            return
        try:
            machine.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail(f"no {pattern!r} on the console: {console.read_bytes()[-600:]!r}")


def entries_in_order(ring: bytes, count: int) -> list[tuple[int, int, int, int]]:
    """(ticks, kind, a, b), oldest first, of a kernel that made `count` of them; without the newest, which it may not have written yet where it was halted."""
    entries = list(struct.iter_unpack("<4Q", ring))
    first = max(count - len(entries), 0)
    return [entries[index % len(entries)] for index in range(first, count - 1)]


@pytest.mark.parametrize("count", [3, 4, 5, 9])
def test_an_entry_that_is_not_written_yet_is_left_out(count: int) -> None:
    """The machine is halted between the count and the entry: a ring of four whose newest place holds nothing, or what was there a round before."""
    times = [0, 0, 0, 0]
    for made in range(count - 1):
        times[made % 4] = made + 1
    ring = b"".join(struct.pack("<4Q", time, 0, 0, 0) for time in times)
    seen = [ticks for ticks, *_ in entries_in_order(ring, count)]
    assert seen == list(range(max(count - 4, 0) + 1, count))


def stretches_of(entries: list[tuple[int, int, int, int]], guest: int) -> list[Stretch]:
    """From each switch to the guest to the next event, whatever it is: then the kernel runs."""
    return [Stretch(ticks * TICK, following[0] * TICK) for (ticks, kind, _, to), following in zip(entries, entries[1:]) if kind == TRACE_SWITCH and to == guest]


def used(stretches: list[Stretch], start: int) -> int:
    """Instructions of the guest in the window [start, start + PERIOD)."""
    return sum(max(0, min(each.end, start + PERIOD) - max(each.start, start)) for each in stretches)


@pytest.mark.timeout(1200)
def test_no_window_has_more_than_the_budget(stretches: list[Stretch]) -> None:
    """The fullest windows begin where a stretch begins or end where one ends."""
    assert len(stretches) >= PERIODS
    starts = [each.start for each in stretches] + [each.end - PERIOD for each in stretches]
    most = max(used(stretches, start) for start in starts)
    print(f"the fullest window: {most - BUDGET} instructions above the budget, {len(stretches)} stretches")
    assert most <= BUDGET + OVERRUN_MAX


@pytest.mark.timeout(1200)
def test_the_budget_is_given(stretches: list[Stretch]) -> None:
    """Over all whole periods the guest gets what it was promised, but for what the kernel needs to give it."""
    first, last = stretches[0].start, stretches[-1].end
    periods = (last - first) // PERIOD
    assert periods >= PERIODS - 1
    assert used_in(stretches, first, first + periods * PERIOD) >= periods * (BUDGET - OVERRUN_MAX)


def used_in(stretches: list[Stretch], start: int, end: int) -> int:
    """Instructions of the guest between two times."""
    return sum(max(0, min(each.end, end) - max(each.start, start)) for each in stretches)
