# SPDX-License-Identifier: BSD-2-Clause
"""One run of the benchmark's system under QEMU with the plugin rows.c, on a machine that executes the same instructions every time.

The run ends when all rows have their repetitions, when the system switches itself off, or when something went wrong: each has its sentence.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.facts import table
from bench.paths import Touch, read_touches
from bench.places import Places
from bench.rows import Row
from bench.statistics import read_records
from bounds.program import Program
from icount.measure import DETERMINISTIC, build_plugin
from sel import ROOT
from sel.errors import Failed
from sel.machine import checked_qemu
from sel.systems import read_run_file

#: A run that executes more than this hangs. All rows together take about a fifth of it.
INSTRUCTION_LIMIT = 20_000_000_000
#: Host seconds, for a machine that stands still: far more than the slowest host needs.
TIMEOUT_S = 900
_TOO_MANY = 3
#: Executed by the VMM for each exit that reaches it.
_TALLY = "vmm_receives"
_CONSOLE_LINES = 12
#: In the folder of the run.
_TRACE = "trace.bin"
#: `start` of the row that is the longest stretch of the kernel's between entry, look and exit.
STRETCH = "stretch"
_ENTRIES = {"sync": 0x400, "irq": 0x480}
_VECTORS = range(0x400, 0x800, 0x80)


@dataclass(frozen=True)
class Ran:
    """What a run has left: the plugin's two files, and the console's last lines."""

    out: bytes
    trace: bytes
    console: str


@dataclass(frozen=True)
class Image:
    """A built system: how it is booted, its kernel, its processes."""

    machine: list[str]
    image: Path
    kernel: Program
    processes: dict[str, Program]

    @cached_property
    def places(self) -> Places:
        """What is executed at each address."""
        return Places(self.kernel, self.processes)

    def place(self, row: Row, end: bool) -> str:
        """Where a row begins or ends, as the plugin spells it."""
        if row.start == STRETCH:
            return "-1"
        if not end and row.start != "head":
            return f"k{self.kernel.symbol('exception_vectors') + _ENTRIES[row.start]:#x}"
        label = f"row_{row.name}"
        return self.symbol(f"{label}_end" if end and self.has(f"{label}_end") else label)

    def has(self, label: str) -> bool:
        """Does any process have this label?"""
        return any(label in program.symbols for program in self.processes.values())

    def symbol(self, label: str) -> str:
        """The address of a label of a process."""
        for program in self.processes.values():
            if label in program.symbols:
                return f"{program.symbols[label]:#x}"
        raise Failed(f"no process of the benchmark has the label {label}")


@dataclass(frozen=True)
class Followed:
    """What one repetition of a row has touched, and in which system."""

    image: Image
    touches: list[Touch]


def load_image(build: Path, guest: Path | None = None) -> Image:
    """Read a build's folder; `guest` is the ELF file of a guest with labels."""
    run = read_run_file(build)
    elves = [(elf["name"], Path(elf["path"])) for elf in run["elves"]] + ([("guest", guest)] if guest else [])
    processes = {name: Program(path, ROOT) for name, path in elves}
    return Image(run["machine"], Path(run["image"]), Program(Path(run["kernel_elf"]), ROOT), processes)


def measure(image: Image, rows: Sequence[Row], limit: int = INSTRUCTION_LIMIT) -> dict[str, list[tuple[int, ...]]]:
    """Name of each row -> its repetitions. `limit`: a run that executes more than so many instructions hangs."""
    more = [f"stretch={index}" for index, row in enumerate(rows) if row.start == STRETCH]
    ran = _run(image, rows, more + ([f"tally={image.symbol(_TALLY)}"] if image.has(_TALLY) else []), limit)
    records = read_records(ran.out)
    found = {row.name: records.get(index, []) for index, row in enumerate(rows)}
    check_complete(rows, found, ran.console)
    return found


def check_complete(rows: Sequence[Row], found: Mapping[str, Sequence], console: str) -> None:
    """A row whose program stopped has too few repetitions."""
    short = [f"{row.name} {len(found[row.name])} of {row.repetitions}" for row in rows if len(found[row.name]) < row.repetitions]
    if short:
        raise Failed(f"rows without all their repetitions: {', '.join(short)}; the console ends with:\n{console}")


def follow(image: Image, rows: Sequence[Row]) -> dict[str, list[Touch]]:
    """Name of each row -> what its last repetition touches. A row that is a stretch has no repetition to follow."""
    ran = _run(image, rows, ["follow=1"], INSTRUCTION_LIMIT)
    return _followed(rows, ran)


def trace(image: Image, row: Row) -> tuple[bytes, list[Touch]]:
    """The addresses executed in the last repetition of a row, as the plugin writes them, and what they touch."""
    ran = _run(image, [row], ["follow=1", f"trace={_TRACE}"], INSTRUCTION_LIMIT)
    return ran.trace, _followed([row], ran)[row.name]


def _followed(rows: Sequence[Row], ran: Ran) -> dict[str, list[Touch]]:
    try:
        found = read_touches(ran.out)
    except ValueError as error:
        raise Failed(f"the followed rows cannot be read ({error}); the console ends with:\n{ran.console}") from None
    lacking = [row.name for index, row in enumerate(rows) if index not in found]
    if lacking:
        raise Failed(f"rows that were not followed to their last repetition: {', '.join(lacking)}; the console ends with:\n{ran.console}")
    return {row.name: found[index] for index, row in enumerate(rows)}


def _run(image: Image, rows: Sequence[Row], more: list[str], limit: int) -> Ran:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out, console = folder / "records.bin", folder / "console.raw"
        more = [each.replace(_TRACE, str(folder / _TRACE)) for each in more]
        arguments = [f"out={out}", *_kernel_arguments(image, folder), *_row_arguments(image, rows), f"limit={limit}", *more]
        plugin = build_plugin(folder, "rows")
        command = [checked_qemu(), *image.machine, *DETERMINISTIC, "-kernel", str(image.image), "-serial", f"file:{console}", "-plugin", ",".join([str(plugin), *arguments])]
        with (folder / "complaints").open("w+b") as complaints:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=complaints, stderr=complaints)
            try:
                wait_for_end(process, console)
            finally:
                process.kill()
                process.wait()
            complaints.seek(0)
            if process.returncode not in (0, _TOO_MANY):
                raise Failed(f"QEMU ended with {process.returncode}: {complaints.read().decode(errors='replace').strip()[-600:]}")
        traced = folder / _TRACE
        return Ran(out.read_bytes(), traced.read_bytes() if traced.exists() else b"", _tail(console))


def _kernel_arguments(image: Image, folder: Path) -> list[str]:
    code = {address: (each.name, each.operands) for address, each in image.kernel.code.items()}
    vectors = image.kernel.symbol("exception_vectors")
    start, end, facts = table(code, (vectors + offset for offset in _VECTORS))
    (folder / "facts.bin").write_bytes(facts)
    return [f"kernel={start:#x}:{end:#x}", f"facts={folder / 'facts.bin'}"]


def _row_arguments(image: Image, rows: Sequence[Row]) -> list[str]:
    return [f"row={image.place(row, False)}:{image.place(row, True)}:{row.repetitions}" for row in rows]


def wait_for_end(process: subprocess.Popen[bytes], console: Path, timeout_s: float = TIMEOUT_S) -> None:
    """Return when QEMU has ended by itself; Failed when it hangs or the kernel panics."""
    end = time.monotonic() + timeout_s
    while process.poll() is None:
        if "sel: kernel panic" in _tail(console):
            raise Failed(f"the kernel panicked; the console ends with:\n{_tail(console)}")
        if time.monotonic() > end:
            raise Failed(f"the benchmark stands still (no end within {timeout_s} s); the console ends with:\n{_tail(console)}")
        time.sleep(0.05)
    if process.returncode == _TOO_MANY:
        raise Failed(f"the benchmark hangs (it has executed more instructions than all rows need); the console ends with:\n{_tail(console)}")


def _tail(console: Path) -> str:
    text = console.read_text(encoding="utf-8", errors="replace") if console.exists() else ""
    return "\n".join(f"  {line}" for line in text.splitlines()[-_CONSOLE_LINES:])
