# SPDX-License-Identifier: BSD-2-Clause
"""The kernel: within its budget in the presets release and test, and refused when an annotation is missing.

The figures are printed (pytest -s); `python3 -m bounds BUILD` has the details."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bounds import budget, report
from bounds.__main__ import BUDGET, analyse, preset_of
from bounds.annotations import Annotations
from bounds.entries import KERNEL_ENTRIES, compute, stack_sizes
from bounds.errors import Unbounded
from bounds.evaluate import evaluator
from bounds.flow import Graph
from bounds.program import Program
from bounds.sources import Sources
from conftest import ROOT, analysed, kernel_build


@pytest.mark.parametrize("preset", ["release", "test"])
def test_within_its_budget(preset: str) -> None:
    """No stack and no stretch is above it; what is below by more than 2 % is printed."""
    build = kernel_build(preset)
    assert preset_of(build) == preset
    results = analysed(build)[3]
    wrong, better = budget.compare(results, budget.load(BUDGET, preset))
    print("\n" + "\n".join([report.table(results), *better]))
    assert wrong == []


def test_stacks_leave_half_of_their_room() -> None:
    """The margin: a change of the compiler's does not bring the kernel near its guard page."""
    for preset in ("release", "test"):
        for result in analysed(kernel_build(preset))[3]:
            assert 2 * result.stack.bytes <= result.stack_size, result.entry.name


ANNOTATED = [
    ("kernel/object/thread_queue.c", r" /\* bound: SEL_LIMIT_PRIORITY_MAX \+ 1 \*/", "while (next != NULL && next->priority > tcb->priority)"),
    ("kernel/sched/refill.c", r"    /\* bound: SEL_LIMIT_REFILL_COUNT_MAX \*/(?=\n    while \(context->refill_count > 1 && refill_at\(context, 1\))", "refill_at(context, 1)->release <= now"),
]


@pytest.mark.parametrize(("file", "pattern", "loop"), ANNOTATED)
def test_a_loop_without_its_annotation_is_refused(tmp_path: Path, file: str, pattern: str, loop: str) -> None:
    """The kernel as it is, its sources without one annotation: file and line of the loop are named."""
    shutil.copytree(ROOT / "kernel", tmp_path / "kernel")
    changed, count = re.subn(pattern, "", (tmp_path / file).read_text(encoding="utf-8"))
    assert count == 1
    (tmp_path / file).write_text(changed, encoding="utf-8")
    line = next(n for n, text in enumerate(changed.splitlines(), 1) if loop in text)
    build = kernel_build("release")
    program = Program(build / "kernel.elf", tmp_path)
    annotations = Annotations(program, Sources(tmp_path, evaluator(ROOT, build / "compile_commands.json")))
    with pytest.raises(Unbounded, match=rf"^{re.escape(file)}:{line}: this loop has no bound"):
        compute(program, Graph(program, annotations.tables), annotations, KERNEL_ENTRIES, stack_sizes(program))


def test_a_folder_that_is_no_build_is_a_sentence(tmp_path: Path) -> None:
    """And a file that is no program."""
    with pytest.raises(Unbounded, match="has no kernel.elf; make it with ./sel build"):
        analyse(tmp_path)
    (tmp_path / "kernel.elf").write_text("no program", encoding="utf-8")
    with pytest.raises(Unbounded, match="cannot be read as an ELF file"):
        analyse(tmp_path)
