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

from introspect.watch import told
from sel.machine import checked_qemu, qemu_version

PLUGIN_FOLDER = Path(__file__).parent

# Deterministic runs need all of these (one QEMU version per recorded number).
DETERMINISTIC = ("-icount", "shift=0,sleep=off", "-rtc", "base=2024-01-01,clock=vm")


@dataclass(frozen=True)
class Run:
    """What a measured run printed and when: `times[n]` is the instruction count at byte n of `output`, `watched_at[n]` how often the watched
    instruction had been executed there; `watched`: in the whole run."""

    output: bytes
    times: tuple[int, ...]
    watched_at: tuple[int, ...]
    watched: int

    def time_of(self, pattern: str) -> int:
        """Instructions executed when the first byte of the first match of `pattern` was written. LookupError if it is not there."""
        return self.times[self._place_of(pattern)]

    def watched_before(self, pattern: str) -> int:
        """How often the watched instruction had been executed there. LookupError as above."""
        return self.watched_at[self._place_of(pattern)]

    def _place_of(self, pattern: str) -> int:
        match = re.search(pattern.encode(), self.output)
        if match is None:
            raise LookupError(f"no {pattern!r} on the console; it ends with {self.output[-300:]!r}")
        return match.start()


def _interface(version: tuple[int, int]) -> int:
    """The version of the plugin interface that a QEMU takes (qemu_plugin.h)."""
    return 1 if version < (9, 0) else 3


def build_plugin(folder: Path, name: str = "uart_times") -> Path:
    """Compile the plugin NAME.c of this folder into `folder`, for the QEMU that is used; BadEnvironment if there is none."""
    plugin = folder / f"{name}.so"
    command = ["clang-19", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", f"-I{PLUGIN_FOLDER}", f"-DPLUGIN_VERSION={_interface(qemu_version(checked_qemu()))}", "-o", str(plugin),
               str(PLUGIN_FOLDER / f"{name}.c")]
    subprocess.run(command, check=True, timeout=60)
    return plugin


def measure(machine: Sequence[str], folder: Path, until: str, watched_pc: int | None = None, limit_s: int = 240) -> Run:
    """Boot `machine` (QEMU's arguments without serial and icount) until `until` is on the console.

    `watched_pc`: count how often the instruction at this address is executed (`Run.watched`).
    Raises TimeoutError with the console's end, and who waits for whom in a system of ours, when the text does not come within `limit_s`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plugin, console, times = build_plugin(folder), folder / "console.raw", folder / "times.bin"
    for stale in (console, times):
        stale.unlink(missing_ok=True)
    options = f"{plugin},out={times}" + ("" if watched_pc is None else f",pc={watched_pc:#x}")
    image = Path(machine[list(machine).index("-kernel") + 1]) if "-kernel" in machine else None
    command = [checked_qemu(), *machine, *DETERMINISTIC, "-serial", f"file:{console}", "-plugin", options]
    process = None
    try:
        with told(image, folder, TimeoutError) as asked:
            process = subprocess.Popen([*command, *asked], stdin=subprocess.DEVNULL)
            wait_for(process, console, until, limit_s)
    finally:
        if process is not None:
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
    *pairs, end = struct.iter_unpack("<QQ", data)
    output = console.read_bytes()[: len(pairs)]
    return Run(output, tuple(time for time, _ in pairs), tuple(count for _, count in pairs), end[1])
