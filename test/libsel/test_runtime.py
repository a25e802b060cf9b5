# SPDX-License-Identifier: BSD-2-Clause
"""The runtime of native processes (start-up, TLS, picolibc, exits) on a miniature machine under QEMU."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the three processes with the project's toolchain file and libsel's own CMake targets."""
    folder = tmp_path_factory.mktemp("runtime")
    configure = ["cmake", "-G", "Ninja", "-S", str(HERE), "-B", str(folder), f"-DCMAKE_TOOLCHAIN_FILE={ROOT / 'cmake/aarch64.cmake'}"]
    for command in (configure, ["ninja", "-C", str(folder)]):
        result = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
    return folder


def run(program: Path) -> str:
    """What the machine writes until the process ends."""
    command = ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57", "-m", "64M", "-nic", "none", "-display", "none", "-monitor", "none",
               "-serial", "stdio", "-semihosting", "-kernel", str(program)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL).stdout


def test_a_process_with_the_c_library(built: Path) -> None:
    """Constructors, TLS, malloc, printf, errno, clock, error sentences, exit handlers, destructors and the status."""
    lines = run(built / "printing").splitlines()
    assert lines[:5] == [
        "constructed 1, thread-local 8 1, buffer 1",
        "m" * 199,
        "formats  3.14 123456789abc c s",
        "too much: refused, ENOMEM 1",
        "clock forward, 62500000 Hz",
    ]
    assert lines[5] == "runtime: timer: timer_set: the invoked capability: the object is not bound"
    assert lines[6:] == ["exit handler", "destructor", "harness: brk 5e1 3"]


def test_a_process_without_the_fpu(built: Path) -> None:
    """Nothing of libsel uses SIMD: the machine would trap it."""
    assert run(built / "silent").splitlines() == [
        "runtime: timer: timer_set: the invoked capability: the object is not bound", "no SIMD was needed", "", "harness: brk 5e1 0"]


def test_a_failing_assertion(built: Path) -> None:
    """Says what and where, and ends by the BRK for aborts."""
    lines = run(built / "failing").splitlines()
    assert lines[0].startswith("runtime: assertion failed: sel_spec.heap_size == 1, ") and "process_failing.c:14" in lines[0]
    assert lines[2].startswith("harness: brk 5e2 ")
