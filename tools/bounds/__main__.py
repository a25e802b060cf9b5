# SPDX-License-Identifier: BSD-2-Clause
"""PYTHONPATH=tools /usr/bin/python3 -m bounds BUILD: the deepest stack and the longest stretch without a look at interrupts, per entry of the
kernel of a build (`./sel build SYSTEM --preset release` makes build/SYSTEM/release). Exit codes: 0 within the budget, 1 above it or not to be bounded."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bounds import budget, observe, report
from bounds.annotations import Annotations
from bounds.entries import KERNEL_ENTRIES, Result, compute, stack_sizes
from bounds.errors import Unbounded
from bounds.evaluate import evaluator
from bounds.flow import Graph
from bounds.program import Program
from bounds.sources import Sources

ROOT = Path(__file__).resolve().parents[2]
BUDGET = Path(__file__).parent / "budget.yaml"


def analyse(build: Path) -> tuple[Program, Graph, Annotations, list[Result]]:
    """Everything about the kernel of a build folder."""
    kernel = build / "kernel.elf"
    if not kernel.is_file():
        raise Unbounded(f"{build} has no kernel.elf; make it with ./sel build SYSTEM --preset release")
    program = Program(kernel, ROOT)
    annotations = Annotations(program, Sources(ROOT, evaluator(ROOT, build / "compile_commands.json")))
    graph = Graph(program, annotations.tables)
    # What debug and test kernels tell on the console (a thread stopped without a handler) is not counted: the release says nothing.
    untimed = frozenset() if preset_of(build) == "release" else frozenset({"console_printf"})
    return program, graph, annotations, compute(program, graph, annotations, KERNEL_ENTRIES, stack_sizes(program), untimed)


def preset_of(build: Path) -> str:
    """The preset a build was configured with."""
    try:
        lines = (build / "CMakeCache.txt").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Unbounded(f"{build} is no build folder: {error}") from None
    return next((line.split("=", 1)[1] for line in lines if line.startswith("SEL_PRESET:")), "")


def main() -> int:
    """Print the table and the details, and compare with the budget."""
    parser = argparse.ArgumentParser(prog="bounds", description="deepest stack and longest stretch with interrupts off, from the linked kernel")
    parser.add_argument("build", type=Path, help="a build folder, such as build/busybox/release")
    parser.add_argument("--table", action="store_true", help="the table only")
    parser.add_argument("--observe", metavar="TEXT", help="boot the build under QEMU until TEXT is on its console, and compare")
    arguments = parser.parse_args()
    try:
        program, graph, annotations, results = analyse(arguments.build)
        limits = budget.load(BUDGET, preset_of(arguments.build))
    except Unbounded as error:
        print(f"bounds: {error}", file=sys.stderr)
        return 1
    if not arguments.table:
        print("\n\n".join(report.details(program, result) for result in results))
        print("\n" + report.loops(annotations) + "\n")
    print(report.table(results))
    if arguments.observe:
        with tempfile.TemporaryDirectory() as folder:
            observed = observe.observe(program, graph, results, arguments.build, Path(folder), arguments.observe)
        print("\n" + observe.table(results, observed) + "\n")
    wrong, better = budget.compare(results, limits)
    for line in (*wrong, *better):
        print(f"bounds: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
