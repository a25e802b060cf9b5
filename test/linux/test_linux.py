# SPDX-License-Identifier: BSD-2-Clause
"""Unmodified Debian under the VMM: to its prompts, commands typed and answered, reboot, crash, power-off, beside native components.

Answers are computed by the guest, so that the echo of a typed command is never taken for its result.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 420


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """`./sel run WORDS`, release build; the whole output is in the assertion's message when it fails."""
    command = [str(ROOT / "sel"), "run", *words, "--preset", "release", "--yes", "--timeout", str(LIMIT_S)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=LIMIT_S + 300, check=False)


def succeeded(result: subprocess.CompletedProcess[str]) -> str:
    """The output of a run in which everything came as expected."""
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    assert "sel: result=ok" in result.stdout.splitlines()[-1]
    return result.stdout


def test_busybox_answers_reboots_and_powers_off() -> None:
    """A prompt, a command's answer, a second life after PSCI SYSTEM_RESET, an end by SYSTEM_OFF."""
    output = succeeded(run(
        "linux", "--expect", "linux:/ # ", "--send", "linux:echo sum=$((6*7)) on $(uname -m)", "--expect", "linux:sum=42 on aarch64",
        "--send", "linux:reboot -f", "--expect", "linux:Booting Linux on physical CPU", "--expect", "linux:/ # ",
        "--send", "linux:echo again=$((9*9))", "--expect", "linux:again=81",
        "--send", "linux:poweroff -f", "--expect", "kernel:sel: system off"))
    assert "roottask: guest linux powered off" in output
    assert "roottask: fault" not in output


def test_a_panicking_kernel_disturbs_nobody() -> None:
    """Linux crashes by its own hand; the native components go on as before."""
    output = succeeded(run(
        "linux", "--expect", "linux:/ # ", "--send", "linux:echo c > /proc/sysrq-trigger", "--expect", "linux:Kernel panic",
        "--expect", r"echo_client:sent \d+, got", "--expect", r"echo_client:sent \d+, got", "--expect", r"heartbeat:1000 periods"))
    assert "roottask: fault" not in output


def test_debian_initrd_to_a_shell() -> None:
    """The installer's own initrd with rdinit=/bin/sh (system `debian`)."""
    succeeded(run("debian", "--expect", "~ # ", "--send", "echo sum=$((40+2))", "--expect", "sum=42"))


def test_debian_installer_to_its_first_menu() -> None:
    """The unmodified netboot installer by --guest."""
    succeeded(run("--guest", "debian-12:Image", "--initrd", "debian-12:initrd", "--cmdline", "console=ttyAMA0", "--memory", "512M",
                  "--expect", "Select a language"))
