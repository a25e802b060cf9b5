# SPDX-License-Identifier: BSD-2-Clause
"""The target's half: the tests of whole systems and of guests, unchanged, with recorded_qemu.py in QEMU's place.

Every boot leaves its counters and the head of its image. The head tells which build's kernel ran; kernels of one preset are the
same in all systems, so that there are few.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage_report import dwarf
from coverage_report.model import File, Line
from coverage_report.recorded_qemu import FOLDER, PLUGIN, QEMU, SIZE, START
from coverage_report.sources import group_of
from sel import PYTHON, ROOT
from sel.build import build_lock, build_system, child_environment
from sel.errors import Failed
from sel.machine import PROGRAM, find_qemu
from sel.systems import PRESETS, system_of_path

SOURCE = Path(__file__).parent
#: Any system of the test preset shows where kernels lie.
SAMPLE = ROOT / "test" / "system" / "messages" / "system.yaml"
#: Room for a kernel's code; what lies behind it in the image is not executed by the kernel.
SIZE_BYTES = 1 << 17
#: An Image begins with its header (Linux, Documentation/arch/arm64/booting.rst); packing writes the image's size there.
HEADER_BYTES = 64
CASE_LIMIT_S = 1500


@dataclass
class Kernel:
    """A kernel that ran: its ELF file and how often each address was executed in all its runs."""

    elf: Path
    text: dwarf.Text
    executed: dict[int, int]
    runs: int = 0


def record(folder: Path, selection: Sequence[str]) -> None:
    """Run tests (pytest's arguments) with the recorder in QEMU's place."""
    runs, programs = folder / "target" / "runs", folder / "target" / "bin"
    shutil.rmtree(folder / "target", ignore_errors=True)
    runs.mkdir(parents=True)
    programs.mkdir()
    system = system_of_path(SAMPLE)
    with build_lock(system.build_folder("test")):
        elf = build_system(system, "test") / "kernel.elf"
    environment = _environment(folder / "target", programs, runs, dwarf.read_text(elf).start)
    command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--timeout", str(CASE_LIMIT_S), "--durations=15", f"--rootdir={ROOT}", *selection]
    log = folder / "target-tests.log"
    with log.open("wb") as stream:
        code = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, check=False).returncode
    if code != 0:
        raise Failed(f"a test failed while its QEMU was recorded; its words are in {log}", log)


def _environment(folder: Path, programs: Path, runs: Path, start: int) -> dict[str, str]:
    plugin = folder / "executed.so"
    subprocess.run(["clang-19", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", f"-I{ROOT}", "-o", str(plugin), str(SOURCE / "executed.c")], check=True)
    stand_in = programs / PROGRAM
    stand_in.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT}/tools exec {PYTHON} -m coverage_report.recorded_qemu "$@"\n', encoding="utf-8")
    stand_in.chmod(0o755)
    kept = {name: value for name, value in child_environment().items() if not name.startswith("PYTEST_")}
    return {**kept, "PATH": f"{programs}:{kept['PATH']}", "SEL_QEMU": str(stand_in), "PYTHONPATH": f"{ROOT}/tools:{ROOT}",
            QEMU: find_qemu(), PLUGIN: str(plugin), FOLDER: str(runs), START: hex(start), SIZE: str(SIZE_BYTES)}


def collect(folder: Path) -> list[Kernel]:
    """The kernels that the recorded runs executed."""
    kernels: dict[bytes, Kernel] = {}
    for preset in PRESETS:
        for elf in sorted((ROOT / "build").glob(f"*/{preset}/kernel.elf")):
            text = dwarf.read_text(elf)
            kernels.setdefault(text.data, Kernel(elf, text, {}))
    lost = 0
    for counts in sorted((folder / "target" / "runs").glob("*.counts")):
        head = counts.with_suffix(".head").read_bytes()
        kernel = next((each for text, each in kernels.items() if head[HEADER_BYTES : len(text)] == text[HEADER_BYTES:]), None)
        if kernel is None:
            lost += 1
        else:
            kernel.runs += 1
            _add(kernel, counts.read_bytes())
    if lost:
        raise Failed(f"{lost} recorded runs in {folder / 'target'} are of kernels that no build of this tree has any more; record again")
    ran = [kernel for kernel in kernels.values() if kernel.runs]
    if not ran:
        raise Failed(f"there is no recorded run in {folder / 'target'}; record again")
    return ran


def _add(kernel: Kernel, data: bytes) -> None:
    for index, (count,) in enumerate(struct.iter_unpack("<Q", data)):
        if count:
            address = kernel.text.start + index * dwarf.INSTRUCTION_BYTES
            kernel.executed[address] = kernel.executed.get(address, 0) + count


def name_in_kernel(path: str) -> str:
    """A path of the kernel's DWARF as the report names it: what lies before depends on where a compiler's cache first saw the file."""
    parts = Path(path).parts
    first = max((parts.index(top) for top in ("kernel", "gen") if top in parts), default=0)
    return "/".join(parts[first:])


def add_lines(kernels: list[Kernel], files: dict[str, File]) -> None:
    """Mark what the kernels executed. A file that the host knows keeps the host's lines; another one has those of the kernels."""
    known = set(files)
    for kernel in kernels:
        rows = [row for row in dwarf.read_rows(kernel.elf, name_in_kernel) if group_of(row.path) is not None]
        for (path, number), count in dwarf.line_counts(rows, kernel.executed).items():
            file = files.setdefault(path, File(path, group_of(path) or ""))
            if path not in known or number in file.lines:
                line = file.lines.setdefault(number, Line())
                line.target = (line.target or 0) + count
