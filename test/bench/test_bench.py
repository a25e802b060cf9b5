# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark itself: its rows and labels agree, runs are the same every time, what hangs is told, no count is above its budget, and costs.md tells the present ones."""

from __future__ import annotations

import itertools
import json
import subprocess
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from bench import budgets, costs, phases
from bench.measure import STRETCH, Image, check_complete, follow, measure, trace, wait_for_end
from bench.paths import CODE, LINE_BYTES, STORE, check_followed, parts_of
from bench.rows import choose, load_baselines, load_rows
from bench.statistics import summarize
from bench.trace import read_trace
from conftest import ROOT
from sel.errors import Failed
from single_step import addresses

QUICK = "ipc_round_trip_0_words"


def sel(*arguments: str) -> tuple[int, str]:
    """Run ./sel bench."""
    done = subprocess.run([ROOT / "sel", "bench", *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=300)
    return done.returncode, done.stdout


def test_every_row_of_the_baseline_is_measured() -> None:
    """What a peer was measured by is a row here."""
    assert set(load_baselines()) <= {row.name for row in load_rows()}


def test_every_label_is_a_row(image: Image) -> None:
    """A label row_NAME that no row uses would be a row that nobody sees."""
    names = {row.name for row in load_rows() if row.system == "bench" and row.start != STRETCH}
    labels = {name for program in image.processes.values() for name in program.symbols if name.startswith("row_")}
    assert {label.removeprefix("row_").removesuffix("_end") for label in labels} == names


def test_unknown_rows_are_answered_with_the_list() -> None:
    """Exit code 2, and no build before it."""
    for arguments in (("--rows", "ipc_roundtrip_0_words"), ("--trace", "ipc_roundtrip_0_words")):
        code, output = sel(*arguments)
        assert code == 2, output
        assert f"did you mean '{QUICK}'" in output and "  signal_nobody_waiting\n" in output


@pytest.mark.parametrize("arguments", [("--rows", "ipc*", "--record"), ("--rows", "ipc*", "--record-budgets"), ("--rows", "ipc*", "--record-costs"), ("--trace", QUICK, "--lines"), ("--trace", "longest_stretch_interrupts_off"), ("--trace", QUICK, "--rows", "*"), ("--diff", "a", "b"), ("--board", "xlnx-zcu102", "--record-budgets"), ("--board", "zcu"), ("--trace", "virq_guest_eoi", "--board", "xlnx-zcu102"), ("--html",), ("--json", "no/such/folder/x")])
def test_options_that_do_not_fit_together(arguments: tuple[str, ...]) -> None:
    """A sentence and exit code 2."""
    code, output = sel(*arguments)
    assert code == 2 and "result=input" in output and "Traceback" not in output, output


def test_another_board_with_another_interrupt_controller(tmp_path: Path) -> None:
    """Its UART raises the interrupts; the peers' numbers, which are of the first board, are not beside its own; what needs a GICv3 is left out, and told."""
    code, output = sel("--board", "xlnx-zcu102", "--rows", f"{QUICK},irq_to_user_handler,virq_guest_eoi", "--json", str(tmp_path / "rows.json"))
    assert code == 0, output
    assert "sel: left out, being for a GICv3 where xlnx-zcu102 has a GICv2: virq_guest_eoi" in output
    found = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    assert found["board"] == "xlnx-zcu102"
    assert [(row["name"], row["repetitions"], row["target"], row["peers"]) for row in found["rows"]] == [(QUICK, 10000, None, {}), ("irq_to_user_handler", 10000, None, {})]
    # An interrupt is an entry by its vector and, behind the switch, no second one.
    assert [row["exceptions"] for row in found["rows"]] == [2, 1]


def test_runs_are_the_same_every_time(image: Image) -> None:
    """Every repetition of two runs, with all its counters."""
    rows = choose(load_rows(), f"{QUICK},signal_*")
    assert measure(image, rows) == measure(image, rows)


def test_the_trace_is_what_was_counted(image: Image) -> None:
    """Instructions, loads and stores summed from the executed path are those of the counters."""
    row = replace(choose(load_rows(), QUICK)[0], repetitions=10)
    addresses, touches = trace(image, row)
    steps = read_trace(addresses, image.places)
    facts = summarize(measure(image, [row])[row.name][-1:]).facts
    kernel = [step for step in steps if step.program == "kernel"]
    assert (len(steps) - len(kernel), len(kernel)) == (facts["user"], facts["kernel"])
    assert sum(step.fact.loaded for step in kernel) == facts["loaded_words"]
    assert sum(step.fact.stored > 0 for step in kernel) == facts["stores"]
    assert [step.text for step in steps if step.program == "bench"].count("svc #0") == facts["exceptions"] == 2
    assert sum(bool(step.place) for step in steps) > 0.9 * len(steps)  # the compiler names no line for a few
    # The kernel is mapped identically: the lines of its code are those of its addresses.
    assert {touch.line for touch in touches if touch.is_kernel and touch.kind == CODE} == {step.address // LINE_BYTES * LINE_BYTES for step in kernel}
    assert sum(touch.count for touch in touches if touch.kind == CODE) == len(steps)


def test_lines_are_those_that_can_be_counted_by_hand(image: Image) -> None:
    """The FPU's state is 32 registers of 16 bytes, and two words behind them: nine lines stored, nine loaded. Followed twice they are the same."""
    row = replace(choose(load_rows(), "fpu_first_use_after_switch")[0], repetitions=3)
    touches = follow(image, [row])[row.name]
    functions = parts_of(touches, image.places, lambda step: step.function)
    assert (functions["fpu_save"].data_lines, functions["fpu_load"].data_lines) == (9, 9)
    assert {touch.kind for touch in touches if image.places.at(touch.address, touch.is_kernel).function == "fpu_save"} == {CODE, STORE}
    check_followed(row, touches, image.places, summarize(measure(image, [row])[row.name][-1:]).facts)
    assert set(follow(image, [row])[row.name]) == set(touches)


def stepped(image: Image, label: str, repetitions: int) -> list[int]:
    """Instructions from head to head of a row, of a single-stepped run."""
    head = int(image.symbol(label), 16)
    heads = (count for count, address in enumerate(addresses(image.machine, str(image.image))) if address == head)
    found = list(itertools.islice(heads, repetitions + 1))
    return [after - before for before, after in itertools.pairwise(found)]


def test_single_stepping_counts_the_same(image: Image) -> None:
    """The first repetitions of a row, one by one, counted by something else than what is tested."""
    row = replace(choose(load_rows(), QUICK)[0], repetitions=8)
    counted = [user + kernel for user, kernel, *_ in measure(image, [row])[row.name]]
    assert stepped(image, f"row_{QUICK}", row.repetitions) == counted
    assert len(counted) == row.repetitions


def test_a_run_without_end_is_told(image: Image) -> None:
    """By the instructions it has executed, with what the console said last."""
    with pytest.raises(Failed, match=r"hangs[\s\S]*roottask: system bench"):
        measure(image, [replace(choose(load_rows(), QUICK)[0], repetitions=1 << 60)], limit=20_000_000)


def test_rows_without_their_repetitions_are_told() -> None:
    """A program that stopped leaves a row short, or without any."""
    rows = choose(load_rows(), "ipc_round_trip_0_words,signal_*")
    found = {rows[0].name: [()] * rows[0].repetitions, rows[1].name: [()] * 9, rows[2].name: []}
    with pytest.raises(Failed, match=rf"{rows[1].name} 9 of 10000, {rows[2].name} 0 of 10000; [\s\S]*last words"):
        check_complete(rows, found, "last words")
    check_complete(rows[:1], found, "")


@pytest.mark.parametrize(("console", "said"), [("RS[0]sel: kernel panic\n", "the kernel panicked"), ("last words\n", "stands still")])
def test_a_panic_and_a_standstill_are_told(tmp_path: Path, console: str, said: str) -> None:
    """With the console's last lines; nobody waits for a machine that has stopped."""
    (tmp_path / "console").write_text(console)
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            with pytest.raises(Failed, match=rf"{said}[\s\S]*{console.strip()[-10:]}"):
                wait_for_end(process, tmp_path / "console", timeout_s=0.2)
        finally:
            process.kill()


def test_no_count_is_above_its_budget(results: list[dict]) -> None:
    """All rows. What has become cheaper, and what another compiler makes of it, is a warning that asks to be recorded."""
    expected = budgets.load(row["name"] for row in results)
    verdict = budgets.compare(results, expected, budgets.compiler_version())
    for sentence in verdict.better:
        warnings.warn(f"{'advice only, another compiler: ' if verdict.is_advice else ''}{sentence}", stacklevel=1)
    assert not verdict.wrong, "\n".join(verdict.wrong)


def test_the_costs_are_of_the_present_counts(results: list[dict]) -> None:
    """docs/design/costs.md has each row with its median; with another compiler that is advice."""
    stale = costs.difference(results, costs.load_totals())
    if stale and budgets.load(row["name"] for row in results).compiler != budgets.compiler_version():
        warnings.warn(f"advice only, another compiler: {stale}", stacklevel=1)
    else:
        assert not stale, stale


def test_every_function_with_a_phase_is_in_the_kernel(image: Image) -> None:
    """phases.yaml names nothing that has gone."""
    phases.check_alive(phases.load(), image.kernel)
