# SPDX-License-Identifier: BSD-2-Clause
"""Two guests on one core, one of which rests again and again with its timer armed while the other exits: both do what each does alone on bare QEMU."""

from __future__ import annotations

import subprocess
from pathlib import Path

import build
from test_guests import ROOT, VMM_LIMIT, console_log, lines_of, run_bare

#: Which guest each is.
GUESTS = {"rests": "wfi", "works": "exits"}
#: Who rests comes before who works as soon as its timer fires.
SYSTEM = """\
version: 1
board: qemu-virt-aarch64
console: {server: console, front: works}
processes:
  console:
    source: components/console_server
    devices: {uart: uart0}
    timer: true
    heap: 16K
    time: {priority: 200, budget: 1ms, period: 10ms}
guests:
  rests:
    image: {kernel: ./rests.img, cmdline: ""}
    memory: 64M
    time: {priority: 101, budget: 4ms, period: 10ms}
    power_off: stop
  works:
    image: {kernel: ./works.img, cmdline: ""}
    memory: 64M
    time: {priority: 100, budget: 4ms, period: 10ms}
    power_off: stop
"""


def test_two_guests_are_as_each_alone(tmp_path: Path) -> None:
    """The kernel's assertions hold where one is taken out of the hardware, to be woken, on the way to the other, which then exits."""
    (tmp_path / "system.yaml").write_text(SYSTEM, encoding="utf-8")
    for name, guest in GUESTS.items():
        build.build(guest, tmp_path / "images").rename(tmp_path / f"{name}.img")
    command = [str(ROOT / "sel"), "run", str(tmp_path / "system.yaml"), "--timeout", str(VMM_LIMIT), "--expect", "works:(^|\\n)end\\n", "--expect", "rests:(^|\\n)end\\n"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=VMM_LIMIT + 60, check=False)
    for name, guest in GUESTS.items():
        assert lines_of(console_log(done, name)) == run_bare(guest, tmp_path / "images"), name
