# SPDX-License-Identifier: BSD-2-Clause
"""A guest that wants all the time, above native components: it gets its budget and not more.

The guest is two instructions, an endless addition; its image is written here.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from conftest import ROOT

SPIN = struct.pack("<2I", 0x91000400, 0x17FFFFFF)  # 1: add x0, x0, #1; b 1b

SPEC = """\
version: 1
board: qemu-virt-aarch64
console: {server: console, front: spinner}
processes:
  console:
    source: components/console_server
    devices: {uart: uart0}
    heap: 16K
    timer: true
    time: {priority: 200, budget: 1ms, period: 10ms}
%s
guests:
  spinner:
    image: {raw: %s, load: 0x40080000}
    memory: 64M
    time: {priority: 100, budget: 6ms, period: 10ms}
"""

HEARTBEAT = """\
  heartbeat:
    source: components/heartbeat
    timer: true
    time: {priority: 90, budget: 500us, period: 10ms}
"""

OBSERVER = """\
  observer:
    source: test/system/guest_budget/observer
    time: {priority: 20, budget: 10ms, period: 10ms}
    authority: [console]
"""


def spec_of(name: str, template: str) -> Path:
    """The spec of a system with the spinning guest, in a folder of its own that stays the same; %s of `template` is its image."""
    place = ROOT / "build" / "test-systems" / name
    place.mkdir(parents=True, exist_ok=True)
    image = place / "spin.bin"
    spec = place / "system.yaml"
    text = template % image
    if not spec.exists() or spec.read_text(encoding="utf-8") != text or image.read_bytes() != SPIN:
        image.write_bytes(SPIN)
        spec.write_text(text, encoding="utf-8")
    return spec


@pytest.mark.timeout(1200)
def test_heartbeat_below_the_guest_misses_nothing(run_once) -> None:
    """1,000 periods of 10 ms with half a millisecond of budget, below a guest of 60%."""
    end = r"heartbeat: \d+ periods, \d+ missed"
    output = run_once("heartbeat_below_guest", spec_of("heartbeat_below_guest", SPEC % (HEARTBEAT, "%s")), end)
    match = re.search(end, output)
    assert match is not None, output[-2000:]
    assert match.group(0) == "heartbeat: 1000 periods, 0 missed"


@pytest.mark.timeout(1200)
def test_the_guest_gets_its_budget_and_no_more(run_once) -> None:
    """In every window of a period at most the budget, 1,000 instructions and the kernel's ways in and out; over all of them what was promised."""
    output = run_once("guest_budget_window", spec_of("guest_budget_window", SPEC % (OBSERVER, "%s")), r"TESTS \d+ passed, \d+ failed")
    match = re.search(r"TEST the_guest_gets_its_budget_and_no_more_in_any_window: (.*)", output)
    assert match is not None, output[-2000:]
    assert match.group(1) == "pass", match.group(1)
