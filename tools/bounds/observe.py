# SPDX-License-Identifier: BSD-2-Clause
"""What a run under QEMU really does: the longest stretch and the deepest stack of each entry (plugin tools/icount/stretches.c), beside what was
computed. A run shows a few paths, never the worst one: what it shows must lie below the computed bound."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bounds.entries import SEGMENTS, Result
from bounds.errors import Unbounded
from bounds.flow import Graph
from bounds.program import Program
from icount.measure import DETERMINISTIC, build_plugin, wait_for
from introspect.watch import told
from sel.machine import checked_qemu
from sel.systems import read_run_file

#: Vectors by their offset, AArch64 and AArch32, and the entry they are before a mark says more.
_VECTORS = {0x400: "fault", 0x480: "interrupt", 0x580: "SError", 0x600: "fault", 0x680: "interrupt", 0x780: "SError"}
#: Functions whose execution tells what an entry is.
_MARKS = {"exception_syscall": "system call", "notify_by_queue": "system call", "kernel_invoke": "invocation", "guest_exit": "VM exit", "run_console_write": "console write"}


@dataclass
class Observed:
    """What runs have shown of an entry: the longest stretch of each kind with its ends, the deepest stack."""

    lengths: dict[str, int] = field(default_factory=dict)
    ends: dict[str, tuple[int, int]] = field(default_factory=dict)
    stack: int = 0
    count: int = 0


def _places(program: Program, function: str) -> list[int]:
    """Where a function begins, or all of its instructions where it was inlined."""
    if function in program.symbols:
        return [program.symbol(function)]
    found = [address for address, frames in program.places.items() if any(frame.function == function for frame in frames)]
    if not found:
        raise Unbounded(f"the kernel has no function {function}: observe.py names it")
    return found


def plugin_arguments(program: Program, graph: Graph, entries: Sequence[str]) -> str:
    """What the plugin has to know of the kernel; `entries` gives the classes their numbers."""
    vectors = program.symbol("exception_vectors")
    text = (min(program.code), max(program.code) + 4)
    looks = {node for function in graph.functions() for node in function.looks}
    exits = {address for address, instruction in program.code.items() if instruction.name == "eret"}
    parts = [f"text={text[0]:#x}:{text[1]:#x}", f"stack={program.symbol('kernel_stack_guard') + 4096:#x}:{program.symbol('kernel_stack_top'):#x}"]
    parts += [f"entry={vectors + offset:#x}:{entries.index(name)}" for offset, name in _VECTORS.items()]
    parts += [f"mark={address:#x}:{entries.index(name)}" for function, name in _MARKS.items() for address in _places(program, function)]
    parts += [f"look={node:#x}" for node in sorted(looks)] + [f"exit={address:#x}" for address in sorted(exits)]
    return ",".join(parts)


def observe(program: Program, graph: Graph, results: list[Result], build: Path, folder: Path, until: str, limit_s: int = 240) -> dict[str, Observed]:
    """Boot the system of a build until a text is on its console."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [result.entry.name for result in results]
    run = read_run_file(build)
    plugin, console, out = build_plugin(folder, "stretches"), folder / "console.raw", folder / "stretches.txt"
    for stale in (console, out):
        stale.unlink(missing_ok=True)
    options = f"{plugin},out={out},{plugin_arguments(program, graph, names)}"
    command = [checked_qemu(), *run["machine"], "-kernel", run["image"], *DETERMINISTIC, "-serial", f"file:{console}", "-plugin", options]
    process = None
    try:
        with told(Path(run["image"]), folder, TimeoutError) as asked:
            process = subprocess.Popen([*command, *asked], stdin=subprocess.DEVNULL)
            wait_for(process, console, until, limit_s)
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=30)
    return _read(out.read_text(encoding="utf-8"), names)


def _read(text: str, names: list[str]) -> dict[str, Observed]:
    kinds = list(SEGMENTS)
    found: dict[str, Observed] = {}
    for line in text.splitlines():
        what, *words = line.split()
        numbers = [int(word, 0) for word in words]
        seen = found.setdefault(names[numbers[0]], Observed())
        if what == "stack":
            seen.stack = numbers[1]
        else:
            kind = kinds[numbers[1]]
            seen.lengths[kind], seen.ends[kind] = numbers[2], (numbers[3], numbers[4])
            seen.count += numbers[5]
    if not found:
        raise Unbounded("the run was in the kernel not once after its boot: is it the kernel's own ELF file?")
    return found


def table(results: list[Result], observed: dict[str, Observed]) -> str:
    """Observed and computed side by side, with their ratio."""
    lines = [f"{'entry':14} {'what':22} {'observed':>9} {'computed':>9}  share"]
    for entry, what, seen, bound in compare(results, observed):
        share = f"{seen / bound:6.1%}" if bound else "none"
        lines.append(f"{entry:14} {what:22} {seen:>9} {bound:>9} {share}")
    return "\n".join(lines)


def compare(results: list[Result], observed: dict[str, Observed]) -> list[tuple[str, str, int, int]]:
    """For everything observed: entry, what it is, the observed number and the computed one (0: it should not happen at all)."""
    rows = []
    for result in results:
        seen = observed.get(result.entry.name)
        if seen is None:
            continue
        rows.append((result.entry.name, "stack", seen.stack, result.stack.bytes))
        for kind, length in seen.lengths.items():
            computed = result.segments.get(kind)
            rows.append((result.entry.name, SEGMENTS[kind], length, computed.length if computed else 0))
    return rows
