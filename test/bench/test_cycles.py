# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark's image for a board (preset cycles): it reads the cycle counter itself, and refuses where that means nothing.

No board is there to try it on. Under -icount QEMU's counter is the instructions executed, so that each row is known: it is the row's budget without the
branch back to its head, give or take the few instructions that a program has more or fewer here.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import budgets
from bench.rows import load_rows
from conftest import ROOT
from icount.measure import DETERMINISTIC
from sel.build import build_lock, build_system
from sel.console import ConsoleDemux
from sel.machine import PROGRAM
from sel.systems import find_system, read_run_file

PRESET = "cycles"
#: Rows that other rows' programs hide, that stand still for a while, of guests, and the longest ones.
NOT_READ = re.compile("irq_trigger_handle_ack_resume|timer_set_to_wake|v.*|guest_.*|second_guest_.*|physical_.*|revoke_1000|revoke_50000|zero_.*|longest_.*")
NEAR = 4
_ROW = re.compile(r"^(\w+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def machine() -> list[str]:
    """How QEMU boots the image."""
    system = find_system("bench")
    with build_lock(system.build_folder(PRESET)):
        run = read_run_file(build_system(system, PRESET))
    return [PROGRAM, *run["machine"], "-kernel", run["image"], "-serial", "stdio"]


def console(command: list[str]) -> str:
    """All text of a run that ends by itself."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr[-600:]
    return b"".join(piece.data for piece in ConsoleDemux().feed(done.stdout)).decode(errors="replace").replace("\r", "")


def test_without_counted_instructions_no_cycles_are_printed(machine: list[str]) -> None:
    """One sentence says why and what to do instead; no row is there; the machine is switched off."""
    output = console(machine)
    assert "built with: no assertions, no trace, no poison, cycle counter readable\n" in output
    assert re.search(r"^bench: no cycles are printed: this is an emulator, .*`./sel bench` counts instructions", output, re.MULTILINE), output
    assert not _ROW.search(output) and "roottask: fault" not in output


@pytest.mark.parametrize("counting", [("-icount", "shift=1,sleep=off"), ("-icount", "shift=4,sleep=off")])
def test_another_virtual_time_is_refused(machine: list[str], counting: tuple[str, str]) -> None:
    """Each instruction takes 2 or 16 ns there: no number of instructions."""
    output = console([*machine, *counting])
    assert "bench: no cycles are printed: this is an emulator, " in output and not _ROW.search(output)


def test_sel_run_refuses_and_ends_well() -> None:
    """What somebody would try first."""
    done = subprocess.run([ROOT / "sel", "run", "bench", "--preset", PRESET, "--timeout", "200"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=280)
    assert done.returncode == 0 and "no cycles are printed" in done.stdout and "result=ok" in done.stdout, done.stdout


@pytest.fixture(scope="module")
def counted(machine: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The console of a run with instructions counted, once."""
    return console([*machine, *DETERMINISTIC])


def rows_of(output: str) -> Iterator[tuple[str, list[int]]]:
    """Name; repetitions, minimum, percentiles, maximum."""
    for name, *numbers in _ROW.findall(output):
        yield name, [int(number) for number in numbers]


def test_instructions_are_called_what_they_are(counted: str) -> None:
    """Nobody takes them for cycles."""
    assert "the numbers are instructions' virtual time, not cycles\n" in counted
    assert "in cycles of this processor" not in counted and counted.rstrip().endswith("bench: all rows are done")


def test_all_rows_that_can_be_read_are_there(counted: str) -> None:
    """Each once, with all the repetitions that its row is recorded with from outside; the reading first."""
    found = dict(rows_of(counted))
    assert list(found)[0] == "reading" and len(found) == len(_ROW.findall(counted))
    expected = {row.name: row.repetitions for row in load_rows() if row.system == "bench" and not NOT_READ.fullmatch(row.name)}
    assert {name: numbers[0] for name, numbers in found.items() if name != "reading"} == expected


def test_numbers_are_in_order(counted: str) -> None:
    """Minimum, percentiles and maximum do not fall; a reading costs something, the same each time."""
    for name, (_, *numbers) in rows_of(counted):
        assert numbers == sorted(numbers) and numbers[0] > 0, name
    reading = dict(rows_of(counted))["reading"]
    assert reading[1] == reading[-1] > 0


def test_rows_cost_what_they_cost_from_outside(counted: str) -> None:
    """Kernel and processes together, both sides of a row, within a few instructions of the budgets, which test_bench.py holds."""
    found = dict(rows_of(counted))
    assert found["ipc_round_trip_0_words"][2] > found["system_call_floor"][2]
    assert found["ipc_chain_5"][2] > found["ipc_chain_3"][2] > found["ipc_chain_2"][2]
    expected = budgets.load(row.name for row in load_rows())
    if expected.compiler != budgets.compiler_version():
        pytest.skip(f"budgets are for {expected.compiler}")
    far = {name: (numbers[2], expected.rows[name]["median"]) for name, numbers in found.items() if name != "reading" and abs(numbers[2] - expected.rows[name]["median"]) > NEAR}
    assert not far, far


def test_the_counted_image_reads_no_counter() -> None:
    """Its programs are as they were: not one instruction of a reading is in them."""
    elf = find_system("bench").build_folder("release") / "elf" / "bench.elf"
    if not Path(elf).exists():
        pytest.skip("not built yet")
    done = subprocess.run(["llvm-objdump-19", "-d", "--no-show-raw-insn", str(elf)], capture_output=True, text=True, check=True, timeout=60)
    assert "row_ipc_round_trip_0_words" in done.stdout and "PMCCNTR" not in done.stdout.upper()
