# SPDX-License-Identifier: BSD-2-Clause
"""One run of a composed system under QEMU with the plugin calls.c: every passage through the kernel, and how the run ended.

Where the kernel's structures have their fields is read from its debug information, what numbers mean from the ABI: nothing is written down here.
"""

from __future__ import annotations

import re
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from bounds.program import Program
from icount.dwarf import read_types
from icount.measure import DETERMINISTIC, build_plugin
from introspect.watch import told
from sel.console import ConsoleDemux
from sel.errors import Failed
from sel.machine import checked_qemu

#: `enum flag` of tools/icount/calls.c.
SYSCALL, COMMON, FAST, FAST_ANSWER, END = (1 << bit for bit in range(5))
#: `number` of the record at the end: QEMU has ended by itself.
POWERED_OFF = 1
#: Host seconds, for a machine that never comes to its end: far more than the slowest host needs.
TIMEOUT_S = 3000
#: A machine without work uses no time of the host: after so many seconds of that it stands still.
STILL_S = 10
_CONSOLE_LINES = 12
_PANIC = "sel: kernel panic"
#: Fields that calls.c asks for, by structure.
_STRUCTURES = {
    "percpu": ("current", "context_since"), "tcb": ("cspace_slots", "cspace_count", "fault_label"), "arch_context": ("x", "pc"), "reply": ("caller",),
}


class Passage(NamedTuple):
    """From an exception to the ERET behind it; fields as in `enum field` of calls.c. Counts are totals since reset; `user` is what processes and guests have executed."""

    flags: int = SYSCALL
    number: int = 0
    entry_tcb: int = 0
    exit_tcb: int = 0
    user: int = 0
    kernel_in: int = 0
    kernel_out: int = 0
    cptr: int = 0
    cap: int = 0
    answered: int = 0
    pc_in: int = 0
    status: int = 0
    fault: int = 0
    time_ns: int = 0


_RECORD = struct.Struct(f"<{len(Passage._fields)}Q")


@dataclass(frozen=True)
class Ran:
    """A run: its passages, totals, why it ended: `time`, `off` (the system switched itself off) or `still`; who has failed, by the roottask's reports."""

    passages: list[Passage]
    user: int
    kernel: int
    time_ns: int
    ended: str
    console: str
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Abi:
    """The parts of abi.json that are needed here."""

    data: Mapping[str, Any]

    def syscall(self, name: str) -> int:
        """The number of a system call."""
        return self.data["syscalls"][name]["number"]

    def cap_type(self, name: str) -> int:
        """The number of a type of capabilities."""
        return self.data["cap_types"][name]["number"]

    def fault(self, name: str) -> int:
        """The label of a fault."""
        return self.data["faults"][name]["number"]

    def type_of(self, word: int) -> int:
        """The type in a capability's first word."""
        return word & self.mask("type")

    def object_of(self, word: int) -> int:
        """The object's address in a capability's first word."""
        return word >> self._field("object")["low"]

    def mask(self, name: str) -> int:
        """The bits of a field of the first word."""
        field = self._field(name)
        return (1 << field["width"]) - 1 << field["low"]

    def low(self, name: str) -> int:
        """The lowest bit of a field of the first word."""
        return self._field(name)["low"]

    @cached_property
    def _fields(self) -> dict[str, dict]:
        return {field["name"]: field for field in self.data["common_fields"]}

    def _field(self, name: str) -> dict:
        return self._fields[name]


def read_passages(data: bytes) -> tuple[list[Passage], Passage | None]:
    """The plugin's file: passages in order, and the record of its end (None if QEMU was killed). A half record is none."""
    whole = len(data) - len(data) % _RECORD.size
    records = [Passage(*words) for words in _RECORD.iter_unpack(data[:whole])]
    if records and records[-1].flags & END:
        return records[:-1], records[-1]
    return records, None


def arguments(kernel: Program, abi: Abi, clock_hz: int, end_ns: int) -> list[str]:
    """What the plugin has to know of the kernel."""
    (at, _), where = read_types(kernel.path, _STRUCTURES), kernel.symbol
    percpu, context = where("percpu_area"), at["arch_context"]
    ways = (("fast_call", "call", 0), ("fast_reply_recv", "reply_recv", 2), ("fast_signal", "signal", 0), ("fast_wait", "wait", 0))
    return [
        f"kernel={min(kernel.code):#x}:{max(kernel.code) + 4:#x}",
        f"vectors={where('exception_vectors'):#x}",
        *(f"way={where(function):#x}:{abi.syscall(name)}:{register}" for function, name, register in ways),
        f"common={where('exception_syscall'):#x}",
        f"fast={where('leave_fast'):#x}",
        f"answer={where('answer_fault'):#x}",
        f"percpu={percpu + at['percpu']['current']}:{percpu + at['percpu']['context_since']}",
        f"tcb={at['tcb']['cspace_slots']}:{at['tcb']['cspace_count']}:{at['tcb']['fault_label']}",
        f"context={context['pc']}:{context['x'] + 8 * 8}",
        f"cap={abi.mask('type')}:{abi.low('object')}:{abi.data['limits']['SLOT_BYTES']}",
        f"reply={abi.cap_type('REPLY')}:{at['reply']['caller']}",
        f"hz={clock_hz}",
        f"end={end_ns}",
    ]


def run(machine: list[str], image: Path, plugin_arguments: list[str], names: Mapping[int, str]) -> Ran:
    """Boot a system until its time is up, it is off or it stands still; Failed when the kernel panics. `names`: of the consoles."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out, console = folder / "passages.bin", folder / "console.raw"
        plugin = build_plugin(folder, "calls")
        command = [checked_qemu(), *machine, *DETERMINISTIC, "-kernel", str(image), "-serial", f"file:{console}", "-plugin", ",".join([str(plugin), f"out={out}", *plugin_arguments])]
        with (folder / "complaints").open("w+b") as complaints:
            process = None
            try:
                with told(image, folder, Failed) as asked:
                    process = subprocess.Popen([*command, *asked], stdin=subprocess.DEVNULL, stdout=complaints, stderr=complaints)
                    is_still = wait_for_end(process, console, names)
            finally:
                if process is not None:
                    _end(process)
            complaints.seek(0)
            if process.returncode != 0:
                raise Failed(f"QEMU ended with {process.returncode}: {complaints.read().decode(errors='replace').strip()[-600:]}")
        passages, last = read_passages(out.read_bytes())
        lines = console_lines(console, names)
        if any(_PANIC in line for line in lines):
            raise Failed(f"the kernel panicked; the console ends with:\n{last_lines(console, names)}")
        if last is None:
            raise Failed(f"QEMU ended in the middle of the run; the console ends with:\n{last_lines(console, names)}")
        ended = "still" if is_still else "off" if last.number == POWERED_OFF else "time"
        return Ran(passages, last.user, last.kernel_in, last.time_ns, ended, last_lines(console, names), faults(lines))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kindly at first: the plugin writes its end when QEMU ends by itself."""
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for_end(process: subprocess.Popen[bytes], console: Path, names: Mapping[int, str], timeout_s: float = TIMEOUT_S, still_s: float = STILL_S) -> bool:
    """Return when QEMU has ended by itself (False) or its machine has nothing to do any more (True); Failed when the kernel panics."""
    begin = changed = time.monotonic()
    used = -1
    while process.poll() is None:
        if console.exists() and _PANIC.encode() in console.read_bytes()[-4096:]:
            raise Failed(f"the kernel panicked; the console ends with:\n{last_lines(console, names)}")
        now, before, used = time.monotonic(), used, _host_ticks(process.pid)
        if used != before:
            changed = now
        if now - changed > still_s:
            return True
        if now - begin > timeout_s:
            raise Failed(f"the machine did not come to its time within {timeout_s} s; the console ends with:\n{last_lines(console, names)}")
        time.sleep(0.05)
    return False


def _host_ticks(pid: int) -> int:
    """Processor time that a process has used so far (proc(5), utime and stime)."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(words[11]) + int(words[12])


def last_lines(console: Path, names: Mapping[int, str]) -> str:
    """What the consoles said last."""
    return "\n".join(f"  {line}" for line in console_lines(console, names)[-_CONSOLE_LINES:])


def console_lines(console: Path, names: Mapping[int, str]) -> list[str]:
    """Everything the consoles said, each line with whose it is."""
    pieces = ConsoleDemux().feed(console.read_bytes()) if console.exists() else ()
    lines: list[tuple[int, str]] = []
    for piece in pieces:
        for part in piece.data.decode("utf-8", errors="replace").replace("\r", "").splitlines(keepends=True):
            if lines and lines[-1][0] == piece.channel and not lines[-1][1].endswith("\n"):
                lines[-1] = (piece.channel, lines[-1][1] + part)
            else:
                lines.append((piece.channel, part))
    return [f"{names.get(channel, '?')}: {text.rstrip()}" for channel, text in lines]


def faults(lines: Iterable[str]) -> tuple[str, ...]:
    """The processes of which the roottask has reported a fault, or an end that was none of success."""
    found = (re.match(r"kernel: roottask: (?:fault: process ([\w-]+)|exit: process ([\w-]+): status (?!0\b))", line) for line in lines)
    return tuple(dict.fromkeys(match[1] or match[2] for match in found if match))
