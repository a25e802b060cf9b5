# SPDX-License-Identifier: BSD-2-Clause
"""A bug of the kernel's own ends in a full dump, never in silence. gdb plants it: a jump into nothing, a stack that is used up."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from conftest import ROOT, build, text_of

LIMIT_S = 300
#: Called from assembly on the way out of the kernel, where somebody is chosen or loaded, at its first instruction; the bug is planted on one of them.
PLACE = "*exception_exit"
LATER = 50


def panic_after(*commands: str, preset: str = "test") -> str:
    """Boot a system; what is on the console after gdb's commands. A panic of the test preset switches the machine off, others halt it."""
    folder = build(ROOT / "test" / "system" / "messages" / "system.yaml", preset)
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        socket, console = Path(name) / "gdb", Path(name) / "console"
        command = ["qemu-system-aarch64", *run["machine"], "-serial", f"file:{console}", "-kernel", str(folder / "image.bin"),
                   "-S", "-gdb", f"unix:{socket},server=on,wait=off"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as machine:
            try:
                gdb(Path(run["kernel_elf"]), machine, socket, f"hbreak {PLACE}", f"ignore 1 {LATER}", "continue", *commands, "delete", "detach")
                wait_for_end(machine, console, must_halt=preset != "test")
            finally:
                machine.kill()
        return text_of(console.read_bytes())


def wait_for_end(machine: subprocess.Popen[bytes], console: Path, must_halt: bool) -> None:
    """Return when the machine is off, or when it has said its last word and goes on to be there."""
    if not must_halt:
        machine.wait(timeout=LIMIT_S)
        return
    for _ in range(LIMIT_S):
        if b"sel: kernel panic" in console.read_bytes():
            break
        time.sleep(1)
    time.sleep(1)
    assert machine.poll() is None, "the machine did not halt, it ended"


def gdb(elf: Path, machine: subprocess.Popen[bytes], socket: Path, *commands: str) -> None:
    """Run gdb's commands on the machine that waits for them."""
    for _ in range(100):
        if socket.exists():
            break
        try:
            machine.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
    words = [word for command in (f"target remote {socket}", *commands) for word in ("-ex", command)]
    done = subprocess.run(["gdb-multiarch", "-batch", "-nx", str(elf), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    # Detached from, the machine goes on: it may be off before it has answered that.
    is_off = "Target disconnected" in done.stderr and machine.wait(timeout=LIMIT_S) == 0
    assert done.returncode == 0 or is_off, done.stdout + done.stderr


@pytest.fixture(scope="module")
def jump() -> str:
    """The console after a jump to address 0x10, with a known value in x19."""
    return panic_after("set $x19 = 0xc0ffee", "set $pc = 0x10")


def test_the_cause_is_told(jump: str) -> None:
    """Vector, syndrome (an instruction abort of the same level: class 0x21), the address."""
    assert "vector 4: " in jump
    assert re.search(r"kernel bug: synchronous exception in the kernel \(\S*exceptions\.c:\d+\)", jump), jump[-3000:]
    assert re.search(r"esr 86[0-9a-f]{6} elr 10 spsr [0-9a-f]+ far 10 ", jump), jump[-3000:]


def test_registers_thread_and_events_are_told(jump: str) -> None:
    """The kernel's registers and the thread's, what it called, the last events."""
    assert re.search(r"kernel register 15\.\.: [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ c0ffee$", jump, re.MULTILINE), jump[-3000:]
    assert len(re.findall(r"user register \d+\.\.: ", jump)) == 7
    assert re.search(r"current thread: tcb [0-9a-f]+ priority \d+ state \d native", jump)
    assert re.search(r"system call \d+ on cap \d+ tag [0-9a-f]+", jump)
    assert len(re.findall(r"^  trace \d+: (?:syscall|fault|vm-exit|irq|switch|ipc|timer) ", jump, re.MULTILINE)) == 32
    assert jump.rstrip().endswith("sel: kernel panic")


def test_a_used_up_stack_is_told() -> None:
    """The guard page below the stack is hit (a data abort of the same level: class 0x25); the dump has a stack of its own."""
    text = panic_after("set $sp = (unsigned long)&kernel_stack_guard + 4096")
    assert "kernel bug: synchronous exception in the kernel" in text, text[-3000:]
    match = re.search(r"esr 96[0-9a-f]{6} elr [0-9a-f]+ spsr [0-9a-f]+ far ([0-9a-f]+) ", text)
    assert match is not None, text[-3000:]
    assert int(match[1], 16) % 4096 >= 4096 - 512, "the fault lies at the end of a page: the guard's"
    assert text.rstrip().endswith("sel: kernel panic")


@pytest.mark.parametrize("place", ["exception_vectors", "syscalls"])
def test_text_and_constants_cannot_be_written(place: str) -> None:
    """A store of the kernel's own into its text or constants is a permission fault of level 3 (DDI 0487, ESR_EL2: WnR, DFSC 0b001111)."""
    text = panic_after(f"set $x0 = (unsigned long)&{place}", "set $x1 = 0", "set $x2 = 16", "set $pc = memset")
    match = re.search(r"esr 96[0-9a-f]{4}4f elr [0-9a-f]+ spsr [0-9a-f]+ far [0-9a-f]+ ", text)
    assert match is not None, text[-3000:]


def test_data_cannot_be_executed() -> None:
    """A jump into the kernel's variables is a permission fault of the fetch (class 0x21, IFSC 0b001111)."""
    text = panic_after("set $pc = (unsigned long)&panic_context")
    assert re.search(r"esr 86[0-9a-f]{4}0f elr ", text), text[-3000:]


def test_a_debug_build_halts() -> None:
    """What people run says the same and stays where it is, for a debugger to look at."""
    text = panic_after("set $pc = 0x10", preset="debug")
    assert "kernel bug: synchronous exception in the kernel" in text, text[-3000:]
    assert len(re.findall(r"kernel register \d+\.\.: ", text)) == 7
    assert text.rstrip().endswith("sel: kernel panic")
