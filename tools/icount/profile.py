# SPDX-License-Identifier: BSD-2-Clause
"""Where the instructions of a run go: per process, and per function of the kernel and of every native process.

    PYTHONPATH=tools python3 -m icount.profile build/busybox/release --until '/ # '

Counts are exact and the same on every machine (see measure.py). What belongs to no ELF file of ours is the guests' part.
"""

from __future__ import annotations

import argparse
import struct
import subprocess
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from icount.measure import DETERMINISTIC, build_plugin, measure, wait_for
from sel.systems import read_run_file

OUTSIDE, TOTAL = 0, 1


@dataclass(frozen=True)
class Program:
    """An ELF file: its executable range and its functions, sorted by address."""

    name: str
    start: int
    end: int
    starts: tuple[int, ...]
    functions: tuple[str, ...]

    def function_at(self, address: int) -> tuple[str, int]:
        """Name and first address of the function `address` lies in."""
        index = bisect_right(self.starts, address) - 1
        return (self.functions[index], self.starts[index]) if index >= 0 else ("?", self.start)


@dataclass(frozen=True)
class Row:
    """What one function executed and how often it was entered at its first instruction."""

    program: str
    function: str
    count: int
    entries: int


def load_program(name: str, path: Path) -> Program:
    """Read the executable segments and the symbols of an ELF file."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        segments = [s.header for s in elf.iter_segments() if s.header.p_type == "PT_LOAD" and s.header.p_flags & 1]
        start = min(s.p_vaddr for s in segments)
        end = max(s.p_vaddr + s.p_memsz for s in segments)
        symbols = {}
        for symbol in elf.get_section_by_name(".symtab").iter_symbols():
            is_code = symbol["st_info"].type in ("STT_FUNC", "STT_NOTYPE")
            if is_code and symbol.name and not symbol.name.startswith("$") and start <= symbol["st_value"] < end:
                symbols.setdefault(symbol["st_value"], symbol.name)
    ordered = sorted(symbols.items())
    return Program(name, start, end, tuple(a for a, _ in ordered), tuple(n for _, n in ordered))


def load_programs(run: dict) -> list[Program]:
    """The kernel and every process of a build's run.json."""
    entries = [("kernel", run["kernel_elf"]), *((elf["name"], elf["path"]) for elf in run["elves"])]
    return [load_program(name, Path(path)) for name, path in entries]


def count_addresses(machine: Sequence[str], programs: Iterable[Program], folder: Path, until: str,
                    window: tuple[int, int | None] = (0, None), limit_s: int = 300) -> dict[int, int]:
    """Boot `machine` until `until` is on its console; executions per address, with OUTSIDE and TOTAL."""
    plugin, console, out = build_plugin(folder, "profile"), folder / "console.raw", folder / "profile.bin"
    console.unlink(missing_ok=True)
    ranges = "".join(f",range={p.start:#x}:{p.end:#x}" for p in programs)
    limits = f",from={window[0]}" + ("" if window[1] is None else f",to={window[1]}")
    command = ["qemu-system-aarch64", *machine, *DETERMINISTIC, "-serial", f"file:{console}",
               "-plugin", f"{plugin},out={out}{ranges}{limits}"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        wait_for(process, console, until, limit_s)
    finally:
        process.terminate()
        process.wait(timeout=30)
    return dict(struct.iter_unpack("<QQ", out.read_bytes()))


def rows_of(counts: dict[int, int], programs: Iterable[Program]) -> list[Row]:
    """Sum addresses up to functions, most expensive first."""
    sums: dict[tuple[str, str, int], int] = {}
    for program in programs:
        for address, count in counts.items():
            if program.start <= address < program.end:
                function, start = program.function_at(address)
                key = (program.name, function, start)
                sums[key] = sums.get(key, 0) + count
    rows = [Row(program, function, count, counts.get(start, 0)) for (program, function, start), count in sums.items()]
    return sorted(rows, key=lambda row: -row.count)


def show(rows: Sequence[Row], counts: dict[int, int], top: int) -> None:
    """Print the table."""
    print(f"{counts[TOTAL]:>14} executed since reset")
    print(f"{counts[OUTSIDE]:>14} guests (in no ELF file of the system)")
    for program in dict.fromkeys(row.program for row in rows):
        print(f"{sum(row.count for row in rows if row.program == program):>14} {program}")
    print(f"\n{'instructions':>14} {'entries':>10} {'each':>8}  function")
    for row in rows[:top]:
        each = f"{row.count / row.entries:.1f}" if row.entries else "-"
        print(f"{row.count:>14} {row.entries:>10} {each:>8}  {row.program}:{row.function}")


def annotate(program: Program, elf: Path, function: str, counts: dict[int, int]) -> None:
    """Print one function's instructions, each with how often it was executed."""
    command = ["llvm-objdump-19", "-d", "--no-show-raw-insn", f"--disassemble-symbols={function}", str(elf)]
    listing = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    for line in listing.splitlines():
        address = line.split(":", 1)[0].strip()
        is_code = address and all(c in "0123456789abcdef" for c in address) and program.start <= int(address, 16) < program.end
        print(f"{counts.get(int(address, 16), 0) if is_code else '':>12} {line}")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="icount.profile", description="Where the instructions of a run go.")
    parser.add_argument("build", type=Path, help="a build's folder, for example build/busybox/release")
    parser.add_argument("--until", default="/ # ", help="stop when this text (regular expression) is on the console")
    parser.add_argument("--since", help="count only from where this text is on the console (boots twice)")
    parser.add_argument("--before", help="count only up to where this text is on the console (boots twice)")
    parser.add_argument("--top", type=int, default=40, help="how many functions to show")
    parser.add_argument("--annotate", metavar="PROGRAM:FUNCTION", action="append", default=[],
                        help="show this function's instructions with their counts (may be repeated)")
    args = parser.parse_args()
    if not (args.build / "run.json").is_file():
        print(f"icount.profile: {args.build} is no build: it has no run.json; make it with ./sel build", file=sys.stderr)
        return 2
    run = read_run_file(args.build)
    machine = [*run["machine"], "-kernel", run["image"]]
    programs = load_programs(run)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            times = measure(machine, folder, args.until) if args.since or args.before else None
            first = times.time_of(args.since) if times and args.since else 0
            last = times.time_of(args.before) if times and args.before else None
            counts = count_addresses(machine, programs, folder, args.until, (first, last))
        except (TimeoutError, LookupError) as error:
            print(f"icount.profile: {error}", file=sys.stderr)
            return 1
    show(rows_of(counts, programs), counts, args.top)
    elves = {"kernel": run["kernel_elf"], **{elf["name"]: elf["path"] for elf in run["elves"]}}
    for wanted in args.annotate:
        name, _, function = wanted.partition(":")
        for program in programs:
            if program.name == name:
                annotate(program, Path(elves[name]), function, counts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
