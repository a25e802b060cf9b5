# SPDX-License-Identifier: BSD-2-Clause
"""Two guests on one core, one of which rests again and again with its timer armed while the other exits: both do what each does alone on bare QEMU."""

from __future__ import annotations

import subprocess
from pathlib import Path

import build
from test_guests import ROOT, STAMP, VMM_LIMIT, lines_of, run_bare

#: By name: the guest that it is, and its priority. Who rests comes before who works as soon as its timer fires.
GUESTS = {"rests": ("wfi", 101), "works": ("exits", 100)}
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
"""


def test_two_guests_are_as_each_alone(tmp_path: Path) -> None:
    """The kernel's assertions hold where one is taken out of the hardware, to be woken, on the way to the other, which then exits."""
    text, bare = SYSTEM, {}
    for name, (guest, priority) in GUESTS.items():
        bare[name] = run_bare(guest, tmp_path / "images")  # which builds it only for the worker's first case
        build.build(guest, tmp_path / "images").rename(tmp_path / f"{name}.img")
        text += f"  {name}:\n    image: {{kernel: ./{name}.img, cmdline: ''}}\n    memory: 64M\n    time: {{priority: {priority}, budget: 4ms, period: 10ms}}\n    power_off: stop\n"
    (tmp_path / "system.yaml").write_text(text, encoding="utf-8")
    command = [str(ROOT / "sel"), "run", str(tmp_path / "system.yaml"), "--timeout", str(VMM_LIMIT), "--expect", "works:(^|\\n)end\\n", "--expect", "rests:(^|\\n)end\\n"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=VMM_LIMIT + 60, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    last = done.stdout.strip().splitlines()[-1]
    log = Path(dict(item.split("=", 1) for item in last.removeprefix("sel: ").split())["log"])
    for name, expected in bare.items():
        said = (log / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        assert lines_of("\n".join(STAMP.sub("", line) for line in said.split("\n"))) == expected, name
