# SPDX-License-Identifier: BSD-2-Clause
"""Run QEMU under -icount with the plugin uart_times and tell when which text appeared, in executed instructions."""

from __future__ import annotations

import re
import struct
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PLUGIN_FOLDER = Path(__file__).parent

# Deterministic runs need all of these (one QEMU version per recorded number).
DETERMINISTIC = ("-icount", "shift=0,sleep=off", "-rtc", "base=2024-01-01,clock=vm")


@dataclass(frozen=True)
class Run:
    """What a measured run printed and when: `times[n]` is the instruction count at byte n of `output`."""

    output: bytes
    times: tuple[int, ...]
    watched: int

    def time_of(self, pattern: str) -> int:
        """Instructions executed when the first byte of the first match of `pattern` was written. LookupError if it is not there."""
        match = re.search(pattern.encode(), self.output)
        if match is None:
            raise LookupError(f"no {pattern!r} on the console; it ends with {self.output[-300:]!r}")
        return self.times[match.start()]


def build_plugin(folder: Path, name: str = "uart_times") -> Path:
    """Compile the plugin NAME.c of this folder into `folder`."""
    plugin = folder / f"{name}.so"
    command = ["clang-19", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", f"-I{PLUGIN_FOLDER}", "-o", str(plugin),
               str(PLUGIN_FOLDER / f"{name}.c")]
    subprocess.run(command, check=True, timeout=60)
    return plugin


def measure(machine: Sequence[str], folder: Path, until: str, watched_pc: int | None = None, limit_s: int = 240) -> Run:
    """Boot `machine` (QEMU's arguments without serial and icount) until `until` is on the console.

    `watched_pc`: count how often the instruction at this address is executed (`Run.watched`).
    Raises TimeoutError with the console's end when the text does not come within `limit_s`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plugin, console, times = build_plugin(folder), folder / "console.raw", folder / "times.bin"
    for stale in (console, times):
        stale.unlink(missing_ok=True)
    options = f"{plugin},out={times}" + ("" if watched_pc is None else f",pc={watched_pc:#x}")
    command = ["qemu-system-aarch64", *machine, *DETERMINISTIC, "-serial", f"file:{console}", "-plugin", options]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        wait_for(process, console, until, limit_s)
    finally:
        process.terminate()
        process.wait(timeout=30)
    return _read(console, times)


def wait_for(process: subprocess.Popen[bytes], console: Path, until: str, limit_s: int) -> None:
    """Return when `until` is on the console; TimeoutError, with the console's end, if QEMU ends before or time is up."""
    end = time.monotonic() + limit_s
    while True:
        output = console.read_bytes() if console.exists() else b""
        if re.search(until.encode(), output):
            return
        if process.poll() is not None:
            raise TimeoutError(f"QEMU ended with {process.returncode} before {until!r}; the console ends with {output[-600:]!r}")
        if time.monotonic() > end:
            raise TimeoutError(f"no {until!r} within {limit_s} s; the console ends with {output[-600:]!r}")
        time.sleep(0.2)


def _read(console: Path, times: Path) -> Run:
    data = times.read_bytes()
    counts = struct.unpack(f"<{len(data) // 8}Q", data)
    output = console.read_bytes()[: len(counts) - 2]
    return Run(output, counts[:-2], counts[-2])
