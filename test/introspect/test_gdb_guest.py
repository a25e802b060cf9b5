# SPDX-License-Identifier: BSD-2-Clause
"""`./sel run --gdb-guest`: gdb, in batch mode, on a guest with tables of its own, while processes beside it go on."""

from __future__ import annotations

import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

SOURCE = Path(__file__).parent / "debugged"
#: The same folder each time, so that what was built is there the next time.
BUILT = ROOT / "build" / "test-gdb-guest"
LIMIT_S = 120
#: From the guest's linked addresses to those at which it runs at EL0, and before its tables are on.
TO_USER, TO_PHYSICAL = (f" - 0xffffff8000000000 + {base:#x}" for base in (0x80000000, 0x40000000))
LOOK = ("info registers pc cpsr x20 x21",)


class Run:
    """A run, and what its consoles have said."""

    def __init__(self) -> None:
        command = [str(ROOT / "sel"), "run", str(BUILT / "system.yaml"), "--gdb-guest", "guest", "0", "--timeout", "900"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.lines: queue.Queue[str] = queue.Queue()
        self.has_begun = False
        self.seen = ""
        threading.Thread(target=self._read, daemon=True).start()
        self.port = int(self.wait(r"target remote :(\d+)", 600)[1])

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def wait(self, pattern: str, limit_s: float = LIMIT_S) -> re.Match[str]:
        """The next line with the pattern, from now on."""
        end = time.monotonic() + limit_s
        while True:
            try:
                line = self.lines.get(timeout=max(0.1, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{pattern} did not come; {self.seen[-3000:]}") from None
            self.seen += line
            if match := re.search(pattern, line):
                return match

    def drop(self) -> str:
        """What was said up to now and not waited for."""
        said = ""
        while not self.lines.empty():
            said += self.lines.get()
        self.seen += said
        return said

    def gdb(self, *commands: str) -> subprocess.Popen[str]:
        """gdb at work on commands; it goes on after one that fails."""
        given = [part for each in ("set remotetimeout 30", f"target remote :{self.port}", *commands) for part in ("-ex", each)]
        command = ["gdb-multiarch", "-batch", str(BUILT / "guest.elf"), *given]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)

    def said(self, *commands: str) -> str:
        """What gdb says to commands."""
        return self.gdb(*commands).communicate(timeout=LIMIT_S)[0]


@pytest.fixture(scope="module")
def halted() -> Iterator[Run]:
    """The run; its guest stands before its first instruction until a gdb has come and gone."""
    BUILT.mkdir(parents=True, exist_ok=True)
    elf = BUILT / "guest.elf"
    options = ["--target=aarch64-none-elf", "-g", "-nostdlib", "-static", "-fuse-ld=lld-19", "-Wl,--build-id=none", f"-Wl,-T,{SOURCE / 'guest.ld'}"]
    subprocess.run(["clang-19", *options, str(SOURCE / "guest.S"), "-o", str(elf)], check=True)
    subprocess.run(["llvm-objcopy-19", "-O", "binary", str(elf), str(BUILT / "guest.bin")], check=True)
    shutil.copyfile(SOURCE / "system.yaml", BUILT / "system.yaml")
    started = Run()
    yield started
    started.process.terminate()
    started.process.wait()


@pytest.fixture
def run(halted: Run) -> Run:
    """The run, its guest begun, whichever test comes first."""
    if not halted.has_begun:
        halted.said("detach")
        halted.has_begun = True
    return halted


def value(said: str, register: str) -> int:
    """The last value of a register in what gdb said."""
    return int(re.findall(rf"^{register} +(0x[0-9a-f]+)", said, re.MULTILINE)[-1], 16)


def test_a_guest_is_debugged_from_its_first_instruction(halted: Run) -> None:
    """Before its tables are on, after, and at EL0; the symbols are those of its virtual addresses."""
    said = halted.said(
        "p $pc", f"break *((long)&mmu_is_on{TO_PHYSICAL})", "continue", "p/x $sctlr_el1 & 1", "delete",
        "break work", "continue", "info registers x19 x20 vbar_el1", "stepi", "stepi", "stepi", "x/gx &counter", "stepi", "info registers pc", "delete",
        f"break *((long)&user{TO_USER})", "continue", "info registers pc cpsr elr_el1", "stepi", "stepi", "info registers pc cpsr x21", "delete",
        "x/gx 0x10", "break *0x12345678", "continue", "delete", "detach",
    )
    assert "= (void (*)()) 0x40000000" in said and "$2 = 0x1" in said, said
    assert (value(said, "x19"), value(said, "vbar_el1")) == (0x5E1, 0xFFFFFF8000080800), said
    assert re.search(r"<counter>:\s+0x0+1$", said, re.MULTILINE), said
    assert re.search(r"^pc +0xffffff8000080060 ", said, re.MULTILINE), said  # `back`
    assert re.search(r"^pc +0x800800c0 ", said, re.MULTILINE) and re.search(r"^cpsr +0x0 ", said, re.MULTILINE), said
    # A step over SVC is a step into the vector: EL1h, everything masked.
    assert (value(said, "pc"), value(said, "cpsr"), value(said, "x21")) == (0xFFFFFF8000080C00, 0x3C5, 1), said
    assert "Cannot access memory at address 0x10" in said and "Cannot access memory at address 0x12345678" in said, said
    assert "detached" in said
    halted.has_begun = True


def test_the_rest_of_the_system_goes_on(run: Run) -> None:
    """The guest alone stands while gdb looks at it; Ctrl-C stops it where it is, and it goes on when gdb has gone."""
    run.wait(r"guest +\| c$")
    before = value(run.said(*LOOK, "detach"), "x20")
    at_work = run.gdb("echo == running\\n", "continue", *LOOK, "shell sleep 5", *LOOK, "detach")
    assert at_work.stdout is not None
    while at_work.stdout.readline() != "== running\n":
        pass
    run.drop()
    run.wait(r"guest +\| c$")
    first = int(run.wait(r"echo_client: sent (\d+)")[1])
    at_work.send_signal(signal.SIGINT)
    time.sleep(2)
    run.drop()
    assert int(run.wait(r"echo_client: sent (\d+)")[1]) > first
    standing = run.drop()
    said = at_work.communicate(timeout=LIMIT_S)[0]
    assert "SIGINT" in said, said
    looks = re.findall(r"^x20 +(0x[0-9a-f]+)", said, re.MULTILINE)
    assert len(looks) == 2 and looks[0] == looks[1] and int(looks[0], 16) > before, said
    assert "guest" not in standing, standing
    run.wait(r"guest +\| c$")


def test_a_gdb_that_dies_leaves_the_guest_running(run: Run) -> None:
    killed = run.gdb("break work", "continue", "shell sleep 100")
    run.wait(r"gdb is attached")
    time.sleep(2)
    killed.kill()
    run.wait(r"gdb has left")
    run.drop()
    run.wait(r"guest +\| c$")
    said = run.said("info registers pc", "disassemble work", "detach")
    assert re.search(r"<\+0>:\s+add\s+x20, x20, #0x1", said), said


def test_a_second_gdb_is_sent_away(run: Run) -> None:
    with socket.create_connection(("127.0.0.1", run.port)) as first:
        run.wait(r"gdb is attached")
        with socket.create_connection(("127.0.0.1", run.port)) as second:
            assert second.recv(1) == b""
        run.wait(r"a second gdb was sent away")
        first.sendall(b"$nonsense#00nonsense$?#3f")
        told = b""
        while b"$T05thread:1;#d7" not in told:
            told += first.recv(100)
        assert told.startswith(b"-+")
    run.wait(r"gdb has left")


def test_a_restart_and_the_end_are_told(run: Run) -> None:
    said = run.said("break work", "continue", "delete", "set $x25 = 1", "continue", "info registers pc", "detach")
    assert "the guest has restarted" in said and value(said, "pc") == 0x40000000, said


def test_a_guest_that_powers_itself_off_has_exited(run: Run) -> None:
    run.wait(r"guest +\| c$")
    said = run.said("break work", "continue", "delete", "set $x25 = 2", "continue")
    assert "exited normally" in said, said
    run.wait(r"echo_client: sent (\d+)")
