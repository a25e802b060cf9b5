# SPDX-License-Identifier: BSD-2-Clause
"""Every executed instruction as QEMU's own log of a single-stepped run has it: no plugin is loaded."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence

from icount.measure import DETERMINISTIC
from sel.machine import PROGRAM, find_qemu, qemu_version

#: QEMU has had the property of its accelerator since 8.1, and no longer the option since 9.1.
_PROPERTY_SINCE = (8, 1)


def addresses(machine: Sequence[str], image: str) -> Iterator[int]:
    """Boot an image and yield the address of each instruction, until the caller has seen enough."""
    by_one = ["-accel", "tcg,one-insn-per-tb=on"] if qemu_version(find_qemu()) >= _PROPERTY_SINCE else ["-singlestep"]
    reader, writer = os.pipe()
    command = [PROGRAM, *machine, *DETERMINISTIC, *by_one, "-kernel", image, "-serial", "null", "-d", "exec,nochain", "-D", f"/proc/self/fd/{writer}"]
    with subprocess.Popen(command, pass_fds=[writer], stdin=subprocess.DEVNULL) as process:
        os.close(writer)
        try:
            with os.fdopen(reader, errors="replace") as log:
                yield from (int(line.split("/")[1], 16) for line in log if line.startswith("Trace "))
        finally:
            process.kill()
