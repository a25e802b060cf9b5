# SPDX-License-Identifier: BSD-2-Clause
"""What virtualization costs a booting Linux, in instructions: the busybox system beside the same kernel, initrd, device tree, memory and
command line on the bare board. The bounds are the project's own (docs/design/figures.md)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from icount.measure import Run, measure  # noqa: E402
from sel import fetch  # noqa: E402

FIRST_LINE = r"Booting Linux on physical CPU"
PROMPT = r"/ # "
SPAN_MAX = 1.03
RESET_MAX = 1.10
EXITS_MAX = 16_000  # without the register page (ADR 0012) 34,900
EXTRA_PER_EXIT_MAX = 1000


def symbol(elf: Path, name: str) -> int:
    """Address of a symbol of `elf`."""
    listing = subprocess.run(["llvm-nm-19", str(elf)], check=True, capture_output=True, text=True, timeout=60).stdout
    match = re.search(rf"^([0-9a-f]+) \w {re.escape(name)}$", listing, re.MULTILINE)
    assert match, f"{elf.name} has no symbol {name}"
    return int(match.group(1), 16)


@pytest.fixture(scope="module")
def build() -> Path:
    """The release build of the system `busybox`."""
    subprocess.run([ROOT / "sel", "build", "busybox", "--preset", "release", "--yes"], check=True, timeout=600, stdin=subprocess.DEVNULL)
    return ROOT / "build" / "busybox" / "release"


@pytest.fixture(scope="module")
def guest(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Linux under its VMM; `watched` counts the exits that reached the VMM."""
    machine = json.loads((build / "run.json").read_text())["machine"]
    return measure([*machine, "-kernel", str(build / "image.bin")], tmp_path_factory.mktemp("guest"), PROMPT,
                   watched_pc=symbol(build / "elf" / "vmm_linux.elf", "vmm_exit"))


@pytest.fixture(scope="module")
def native(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same Linux on the bare board, with the very tree the VMM gives its guest."""
    folder = tmp_path_factory.mktemp("native")
    tree = folder / "guest.dtb"
    spec = ROOT / "systems" / "busybox" / "system.yaml"
    subprocess.run(["/usr/bin/python3", "-m", "capdl", "fdt", str(spec), "linux", "--out", str(tree)], check=True, cwd=ROOT, timeout=120)
    machine = ["-M", "virt,gic-version=3,dtb-randomness=off", "-cpu", "cortex-a57", "-m", "512M", "-nic", "none", "-display", "none",
               "-monitor", "none", "-kernel", str(fetch.resolve("debian-12:Image")), "-initrd", str(fetch.resolve("build:busybox-initrd")),
               "-append", "console=ttyAMA0 earlycon=pl011,0x09000000", "-dtb", str(tree)]
    return measure(machine, folder, PROMPT)


def span(run: Run) -> int:
    """Instructions from the kernel's first line on the console to the prompt."""
    return run.time_of(PROMPT) - run.time_of(FIRST_LINE)


def extra(guest: Run, native: Run) -> int:
    """What virtualization adds between first line and prompt."""
    return span(guest) - span(native)


def test_runs_are_comparable(guest: Run, native: Run) -> None:
    """Both booted the same Linux, and the guest's went through the VMM. The figures are printed here (pytest -s)."""
    print(f"first line: guest {guest.time_of(FIRST_LINE)}, native {native.time_of(FIRST_LINE)}")
    print(f"prompt:     guest {guest.time_of(PROMPT)}, native {native.time_of(PROMPT)}")
    print(f"span ratio {span(guest) / span(native):.4f}, reset ratio {guest.time_of(PROMPT) / native.time_of(PROMPT):.4f}")
    print(f"exits {guest.watched}, extra instructions per exit {extra(guest, native) / guest.watched:.0f}")
    assert guest.watched > 1000
    assert span(native) > 500_000_000


def test_span(guest: Run, native: Run) -> None:
    """First line to prompt."""
    assert span(guest) <= SPAN_MAX * span(native)


def test_polling_does_not_exit(guest: Run) -> None:
    """Linux polls its early console's flags before every character; those loads are answered by memory."""
    assert guest.watched <= EXITS_MAX


def test_from_reset(guest: Run, native: Run) -> None:
    """The kernel's and roottask's own start and the copying of the images included."""
    assert guest.time_of(PROMPT) <= RESET_MAX * native.time_of(PROMPT)


def test_each_exit(guest: Run, native: Run) -> None:
    """All that is extra, spread over the exits."""
    assert extra(guest, native) <= EXTRA_PER_EXIT_MAX * guest.watched
