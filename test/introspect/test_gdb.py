# SPDX-License-Identifier: BSD-2-Clause
"""gdb's commands, in batch mode on machines that wait for it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import BUILT, KNOT, ROOT, World
from introspect import debugger
from introspect.core import joined
from introspect.model import Processor, Thread, Vcpu

#: A guest that tells its own registers and leaves for its VMM again and again.
GUEST = """
    mov x19, #0x5e1
    mov x20, #0xabc
    msr tpidr_el1, x20
1:  mrs x1, id_aa64pfr0_el1
    b 1b
"""


@contextmanager
def waiting(*arguments: str) -> Iterator[str]:
    """`./sel run ARGUMENTS --gdb` up to where gdb may come; gives gdb's script."""
    command = [str(ROOT / "sel"), "run", *arguments, "--gdb", "--timeout", "200"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        assert run.stdout is not None
        try:
            lines = []
            for line in run.stdout:
                lines.append(line)
                if match := re.search(r"gdb-multiarch -quiet -x (\S+)$", line):
                    yield match[1]
                    return
            raise AssertionError("".join(lines)[-3000:])
        finally:
            run.terminate()


def gdb(script: str, *commands: str) -> str:
    """What gdb says to commands, each under a line `== COMMAND`; it goes on after one that fails."""
    given = [part for each in commands for part in ("-ex", f"echo == {each}\\n", "-ex", each)]
    done = subprocess.run(["gdb-multiarch", "-batch", "-x", script, *given], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=200)
    return done.stdout + "\n== errors\n" + done.stderr


def answer(said: str, command: str) -> str:
    """What stands between a command's line and the next one's, each line with its end."""
    behind = "\n" + said.partition(f"== {command}\n")[2]
    return behind.partition("\n== ")[0][1:] + "\n"


@pytest.fixture(scope="module")
def knot_said() -> str:
    """Stopped where echo_client's timer signals for the first time: the knot is tied by then."""
    with waiting(str(KNOT)) as script:
        return gdb(
            script, "info sel-caps asker", "complete sel-process as", "complete sel-process roo", "complete info sel-guest a", "hbreak notification_signal", "continue", "info sel-processes", "info sel-caps asked", "info sel-caps nobody",
            "sel-process asker", "backtrace", "info sel-guest asker", "inferior 1", "backtrace 1", "sel-process nobody", "sel-process", "sel-process roottask", "backtrace",
        )


def test_before_the_kernel_runs_nothing_is_known(knot_said: str) -> None:
    assert "nothing is known yet: the kernel has not made its first process yet" in answer(knot_said, "errors")


def test_names_are_completed(knot_said: str) -> None:
    said = [answer(knot_said, command).split() for command in ("complete sel-process as", "complete sel-process roo", "complete info sel-guest a")]
    assert said == [["sel-process", "asked", "sel-process", "asker"], ["sel-process", "roottask"], []]


def test_processes_are_listed_with_their_waits(knot_said: str) -> None:
    said = answer(knot_said, "info sel-processes")
    assert "deadlock: asked -> asker.second -> asked\n" in said
    assert re.search(r"^  asked +90  calls asker.second and waits for ever for asker to receive it; 2 of 2 ms left, period 10 ms$", said, re.MULTILINE)


def test_capabilities_have_their_names(knot_said: str) -> None:
    said = answer(knot_said, "info sel-caps asked")
    assert re.search(r"^ +\d+ first +ENDPOINT asked\.first READ$", said, re.MULTILINE), said
    assert re.search(r"^ +\d+ back +ENDPOINT asker\.second WRITE badge 0x1$", said, re.MULTILINE), said


def test_a_process_is_shown_at_its_own_lines(knot_said: str) -> None:
    """asker stands in its call: stack and registers are its own, and the machine is still there afterwards."""
    said = answer(knot_said, "backtrace")
    assert re.search(r"^#0 .* in sel_call \(", said, re.MULTILINE) and re.search(r"^#2 +main \(\) at \S*asker/asker\.c:15$", said, re.MULTILINE), said
    assert re.search(r"^#0 +notification_signal \(", answer(knot_said, "backtrace 1"), re.MULTILINE)


def test_a_stack_is_read_through_the_process_s_page_tables(knot_said: str) -> None:
    """The roottask's frames lie on its stack, which only its page tables lead to."""
    said = knot_said.rpartition("== backtrace\n")[2]
    assert re.search(r"^#\d+ .*supervise \(spec=", said, re.MULTILINE) and re.search(r" in roottask_start \(", said), said


def test_wrong_names_are_answered_with_those_there_are(knot_said: str) -> None:
    errors = answer(knot_said, "errors")
    assert errors.count("there is no process 'nobody'; there are: asked, asker, echo_client, echo_server, roottask\n") == 2
    assert "asker is no guest; guests are: none\n" in errors
    assert "give the name of one process; info sel-processes lists them\n" in errors


def test_a_guest_shows_the_registers_that_it_has_set(tmp_path: Path) -> None:
    source, elf, image = tmp_path / "guest.S", tmp_path / "guest.elf", tmp_path / "guest.bin"
    source.write_text(f".global _start\n_start:\n{GUEST}\n")
    subprocess.run(["clang-19", "--target=aarch64-none-elf", "-nostdlib", "-fuse-ld=lld-19", "-static", str(source), "-o", str(elf)], check=True)
    subprocess.run(["llvm-objcopy-19", "-O", "binary", str(elf), str(image)], check=True)
    with waiting("--guest", str(image), "--memory", "64M") as script:
        said = gdb(script, "hbreak guest_exit", "ignore 1 20", "continue", "info sel-guest guest", "sel-process guest")
    shown = dict(re.findall(r"(\w+) +(0x[0-9a-f]+)", answer(said, "info sel-guest guest")))
    assert (shown["x19"], shown["x20"], shown["tpidr_el1"]) == ("0x5e1", "0xabc", "0xabc"), said
    assert "guest is a guest: info sel-guest guest shows its registers\n" in answer(said, "errors")


#: Goes through trace_add instruction by instruction; tells of each, with the number of events so far, whether the last of them has its time.
STEPS_OF_TRACE_ADD = """
import gdb
while gdb.selected_frame().name() in ("trace_add", "arch_clock"):
    count = int(gdb.parse_and_eval("trace_next"))
    print("counted", count, "whole" if int(gdb.parse_and_eval("trace_ring[trace_next - 1].time")) else "torn")
    gdb.execute("stepi", to_string=True)
"""


def test_events_are_whole_when_they_are_counted(tmp_path: Path) -> None:
    """In the ring's first round, where an entry that nobody has written yet is all zeros. gdb may count a stop twice: which event it is does not matter."""
    (tmp_path / "steps.py").write_text(STEPS_OF_TRACE_ADD)
    with waiting(str(KNOT)) as script:
        said = gdb(script, "hbreak trace_add", "ignore 1 100", "continue", "delete", f"source {tmp_path}/steps.py")
    told = re.findall(r"^counted (\d+) (whole|torn)$", said, re.MULTILINE)
    counts = [int(count) for count, _ in told]
    assert counts and set(counts) == {counts[0], counts[0] + 1} and counts[0] > 0 and {state for _, state in told} == {"whole"}, said


def guest_world(world: World, is_loaded: bool, is_active: bool, level: int, running: bool) -> str:
    vcpu = Vcpu(7, 1, is_loaded, is_active, {"sctlr_el1": 0x10, "ttbr0_el1": 0x20, "tpidr_el0": 0})
    world.state.threads[1] = Thread(1, "wfi", vcpu=7, registers={"x0": 0x1, "pc": 0x2})
    world.state.vcpus[7], world.state.names[1] = vcpu, "linux"
    world.state.processor, world.state.running = Processor(0, level), 1 if running else 0
    return debugger.guest(world.state, BUILT, "linux", {"x0": 0xA, "pc": 0xB, "sctlr_el1": 0xC, "ttbr0_el1": 0xD}.get)


@pytest.mark.parametrize(("is_loaded", "is_active", "level", "running", "expected"), [
    (False, False, 2, False, {"x0": "0x1", "sctlr_el1": "0x10", "ttbr0_el1": "0x20"}),
    (True, True, 2, True, {"x0": "0x1", "sctlr_el1": "0xc", "ttbr0_el1": "0xd"}),
    (True, True, 1, True, {"x0": "0xa", "sctlr_el1": "0xc", "ttbr0_el1": "0xd"}),
    (True, False, 0, False, {"x0": "0x1", "sctlr_el1": "0xc (saved 0x10)", "ttbr0_el1": "0xd (saved 0x20)"}),
])
def test_where_a_guest_s_registers_are(world: World, is_loaded: bool, is_active: bool, level: int, running: bool, expected: dict[str, str]) -> None:
    said = guest_world(world, is_loaded, is_active, level, running)
    shown = dict(re.findall(r"(\w+) +(0x[0-9a-f]+(?: \(saved 0x[0-9a-f]+\))?)", said))
    assert {name: shown[name] for name in expected} == expected, said


def test_pages_that_follow_one_another_are_one_segment() -> None:
    pages = [(0x1000, b"a" * 4096), (0x2000, b"b" * 4096), (0x4000, b"c" * 4096)]
    assert joined(pages) == [(0x1000, b"a" * 4096 + b"b" * 4096), (0x4000, b"c" * 4096)]
