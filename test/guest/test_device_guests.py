# SPDX-License-Identifier: BSD-2-Clause
"""Runs the guests of devices/ on bare QEMU, whose board has the device, and as guests that a spec gives it, and compares the traces."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import build
from test_guests import BARE_LIMIT, ROOT, STAMP, VMM_LIMIT, compared, lines_of

#: What a spec says of each device, where QEMU's `virt` has it.
PLACES = {"pl031": '{compatible: "arm,pl031", address: 0x9010000, interrupt: 2, setting: 1764547200}'}

SPEC = """\
version: 1
board: qemu-virt-aarch64
console: {{server: console, front: guest}}
processes:
  console: {{source: components/console_server, devices: {{uart: uart0}}, timer: true, heap: 16K, time: {{priority: 200, budget: 1ms, period: 10ms}}}}
guests:
  guest:
    image: {{kernel: guest.img}}
    memory: 512M
    devices: {{{name}: {place}}}
    time: {{priority: 100, budget: 8ms, period: 10ms}}
"""


@pytest.mark.parametrize("name", PLACES)
def test_device_traces_match(name: str, tmp_path: Path) -> None:
    """The trace under the VMM is the one of bare QEMU."""
    (tmp_path / "guest.img").write_bytes(build.build(f"devices/{name}", tmp_path / "built").read_bytes())
    bare = subprocess.run(build.bare_command(tmp_path / "guest.img"), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BARE_LIMIT, check=True).stdout
    assert lines_of(bare)[-1] == "end"
    (tmp_path / "system.yaml").write_text(SPEC.format(name=name, place=PLACES[name]), encoding="utf-8")
    command = [str(ROOT / "sel"), "run", str(tmp_path / "system.yaml"), "--expect", "guest:(^|\\n)end\\n", "--timeout", str(VMM_LIMIT)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=VMM_LIMIT + 60, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    log = Path(done.stdout.rpartition(" log=")[2].strip()) / "guest.log"
    traced = lines_of("\n".join(STAMP.sub("", line) for line in log.read_text(encoding="utf-8").split("\n")))
    assert compared(name, traced) == compared(name, lines_of(bare))
